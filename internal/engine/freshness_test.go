package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// reporter is a source that verifies its content at an interval, as a Nacos session does.
type reporter struct {
	*origin
	every, claims time.Duration
	verified      time.Time
}

func (r *reporter) Describe() source.Description { return source.Description{VerifyEvery: r.claims} }

func (r *reporter) VerifiedAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.verified.IsZero() {
		r.verified = time.Now()
	}
	for r.err == nil && time.Since(r.verified) >= r.every {
		r.verified = r.verified.Add(r.every)
	}
	return r.verified
}

// tellFreshness has a journal of the events on freshness.
func tellFreshness(s *engine.Settings) *journal {
	j, began := &journal{}, time.Now()
	tell := func(e observe.Event) {
		j.add(strings.TrimSpace(fmt.Sprintf("%v %s %s %v", time.Since(began).Round(time.Second), e.Kind, e.Layer, strings.Join(e.Reasons, "; "))))
	}
	s.Observers = on(handlers{observe.LayerStale: tell, observe.LayerFresh: tell, observe.ReadinessChanged: tell})
	return j
}

// A source that verifies its content rarely is healthy for as long as it does, whatever FreshWithin
// and NotReadyWhenStale say, and is stale once it has missed two verifications.
func TestARareVerificationIsNotStaleness(t *testing.T) {
	for _, test := range []struct {
		every time.Duration
		claim bool
		want  time.Duration // from the last verification to stale
	}{
		{time.Second, true, 2 * time.Minute}, {time.Minute, true, 2 * time.Minute}, {time.Minute, false, 2 * time.Minute},
		{90 * time.Second, true, 3 * time.Minute}, {5 * time.Minute, true, 10 * time.Minute}, {24 * time.Hour, true, 48 * time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &reporter{origin: newOrigin("r", "a: 1"), every: test.every}
			if test.claim {
				r.claims = test.every
			}
			s := settings(t, r)
			s.NotReadyWhenStale = s.FreshWithin
			j := tellFreshness(&s)
			e := start(t, s)
			for range 50 {
				time.Sleep(test.every / 7)
				if h := e.Health(); h.Ready() != nil || h.Layers[0].Stale {
					t.Errorf("verified every %v, the service is %v, and stale is %v", test.every, h.Ready(), h.Layers[0].Stale)
				}
			}
			r.fail(errDown)
			last := r.VerifiedAt()
			time.Sleep(time.Until(last.Add(test.want)) - time.Second)
			if e.Health().Layers[0].Stale {
				t.Errorf("verified every %v, stale less than %v after the last time", test.every, test.want)
			}
			time.Sleep(2 * time.Second)
			if h := e.Health(); !h.Layers[0].Stale || h.Ready() == nil {
				t.Errorf("verified every %v, not stale %v after the last time: %v", test.every, test.want, h.Ready())
			}
			if lines := j.take(); len(lines) != 2 {
				t.Errorf("the events are %q, want one for the layer and one for the readiness", lines)
			}
			e.Close()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := &reporter{origin: newOrigin("r", "a: 1"), every: time.Second, claims: 1<<63 - 1}
		e := start(t, settings(t, r))
		r.fail(errDown)
		time.Sleep(1000 * time.Hour)
		if e.Health().Layers[0].Stale {
			t.Error("twice the longest interval has run over")
		}
		e.Close()
	})
}

// Readiness is that of the moment, and each change of it is an event, once.
func TestReadinessChangesAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		s := settings(t, x, y)
		s.NotReadyWhenStale = 15 * time.Minute
		j := tellFreshness(&s)
		e := start(t, s)
		settle()
		x.fail(errDown)
		time.Sleep(5 * time.Minute)
		y.fail(errDown)
		time.Sleep(9*time.Minute + 58*time.Second)
		if err := e.Health().Ready(); err != nil {
			t.Errorf("not ready before the time: %v", err)
		}
		time.Sleep(time.Hour)
		if err := e.Health().Ready(); err == nil || err.Error() != "config is not ready: layer x was last verified as fresh 1h14m58s ago, the limit is 15m0s; "+
			"layer y was last verified as fresh 1h9m58s ago, the limit is 15m0s" {
			t.Errorf("after more than an hour Ready says %v", err)
		}
		x.heal()
		time.Sleep(time.Minute)
		y.heal()
		time.Sleep(time.Minute)
		if err := e.Health().Ready(); err != nil {
			t.Errorf("not ready after both layers have recovered: %v", err)
		}
		var kinds []string
		for _, line := range j.take() {
			kinds = append(kinds, strings.Join(strings.Fields(line)[1:], " "))
		}
		want := []string{"layer_stale x", "layer_stale y", "readiness_changed layer x was last verified as fresh 15m0s ago, the limit is 15m0s",
			"layer_fresh x", "layer_fresh y", "readiness_changed"}
		if strings.Join(kinds, "\n") != strings.Join(want, "\n") {
			t.Errorf("the events are\n%s\nwant\n%s", strings.Join(kinds, "\n"), strings.Join(want, "\n"))
		}
		e.Close()
		if lines := j.take(); lines != nil {
			t.Errorf("Close reports %q", lines)
		}
	})
}

// A start from an old copy is ready at once, unless the service asks for fresh content; it is then
// told so once, and once again when the layer is there.
func TestStartFromAnOldCopyIsReady(t *testing.T) {
	for _, limit := range []time.Duration{0, 30 * time.Minute, 2 * time.Hour} {
		path := t.TempDir() + "/x.lastgood"
		synctest.Test(t, func(t *testing.T) {
			ran(t, path, "a: 7")
			time.Sleep(time.Hour)
			x := newOrigin("x", "")
			x.fail(errDown)
			s := settings(t, x)
			s.LastKnownGoodPath, s.NotReadyWhenStale = path, limit
			j := tellFreshness(&s)
			e := start(t, s)
			settle()
			h, events := e.Health(), []string{"layer_stale", "layer_fresh"}
			if notReady := limit != 0 && limit < time.Hour; notReady {
				events = []string{"layer_stale", "readiness_changed", "layer_fresh", "readiness_changed"}
				if h.Ready() == nil {
					t.Errorf("with a limit of %v a start from a copy of an hour ago is ready", limit)
				}
			} else if h.Ready() != nil {
				t.Errorf("with a limit of %v a start from a copy of an hour ago is not ready: %v", limit, h.Ready())
			}
			if !h.Layers[0].Stale || !h.Layers[0].FromLastKnownGood {
				t.Errorf("the old copy is not shown as one: %+v", h.Layers[0])
			}
			x.put("a: 7")
			time.Sleep(time.Minute)
			if h := e.Health(); h.Ready() != nil || h.Layers[0].Stale {
				t.Errorf("the layer is back, and the config is %v, stale %v", h.Ready(), h.Layers[0].Stale)
			}
			var kinds []string
			for _, line := range j.take() {
				kinds = append(kinds, strings.Fields(line)[1])
			}
			if strings.Join(kinds, " ") != strings.Join(events, " ") {
				t.Errorf("with a limit of %v the events are %q, want %q", limit, kinds, events)
			}
			e.Close()
		})
	}
}
