// Package promobserve exports what a config reports as metrics of Prometheus: which version each
// instance runs, since when, why it is not the newest, and what the service makes of it.
//
//	m := promobserve.New("orders")
//	if err := m.Register(prometheus.DefaultRegisterer); err != nil {
//		return err
//	}
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Observers: []observe.Observer{m.Observe}}, layers...)
//	if err != nil {
//		return err
//	}
//	m.Watch(cfg.Health)
//
// docs/metrics.md lists the metrics. Package promnacos has those of a session with Nacos.
//
// # Flow
//
// What happens is counted from events: changes, rejections, calls of subscribers, builds. The state
// is read from Health at each scrape: versions, freshness, users. So a scrape agrees with Health
// and with the debug page.
//
// Before the config is open, and if Open fails, nacre_config_ready is 0, the counters are there,
// and no other state is. After Close, nacre_config_ready is 0 again and the other state ends, so
// that no alert takes the last values for current ones; the counters stay. A service that opens its
// config again uses the same Metrics, and calls Watch again.
//
// # Labels
//
// Each metric has the label config, the name given to [New]. The labels layer, subscriber, resource
// and hook have at most 100 values each; further names share the value "other", for which a state
// is the worst one, or the sum. Names are cut to 64 bytes, and what is not printable becomes "_".
// No label holds a value of the configuration or the name of a document, except where a layer is
// named after it. The digest of the configuration is in nacre_config_info alone, and the series of
// the digest before ends when another one is live. The digest of the struct, and the ID that the
// service gives the instance, are in nacre_instance_info alone, and constant in a process. The
// counters of what is known have their series from the start, with the value 0.
//
// Histograms are classic and native ones. With [TraceID] they have exemplars.
//
// # Concurrency
//
// The observer only puts events into a queue ([observe.Async]), so metrics never delay a change. A
// full queue drops events; nacre_observer_dropped_total counts them. Close of the config waits
// until the events before it are counted.
//
// # Errors
//
// A name that the registry has already is an error of Register, not of a scrape.
//
// # Limits
//
// nacre_publish_to_live_seconds compares the clock of the origin with the one of this machine. It
// takes a document that is published again, or that a gray release had replaced, for as old as its
// origin says it is.
package promobserve
