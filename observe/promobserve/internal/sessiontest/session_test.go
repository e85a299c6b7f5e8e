package sessiontest_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// values returns the value of each metric that has one series, and the sum of the others.
func values(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, series := range f.GetMetric() {
			all[f.GetName()] += series.GetCounter().GetValue() + series.GetGauge().GetValue()
		}
	}
	return all
}

// The metrics tell a change that the server pushed from one whose push was lost, a reconnect from
// the first connection, and an outage from a session that works.
func TestTheMetricsOfASession(t *testing.T) {
	t.Parallel()
	server, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	m := promnacos.New("orders")
	events := make(chan nacos.Event, 1000)
	client, err := nacos.NewClient(nacos.Config{Servers: []string{server.Addr()}}, nacos.ReconcileEvery(2*time.Second), nacos.OnEvent(func(e nacos.Event) {
		m.Observe(e)
		events <- e
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	m.Watch(client.Status)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	await := func(kind nacos.EventKind) {
		t.Helper()
		for {
			select {
			case e := <-events:
				if e.Kind == kind {
					return
				}
			case <-ctx.Done():
				t.Fatalf("there was no event %q", kind)
			}
		}
	}
	expect := func(when string, want map[string]float64) {
		t.Helper()
		got := values(t, m)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %v, want %v", when, name, got[name], value)
			}
		}
	}

	put := func(n int) {
		t.Helper()
		if err := server.Publish("", "DEFAULT_GROUP", "orders.yaml", fmt.Sprintf("a: %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	src := client.Source("orders.yaml")
	var reading sync.WaitGroup
	reading.Go(func() {
		for c, err := src.Next(ctx, ""); ctx.Err() == nil; c, err = src.Next(ctx, c.Revision) {
			_ = err // an outage
		}
	})
	await(nacos.EventConfigRead)
	put(2)
	await(nacos.EventConfigRead)
	expect("after a push", map[string]float64{
		"nacre_nacos_connected": 1, "nacre_nacos_server_info": 1, "nacre_nacos_keys": 1, "nacre_nacos_pushes_total": 1,
		"nacre_nacos_reconnects_total": 0, "nacre_nacos_reconcile_changed_total": 0, "nacre_nacos_connect_failures_total": 0,
	})

	server.DropPushes(nacostest.Always)
	put(3)
	await(nacos.EventConfigRead)
	await(nacos.EventReconciled) // the read may end before the comparison that caused it
	server.ClearFaults()
	expect("after a push that was lost", map[string]float64{"nacre_nacos_pushes_total": 1, "nacre_nacos_reconcile_changed_total": 1})

	server.Stop()
	await(nacos.EventConnectFailed)
	failed := values(t, m)
	if failed["nacre_nacos_connect_failures_total"] < 1 || failed["nacre_nacos_errors_total"] < 1 {
		t.Errorf("while the server is down: %v", failed)
	}
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	await(nacos.EventConnected)
	await(nacos.EventReconciled)
	expect("after an outage", map[string]float64{"nacre_nacos_connected": 1, "nacre_nacos_reconnects_total": 1, "nacre_nacos_reconcile_changed_total": 1})
	cancel()
	reading.Wait()
}
