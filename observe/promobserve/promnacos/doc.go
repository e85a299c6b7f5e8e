// Package promnacos exports the state of a session with Nacos as metrics of Prometheus.
//
//	m := promnacos.New("orders")
//	if err := m.Register(prometheus.DefaultRegisterer); err != nil {
//		return err
//	}
//	client, err := nacos.NewClient(settings, nacos.OnEvent(m.Observe))
//	if err != nil {
//		return err
//	}
//	m.Watch(client.Status)
//
// docs/metrics.md lists the metrics. nacre_nacos_reconcile_changed_total is the one to alert on: it
// counts pushes that the server did not send, which the session has made good.
//
// # Concurrency
//
// The client calls the function of OnEvent from a goroutine of its own and drops events when that
// is slow, so metrics never delay the session. The drops are counted.
//
// # Limits
//
// Clients with the same settings share one session. Each of their Metrics counts the events of that
// session.
package promnacos
