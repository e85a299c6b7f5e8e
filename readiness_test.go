package nacre_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// A remote layer is down for two hours. The service is ready throughout, unless it asks for fresh
// configuration; it is reported as stale once, in every place, and recovers. A start during the
// outage is the same.
func TestTwoHoursWithoutAServer(t *testing.T) {
	type config struct {
		Pool  int `config:"pool"`
		Extra int `config:"extra"`
	}
	const (
		stale = `level=WARN msg="nacre: layer is stale" event=layer_stale layer=orders in_use=[orders.yaml] verified="2m0s ago" error="read orders: no answer"`
		fresh = `level=INFO msg="nacre: layer is fresh again" event=layer_fresh layer=orders stale=1h58m`
		gone  = `level=ERROR msg="nacre: not ready" event=readiness_changed version=2 reasons="layer orders was last verified as fresh 1h0m0s ago, the limit is 1h0m0s"`
		again = `level=INFO msg="nacre: ready again" event=readiness_changed version=2 not_ready=1h0m`
	)
	for _, limit := range []time.Duration{0, nacre.Off, time.Hour, 3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			leaves := limit > 0 && limit < 2*time.Hour
			var log bytes.Buffer
			var mu sync.Mutex
			events := map[observe.EventKind]int{}
			o := nacre.Options{
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
				Observers: []observe.Observer{func(e observe.Event) {
					mu.Lock()
					defer mu.Unlock()
					events[e.Kind]++
				}},
				LastKnownGoodDir:  t.TempDir(),
				NotReadyWhenStale: limit,
			}
			local, far := memory.New("local.yaml", []byte("extra: 1")), remote("orders", "pool: 1")
			far.Reconcile(time.Second)
			cfg, err := nacre.OpenWith[config](t.Context(), o, local, far)
			if err != nil {
				t.Fatal(err)
			}
			show := func(h http.Handler) (int, string) {
				w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
				r.Host = "localhost"
				h.ServeHTTP(w, r)
				return w.Code, w.Body.String()
			}
			isReady := func() bool {
				code, _ := show(confighttp.Ready(cfg))
				if ready := cfg.Health().Ready() == nil; ready != (code == http.StatusOK) {
					t.Fatalf("Health says ready %v, and the probe %d", ready, code)
				}
				return code == http.StatusOK
			}
			settle()
			local.Set([]byte("extra: 2"))
			settle()
			far.Fail(errors.New("read orders: no answer"))
			settle()
			for minute := range 120 {
				if want := !leaves || minute < 60; isReady() != want {
					t.Fatalf("limit %v: after %d minutes without the server, ready is %v", limit, minute, !want)
				}
				if h := cfg.Health(); h.Layers[1].Stale != (minute > 1) || h.Layers[0].Stale {
					t.Fatalf("after %d minutes, stale is %v for the layer that is down and %v for the other", minute, h.Layers[1].Stale, h.Layers[0].Stale)
				}
				if minute == 30 {
					_, page := show(confighttp.Page(cfg))
					_, json := show(confighttp.JSON(cfg))
					for what, want := range map[string]string{
						page: `<li><code>orders</code>: last verified as current 30 min ago; the content in use stays</li>`,
						json: `"stale": true`,
					} {
						if !strings.Contains(what, want) {
							t.Errorf("the page or the JSON of a stale config does not show %q:\n%s", want, what)
						}
					}
					local.Set([]byte("extra: 2 # and changes of other layers come"))
				}
				time.Sleep(time.Minute)
			}
			if v := cfg.Get(); v.Pool != 1 || v.Extra != 2 {
				t.Errorf("live is %+v", *v)
			}
			far.PutYAML("orders.yaml", "pool: 2")
			far.Heal()
			time.Sleep(time.Minute)
			if !isReady() || cfg.Health().Layers[1].Stale || cfg.Get().Pool != 2 {
				t.Errorf("after the outage, ready is %v, %+v, pool %d", isReady(), cfg.Health().Layers[1], cfg.Get().Pool)
			}
			if _, page := show(confighttp.Page(cfg)); strings.Contains(page, "<strong>Stale") {
				t.Error("the page shows a fresh config as stale")
			}
			if err := cfg.Close(); err != nil {
				t.Error(err)
			}
			wantEvents := [3]int{1, 1, 0}
			wantLines := map[string]int{stale: 1, fresh: 1, gone: 0, again: 0}
			if leaves {
				wantEvents[2], wantLines[gone], wantLines[again] = 2, 1, 1
			}
			if got := [3]int{events[observe.LayerStale], events[observe.LayerFresh], events[observe.ReadinessChanged]}; got != wantEvents {
				t.Errorf("limit %v: stale, fresh and a change of readiness are reported %v times, want %v", limit, got, wantEvents)
			}
			for line, want := range wantLines {
				if n := strings.Count(log.String(), line); n != want {
					t.Errorf("limit %v: the log has %d times, want %d: %s\n%s", limit, n, want, line, log.String())
				}
			}
		})
	}
}

// countsQuestions is a source that reports its freshness, and counts how often it is asked.
type countsQuestions struct {
	*fakesource.Source
	asked atomic.Int64
	down  atomic.Pointer[time.Time] // since when the origin does not answer
	block chan struct{}             // if it is set, the first question is the last
}

func (c *countsQuestions) VerifiedAt() time.Time {
	c.asked.Add(1)
	if c.block != nil {
		<-c.block
	}
	if down := c.down.Load(); down != nil {
		return *down
	}
	return time.Now()
}

// However many seconds a service is stale, it asks its sources only now and then, and a closed
// config asks no more.
func TestStalenessIsWatchedWithoutHaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		far := &countsQuestions{Source: remote("orders", "pool: 1")}
		cfg, err := nacre.OpenWith[struct {
			Pool int `config:"pool"`
		}](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true}, far)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if fresh := far.asked.Load(); fresh > 40 {
			t.Errorf("in an hour a fresh source was asked %d times", fresh)
		}
		now := time.Now()
		far.down.Store(&now)
		before := far.asked.Load()
		time.Sleep(time.Hour)
		if n := far.asked.Load() - before; n > 3700 {
			t.Errorf("in an hour a stale source was asked %d times", n)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
		before = far.asked.Load()
		time.Sleep(time.Hour)
		if n := far.asked.Load() - before; n != 0 {
			t.Errorf("a closed config asks how fresh its source is, %d times", n)
		}
	})
}

// A source that reports its freshness and blocks, or does not come back, holds nothing up but what
// asks it.
func TestBlockedVerifiedAtDoesNotBlockChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		far := &countsQuestions{Source: remote("orders", "pool: 1"), block: release}
		cfg, err := nacre.OpenWith[struct {
			Pool int `config:"pool"`
		}](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true}, far)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		far.PutYAML("orders.yaml", "pool: 2")
		time.Sleep(time.Second)
		if got := cfg.Get().Pool; got != 2 {
			t.Errorf("pool is %d: a VerifiedAt that blocks holds a change up", got)
		}
		began := time.Now()
		err = cfg.Close()
		if took := time.Since(began); err == nil || !strings.Contains(fmt.Sprint(err), "VerifiedAt") || took > 6*time.Second {
			t.Errorf("Close took %v and returned %v; want its time-out, and what still runs", took, err)
		}
		close(release)
		synctest.Wait()
	})
}
