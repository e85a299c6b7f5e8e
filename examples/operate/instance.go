package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/observe/otelobserve/otelnacos"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/nacos"
)

// Config is the configuration of the service.
type Config struct {
	Greeting string         `config:"greeting" default:"Hello"`
	Pool     int            `config:"pool" default:"10" validate:"gte=1,lte=500"`
	WarmUp   time.Duration  `config:"warm_up" default:"0s"`
	Limits   map[string]int `config:"limits" validate:"dive,gte=1"`
}

// instance is one instance of the service.
type instance struct {
	name    string
	cfg     *nacre.Config[Config]
	client  *nacos.Client
	http    *http.Server
	addr    string
	reader  *metric.ManualReader // of the metrics of OpenTelemetry
	unblock chan struct{}        // ends the call of the subscriber that hangs
}

// start wires the metrics and traces of a service and opens its configuration. An instance that is
// a process of its own would use prometheus.DefaultRegisterer and the global providers of
// OpenTelemetry; this program has two instances, which must not share them. A service exports
// metrics in one of the two ways: here both are shown.
func start(ctx context.Context, name, addr string, server, defaults, state string, tracers trace.TracerProvider) (*instance, error) {
	i := &instance{name: name, unblock: make(chan struct{}), reader: metric.NewManualReader()}
	registry, meters := prometheus.NewRegistry(), metric.NewMeterProvider(metric.WithReader(i.reader))

	// Prometheus: the metrics of the config and of the session with Nacos.
	configMetrics, sessionMetrics := promobserve.New("orders", promobserve.TraceID(traceOf)), promnacos.New("orders")
	if err := errors.Join(configMetrics.Register(registry), sessionMetrics.Register(registry)); err != nil {
		return nil, err
	}
	// OpenTelemetry: traces, and the same metrics.
	traces, sessionMeter := otelobserve.New("orders", otelobserve.WithTracerProvider(tracers), otelobserve.WithMeterProvider(meters)),
		otelnacos.New("orders", otelnacos.WithMeterProvider(meters))

	var err error
	i.client, err = nacos.NewClient(nacos.Config{Servers: []string{server}, AppName: "orders", InstanceID: name}, nacos.ReconcileEvery(2*time.Second), // 30 s by default
		nacos.OnEvent(func(e nacos.Event) { sessionMetrics.Observe(e); sessionMeter.Observe(e) }))
	if err != nil {
		return nil, err
	}
	if i.cfg, err = nacre.OpenWith[Config](ctx, nacre.Options{
		Observers: []observe.Observer{configMetrics.Observe, traces.Observe},
		Logger:    slog.New(slog.DiscardHandler), LastKnownGoodDir: state,
	}, file.New(defaults), i.client.Source(document)); err != nil {
		return nil, errors.Join(err, i.client.Close())
	}
	configMetrics.Watch(i.cfg.Health)
	sessionMetrics.Watch(i.client.Status)
	if err := errors.Join(traces.Watch(i.cfg.Health), sessionMeter.Watch(i.client.Status), i.use(ctx), i.serve(addr, registry)); err != nil {
		return nil, errors.Join(err, i.stop())
	}
	return i, nil
}

// traceOf gives the durations in Prometheus the trace of the publication as an exemplar.
func traceOf(e observe.Event) string {
	for _, c := range e.Causes {
		if c.TraceParent != "" {
			return c.TraceParent[3:35] // it is empty or valid
		}
	}
	return ""
}

// pool stands for what a service opens and closes, such as a *sql.DB.
type pool struct{}

// use makes a resource of the config and subscribes to it.
func (i *instance) use(ctx context.Context) error {
	_, err := nacre.Derive(ctx, i.cfg, func(c *Config) int { return c.Pool },
		func(context.Context, int) (*pool, error) { return &pool{}, nil }, nil, nacre.WithName("db"))
	if err != nil {
		return err
	}
	if _, err = nacre.Subscribe(i.cfg, func(c *Config) map[string]int { return c.Limits },
		func(context.Context, nacre.Change[map[string]int]) error { return nil }, nacre.WithName("limiter")); err != nil {
		return err
	}
	_, err = nacre.Subscribe(i.cfg, func(c *Config) time.Duration { return c.WarmUp }, func(_ context.Context, ch nacre.Change[time.Duration]) error {
		if ch.New == time.Hour {
			<-i.unblock // a bug: it does not look at its context
		}
		return nil
	}, nacre.WithName("cache"), nacre.SlowAfter(200*time.Millisecond))
	return err
}

// serve answers Prometheus, people and probes.
func (i *instance) serve(addr string, registry *prometheus.Registry) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.Handle("/debug/config", confighttp.Page(i.cfg))
	mux.Handle("/debug/config.json", confighttp.JSON(i.cfg)) // the commands of docs/runbook.md read it
	mux.Handle("/readyz", confighttp.Ready(i.cfg))
	mux.Handle("/livez", confighttp.Live())
	i.addr, i.http = listener.Addr().String(), &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = i.http.Serve(listener) }()
	return nil
}

// stop ends the instance: first the users of the configuration, then the configuration, then the
// connection to its server.
func (i *instance) stop() error {
	var err error
	if i.http != nil {
		err = i.http.Close()
	}
	close(i.unblock)
	return errors.Join(err, i.cfg.Close(), i.client.Close())
}
