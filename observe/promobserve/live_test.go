package promobserve_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/prometheus/client_golang/prometheus"
)

type service struct {
	Pool int    `config:"pool" validate:"gte=1"`
	Name string `config:"name"`
}

func open(t *testing.T, m *promobserve.Metrics, layer *memory.Source, more ...observe.Observer) *nacre.Config[service] {
	t.Helper()
	cfg, err := nacre.OpenWith[service](t.Context(), nacre.Options{
		Observers: append([]observe.Observer{m.Observe}, more...),
		Window:    nacre.Off, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler),
	}, layer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	m.Watch(cfg.Health)
	return cfg
}

// until returns an observer that closes the channel at the first event that matches.
func until(match func(observe.Event) bool) (observe.Observer, <-chan struct{}) {
	done, once := make(chan struct{}), sync.Once{}
	return func(e observe.Event) {
		if match(e) {
			once.Do(func() { close(done) })
		}
	}, done
}

// A real config: what is scraped agrees with Health, and after Close nothing is missing in the
// counters.
func TestTheMetricsOfAConfig(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	m := promobserve.New("orders")
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	layer := memory.New("orders.yaml", []byte("pool: 1"))
	rejected, isRejected := until(func(e observe.Event) bool { return e.Kind == observe.Rejected })
	cfg := open(t, m, layer, rejected)
	for pool := 2; pool <= 4; pool++ {
		layer.Set(fmt.Appendf(nil, "pool: %d", pool))
		if _, err := cfg.Wait(t.Context(), func(s *service) bool { return s.Pool == pool }); err != nil {
			t.Fatal(err)
		}
	}
	layer.Set([]byte("pool: 0"))
	<-isRejected
	h := cfg.Health()
	text := scrape(t, r, "")
	for _, want := range []string{
		fmt.Sprintf(`nacre_config_info{config="orders",release="",sum="%s"} 1`, h.Sum[:15]),
		fmt.Sprintf(`nacre_config_version{config="orders"} %d`, h.Version),
		`nacre_config_ready{config="orders"} 1`,
		`nacre_config_last_apply_successful{config="orders"} 0`,
		`nacre_layer_rejected{config="orders",layer="orders.yaml"} 1`,
		`nacre_layer_up{config="orders",layer="orders.yaml"} 1`,
		`nacre_rejections_total{config="orders",kind="unknown_key",layer="orders.yaml"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the scrape lacks %s:\n%s", want, strings.Join(series(text, "nacre_config", "nacre_layer_"), "\n"))
		}
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	text = scrape(t, r, "")
	for _, want := range []string{
		`nacre_changes_total{config="orders",result="applied"} 4`,
		`nacre_changes_total{config="orders",result="rejected"} 1`,
		`nacre_rejections_total{config="orders",kind="invalid",layer="orders.yaml"} 1`,
		`nacre_apply_duration_seconds_count{config="orders"} 4`,
		`nacre_config_ready{config="orders"} 0`,
		`nacre_observer_dropped_total{config="orders"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("after Close, the scrape lacks %s:\n%s", want, strings.Join(series(text, "nacre_c", "nacre_r"), "\n"))
		}
	}
	if left := series(text, "nacre_config_info", "nacre_config_version", "nacre_layer_up"); left != nil {
		t.Errorf("after Close, the state %q is left", left)
	}

	// The service opens its config again.
	open(t, m, memory.New("orders.yaml", []byte("pool: 9")))
	if text := scrape(t, r, ""); !strings.Contains(text, `nacre_config_ready{config="orders"} 1`) || !strings.Contains(text, `nacre_config_version{config="orders"} 1`) {
		t.Errorf("a config that was opened again is not there:\n%s", text)
	}
}

// A config that cannot be opened is not ready, and says why in its counters.
func TestAConfigThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	m := promobserve.New("orders")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cfg, err := nacre.OpenWith[service](ctx, nacre.Options{Observers: []observe.Observer{m.Observe}, LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)},
		memory.New("orders.yaml", []byte("pool: many")))
	if err == nil {
		t.Fatal("a bad config opens")
	}
	m.Watch(cfg.Health) // as a service may do that ignores the error
	text := exposition(t, "", m)
	if got := series(text, "nacre_config_", "nacre_layer_up"); len(got) != 1 || got[0] != `nacre_config_ready{config="orders"} 0` {
		t.Errorf("the state is %q, want nacre_config_ready 0 alone", got)
	}
	if got := series(text, `nacre_changes_total{config="orders",result="applied"}`); len(got) != 1 || !strings.HasSuffix(got[0], " 0") {
		t.Errorf("changes that were applied: %q, want 0", got)
	}
}

// Scrapes, changes, subscribers, Watch and Close at the same time.
func TestScrapesDuringChangesAndClose(t *testing.T) {
	t.Parallel()
	r := prometheus.NewPedanticRegistry()
	m := promobserve.New("orders", promobserve.TraceID(func(e observe.Event) string { return fmt.Sprint("trace", e.Version) }))
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	layer := memory.New("orders.yaml", []byte("pool: 1"))
	cfg := open(t, m, layer)
	for i := range 3 {
		if _, err := nacre.Subscribe(cfg, func(s *service) int { return s.Pool }, func(context.Context, nacre.Change[int]) error {
			if i == 1 {
				return errors.New("no")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := r.Gather(); err != nil {
					t.Errorf("a scrape fails: %v", err)
				}
				m.Watch(cfg.Health)
			}
		})
	}
	for pool := 2; pool <= 60; pool++ {
		layer.Set(fmt.Appendf(nil, "pool: %d", pool%7)) // every seventh is rejected
	}
	layer.Set([]byte("pool: 100"))
	if _, err := cfg.Wait(t.Context(), func(s *service) bool { return s.Pool == 100 }); err != nil {
		t.Error(err)
	}
	if err := cfg.Close(); err != nil {
		t.Error(err)
	}
	close(stop)
	running.Wait()
}

// No value of the configuration and no text of an error of the service is in a scrape.
func TestAScrapeHasNoValues(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-value"
	m := promobserve.New("orders")
	layer := memory.New("orders.yaml", []byte("pool: 1\nname: "+secret))
	rejected, isRejected := until(func(e observe.Event) bool { return e.Kind == observe.Rejected })
	called, isCalled := until(func(e observe.Event) bool { return e.Kind == observe.SubscriberCalled && e.Err != nil })
	cfg := open(t, m, layer, rejected, called)
	if _, err := nacre.Subscribe(cfg, func(s *service) string { return s.Name }, func(_ context.Context, ch nacre.Change[string]) error {
		return errors.New(ch.New)
	}); err != nil {
		t.Fatal(err)
	}
	layer.Set([]byte("pool: 2\nname: new-" + secret))
	<-isCalled
	layer.Set([]byte("pool: " + secret + "\n" + secret + ": 1"))
	<-isRejected
	text := exposition(t, openMetrics, m)
	if strings.Contains(text, secret) {
		t.Errorf("a scrape has a value of the configuration:\n%s", text)
	}
	if !strings.Contains(text, `nacre_layer_rejected{config="orders",layer="orders.yaml"} 1`) {
		t.Error("the change with the secret was not rejected, so that this test proves nothing")
	}
}

// A function of the service that hangs in the queue's goroutine delays no change. The events that
// find no place are counted.
func TestAStuckQueueDelaysNoChange(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	m := promobserve.New("orders", promobserve.QueueSize(1), promobserve.TraceID(func(observe.Event) string { <-release; return "" }))
	layer := memory.New("orders.yaml", []byte("pool: 1"))
	cfg := open(t, m, layer)
	for pool := 2; pool <= 9; pool++ {
		layer.Set(fmt.Appendf(nil, "pool: %d", pool))
		if _, err := cfg.Wait(t.Context(), func(s *service) bool { return s.Pool == pool }); err != nil {
			t.Fatal(err)
		}
	}
	text := exposition(t, "", m) // a scrape does not wait for the queue either
	if got := series(text, "nacre_observer_dropped_total"); len(got) != 1 || strings.HasSuffix(got[0], " 0") {
		t.Errorf("dropped events: %q, want some", got)
	}
	if !strings.Contains(text, `nacre_config_version{config="orders"} 9`) {
		t.Errorf("the state waits for the queue:\n%s", strings.Join(series(text, "nacre_config"), "\n"))
	}
	close(release)
}
