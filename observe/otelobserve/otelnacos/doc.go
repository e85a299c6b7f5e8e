// Package otelnacos exports the state of a session with Nacos as metrics of OpenTelemetry. It uses
// the API of OpenTelemetry and not its SDK.
//
//	m := otelnacos.New("orders")
//	client, err := nacos.NewClient(settings, nacos.OnEvent(m.Observe))
//	if err != nil {
//		return err
//	}
//	if err := m.Watch(client.Status); err != nil {
//		return err
//	}
//
// docs/metrics.md lists the metrics, which have the names that promnacos gives them in Prometheus.
// nacre.nacos.reconcile_changed is the one to alert on: it counts pushes that the server did not
// send, which the session has made good.
//
// # Concurrency
//
// Observe only counts in memory. The provider reads the counts at each collection, so that one that
// blocks, panics or is slow never delays the session and loses nothing. All functions are safe for
// concurrent use.
//
// # Limits
//
// Clients with the same settings share one session. Each of their Metrics counts the events of that
// session.
package otelnacos
