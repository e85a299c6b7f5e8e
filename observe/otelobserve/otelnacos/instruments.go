package otelnacos

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
	"github.com/nacre-go/nacre/providers/nacos"
)

// count is a counter of one series with the value that Observe has counted.
type count struct {
	metric.Int64ObservableCounter
	value *atomic.Int64
}

// instruments makes the instruments and the function that observes all of them.
func (m *Metrics) instruments(from metric.Meter) error {
	var errs []error
	var all []metric.Observable
	counter := func(name, unit, help string) metric.Int64ObservableCounter {
		c, err := from.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(help))
		errs, all = append(errs, err), append(all, c)
		return c
	}
	gauge := func(name, help string) metric.Int64ObservableGauge {
		g, err := from.Int64ObservableGauge(name, metric.WithDescription(help))
		errs, all = append(errs, err), append(all, g)
		return g
	}
	counts := []count{
		{counter("nacre.nacos.reconnects", "{connection}", "Connections that replaced one that was lost."), &m.reconnects},
		{counter("nacre.nacos.connect_failures", "{attempt}", "Attempts to connect in which every server failed."), &m.connectFailures},
		{counter("nacre.nacos.pushes", "{push}", "Pushes of a change."), &m.pushes},
		{counter("nacre.nacos.reconciles", "{comparison}", "Comparisons of all keys with the server."), &m.reconciles},
		{counter("nacre.nacos.reconcile_changed", "{change}", "Changes that only a comparison found, because the server's push was lost or late."), &m.changed},
		{counter("nacre.nacos.heartbeats_missed", "{heartbeat}", "Heartbeats that the server did not answer."), &m.missed},
		{counter("nacre.nacos.events_dropped", "{event}", "Events that were not counted because too many waited."), &m.dropped},
	}
	reads := counter("nacre.nacos.reads", "{read}", "Reads of a key that found new content, that failed, or whose content did not match its md5.")
	codes := counter("nacre.nacos.errors", "{error}", "Errors of the session, by their nacos.Code.")
	connected := gauge("nacre.nacos.connected", "Whether the session is connected.")
	server := gauge("nacre.nacos.server.info", "The server of the connection.")
	keys := gauge("nacre.nacos.keys", "Keys that the session listens to.")
	route := gauge("nacre.nacos.route.info", "The rule of a routing document by which the client is routed.")
	if err := errors.Join(errs...); err != nil {
		return err
	}

	client := attribute.String("client", m.name.Text)
	only := with(client)
	var results [len(readResults)]metric.MeasurementOption
	for i := range readResults {
		results[i] = with(client, attribute.String("result", readResults[i].text))
	}
	named, others := knownCodes(client), with(client, attribute.String("code", unknown.Name()))
	_, err := from.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if m.name.Taken(m) {
			return nil // the series are those of another client
		}
		for _, c := range counts {
			o.ObserveInt64(c.Int64ObservableCounter, c.value.Load(), only)
		}
		for i := range results {
			o.ObserveInt64(reads, m.reads[i].Load(), results[i])
		}
		for code, option := range named {
			o.ObserveInt64(codes, m.codes[code].Load(), option)
		}
		if n := m.codes[unknown].Load(); n > 0 {
			o.ObserveInt64(codes, n, others)
		}
		st := m.look()
		var up int64
		if st.Server != "" {
			up = 1
			o.ObserveInt64(server, 1, with(client, attribute.String("server", provider.Label(st.Server))))
		}
		o.ObserveInt64(connected, up, only)
		o.ObserveInt64(keys, int64(st.Keys), only)
		for routes, rule := range m.rules.all() {
			o.ObserveInt64(route, 1, with(client, attribute.String("routes", routes), attribute.String("rule", rule)))
		}
		return nil
	}, all...)
	return err
}

func with(attributes ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attributes...))
}

// knownCodes returns the attributes of each code that has a name.
func knownCodes(client attribute.KeyValue) map[nacos.Code]metric.MeasurementOption {
	named := map[nacos.Code]metric.MeasurementOption{}
	for code := range nacos.Code(len(Metrics{}.codes) - 1) {
		if isKnown(code) {
			named[code] = with(client, attribute.String("code", code.Name()))
		}
	}
	return named
}
