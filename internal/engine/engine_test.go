package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// settle waits until all pending work has ended, windows included.
func settle() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

func TestEveryApplyMergesAllLayers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := newOrigin("low", "a: 2\nb: 2"), newOrigin("high", "a: 3")
		e := start(t, settings(t, low, high))
		check := func(what string, a, b int) {
			t.Helper()
			settle()
			if v := value(e.Live()); v.A != a || v.B != b {
				t.Errorf("%s: a=%d b=%d, want %d and %d", what, v.A, v.B, a, b)
			}
		}
		check("boot", 3, 2)
		low.put("a: 5\nb: 6")
		check("a change in the lower layer does not cover the higher", 3, 6)
		high.put("b: 9")
		check("a key that the higher layer drops falls back", 5, 9)
		high.put("a: null\nb: 9")
		check("null takes away what is below: the default holds", 1, 9)
		high.put("")
		check("an empty document says nothing", 5, 6)
		e.Close()
	})
}

func TestContentsWithinTheWindowAreOneVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		e := start(t, settings(t, x, y))
		settle()
		x.put("a: 2")
		time.Sleep(99 * time.Millisecond)
		y.put("b: 2")
		synctest.Wait()
		time.Sleep(99 * time.Millisecond)
		if v := e.Live().Version; v != 1 {
			t.Errorf("version %d is live before the window has closed", v)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if s := e.Live(); s.Version != 2 || value(s).A != 2 || value(s).B != 2 || len(s.Causes) != 2 {
			t.Errorf("two changes within the window made version %d, a=%d b=%d, causes %v", s.Version, value(s).A, value(s).B, s.Causes)
		}
		e.Close()
	})
}

// The window's promise: quiet for 100 ms, but at most 1 s after the first content.
func TestMaxWindowEndsARestlessWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		settle()
		began := time.Now()
		for n := 2; e.Live().Version == 1; n++ {
			x.put(fmt.Sprintf("a: %d", n))
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			if n > 99 {
				t.Fatal("a change that never rests is never applied")
			}
		}
		if took := time.Since(began); took < time.Second || took > time.Second+50*time.Millisecond {
			t.Errorf("it was applied after %v, want 1s after the first content", took)
		}
		e.Close()
	})
}

func TestRejectionKeepsTheWholeOldState(t *testing.T) {
	for name, bad := range map[string]string{
		"syntax": "a: [", "unknown key": "aa: 2", "wrong type": "a: x", "invalid": "a: 101", "duplicate key": "a: 1\na: 2",
		"not a map": "- 1", "panic in a step": "s: boom",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newOrigin("x", "a: 7")
				e := start(t, settings(t, x))
				settle()
				before := e.Live()
				x.put(bad)
				settle()
				if e.Live() != before {
					t.Errorf("a refused content changed what is live")
				}
				h := e.Health()
				if len(h.Layers[0].Rejected) == 0 || h.Layers[0].Applied == h.Layers[0].Latest {
					t.Errorf("Health does not show the rejection: %+v", h.Layers[0])
				}
				if h.Ready() != nil {
					t.Errorf("a bad publish made the service not ready: %v", h.Ready())
				}
				history := e.History()
				if last := history[len(history)-1]; last.Kind != observe.Rejected || len(last.Problems) == 0 {
					t.Errorf("the history does not end with the rejection: %+v", last)
				}
				x.put("a: 8")
				settle()
				if value(e.Live()).A != 8 || len(e.Health().Layers[0].Rejected) != 0 {
					t.Errorf("a good content after a bad one is not live: %+v", value(e.Live()))
				}
				e.Close()
			})
		})
	}
}

func TestOneBadLayerDoesNotHoldBackTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y, z := newOrigin("x", "a: 1"), newOrigin("y", "b: 1"), newOrigin("z", "")
		z.remove()
		all := settings(t, x, y, z)
		all.Layers[2].AbsentOK = true
		e := start(t, all)
		settle()
		x.put("a: [")
		y.put("b: 2")
		z.put("s: hello")
		settle()
		if s := e.Live(); s.Version != 2 || value(s).B != 2 || value(s).S != "hello" || value(s).A != 1 {
			t.Errorf("good contents with a bad one: version %d, %+v; want both in version 2", s.Version, value(s))
		}
		y.put("b: 3")
		settle()
		if value(e.Live()).B != 3 {
			t.Error("a layer that stays bad holds back the next good change")
		}
		if n := len(slices.DeleteFunc(e.History(), func(h observe.HistoryEntry) bool { return h.Kind != observe.Rejected })); n != 1 {
			t.Errorf("an unchanged rejection is reported %d times", n)
		}
		e.Close()
	})
}

// Two contents are good only together, and a third one is bad.
func TestContentsThatAreGoodTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newOrigin("x", "a: 1"), newOrigin("y", "b: 1")
		e := start(t, settings(t, x, y))
		settle()
		x.put("a: 90") // too far above b
		settle()
		if value(e.Live()).A != 1 {
			t.Fatal("a rule across layers was not held")
		}
		y.put("b: 60")
		settle()
		if v := value(e.Live()); v.A != 90 || v.B != 60 {
			t.Errorf("the content that made the other good did not bring it in: %+v", v)
		}
		e.Close()
	})
}

func TestAcknowledgersReceiveResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		settle()
		x.put("a: 101")
		settle()
		x.put("a: 2 # two")
		settle()
		want := []string{
			string(revision("a: 1")),
			string(revision("a: 101")) + ": x.yaml:1:4 (x) a: must be at most 100\na is too far above b",
			string(revision("a: 2 # two")),
		}
		if !slices.Equal(x.received, want) {
			t.Errorf("received\n%s\nwant\n%s", strings.Join(x.received, "\n"), strings.Join(want, "\n"))
		}
		e.Close()
	})
}

func TestUnchangedConfigurationMakesNoVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1\n")
		e := start(t, settings(t, x))
		called := 0
		e.Subscribe("s", false, func(*pipeline.State) engine.Handler {
			return func(context.Context, *pipeline.State, []observe.Cause) (bool, error) {
				called++
				return true, nil
			}
		})
		settle()
		x.put("# a comment\na: 1\n")
		settle()
		if v := e.Live().Version; v != 1 || called != 0 {
			t.Errorf("a comment made version %d and %d calls", v, called)
		}
		if c := e.Explain(tree.Path{"a"}).LayerValues; len(c) != 1 || c[0].Line != 2 {
			t.Errorf("Explain shows the line of before the comment: %+v", c)
		}
		if x.received[len(x.received)-1] != string(revision("# a comment\na: 1\n")) {
			t.Error("Ack did not report the content in use")
		}
		e.Close()
	})
}

func TestDigestIsVerified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		settle()
		x.putDigest("a: 2", "md5:00000000000000000000000000000000")
		settle()
		if value(e.Live()).A != 1 {
			t.Error("content that does not match its digest is live")
		}
		if h := e.History(); !errors.Is(h[len(h)-1].Problems, source.Corrupt) {
			t.Errorf("the rejection is not of kind Corrupt: %v", h[len(h)-1].Problems)
		}
		e.Close()
	})
}

func TestAbsentIsNotEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeps, falls := newOrigin("keeps", "a: 5"), newOrigin("falls", "b: 5")
		s := settings(t, keeps, falls)
		s.Layers[1].DropWhenAbsent = true
		var gone []string
		s.Observers = on(handlers{observe.DocumentAbsent: func(a observe.Event) { gone = append(gone, a.Document) }})
		e := start(t, s)
		settle()
		keeps.remove()
		falls.remove()
		settle()
		if v := value(e.Live()); v.A != 5 || v.B != 1 {
			t.Errorf("after both documents were deleted a=%d b=%d, want the kept 5 and the default 1", v.A, v.B)
		}
		if !slices.Equal(gone, []string{"keeps.yaml"}) || !slices.Equal(e.Health().Layers[0].Absent, gone) {
			t.Errorf("the deletion is not shown: events %v, health %v", gone, e.Health().Layers[0].Absent)
		}
		keeps.put("a: 6")
		settle()
		if value(e.Live()).A != 6 || e.Health().Layers[0].Absent != nil {
			t.Error("the document came back and is not in use, or still shown as absent")
		}
		e.Close()
	})
}

func TestOutageIsReportedOnceAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		j := &journal{}
		s.Observers = on(handlers{
			observe.LayerDown: func(e observe.Event) { j.add("down " + e.Err.Error()) },
			observe.LayerUp:   func(e observe.Event) { j.add("up after " + e.Took.String()) },
		})
		e := start(t, s)
		settle()
		x.fail(errDown)
		time.Sleep(time.Hour)
		synctest.Wait()
		h := e.Health()
		if h.Ready() != nil || !h.Layers[0].Stale || h.Layers[0].Down == "" {
			t.Errorf("an hour of outage: ready %v, %+v; want a service that is ready, and a layer that is stale and down", h.Ready(), h.Layers[0])
		}
		x.heal()
		settle()
		if e.Health().Ready() != nil || e.Live().Version != 1 {
			t.Errorf("after the outage, with the content as before: %v, version %d", e.Health().Ready(), e.Live().Version)
		}
		if lines := j.take(); len(lines) != 2 || !strings.HasPrefix(lines[1], "up after 1h") {
			t.Errorf("events are %q, want one LayerDown and one LayerUp", lines)
		}
		e.Close()
	})
}

func TestPinHoldsRollbackRestores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		s := settings(t, x)
		held := 0
		s.Observers = on(handlers{observe.Held: func(observe.Event) { held++ }})
		e := start(t, s)
		settle()
		x.put("a: 2")
		settle()
		var versions []int64
		e.Subscribe("s", true, func(*pipeline.State) engine.Handler {
			return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
				versions = append(versions, s.Version)
				return true, nil
			}
		})
		settle()
		if v, err := e.Rollback(t.Context(), observe.By{}); err != nil || v != 3 || value(e.Live()).A != 1 {
			t.Fatalf("rollback made version %d with a=%d: %v", v, value(e.Live()).A, err)
		}
		x.put("a: 4")
		settle()
		if e.Live().Version != 3 || held != 1 || !e.Health().Pinned {
			t.Errorf("while pinned: version %d, held %d times, pinned %v", e.Live().Version, held, e.Health().Pinned)
		}
		if _, err := e.Pin(t.Context(), 99, observe.By{}); !errors.Is(err, source.NotFound) {
			t.Errorf("pinning a version that is not there: %v", err)
		}
		if v, err := e.Pin(t.Context(), 2, observe.By{}); err != nil || v != 4 || value(e.Live()).A != 2 {
			t.Errorf("pinning version 2 made version %d, a=%d: %v", v, value(e.Live()).A, err)
		}
		synctest.Wait()
		if err := e.Unpin(t.Context(), observe.By{}); err != nil || value(e.Live()).A != 4 {
			t.Errorf("after Unpin a=%d, want the newest: %v", value(e.Live()).A, err)
		}
		synctest.Wait()
		if !slices.Equal(versions, []int64{2, 3, 4, 5}) {
			t.Errorf("a subscriber saw versions %v, want 2 3 4 5", versions)
		}
		e.Close()
		if _, err := e.Pin(t.Context(), 0, observe.By{}); !errors.Is(err, source.Closed) {
			t.Errorf("Pin after Close: %v", err)
		}
	})
}

func TestSecretsAreRedactedInForeignTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const canary = "canary-s3cret"
		x := newOrigin("x", "token: "+canary)
		s := settings(t, x)
		j := &journal{}
		s.Observers = on(handlers{
			observe.Rejected:         func(e observe.Event) { j.add(e.Problems.Error()) },
			observe.SubscriberCalled: func(e observe.Event) { j.add(fmt.Sprintf("%+v %v", e, e.Err)) },
			observe.LayerDown:        func(e observe.Event) { j.add(e.Err.Error()) },
		})
		e := start(t, s)
		e.Subscribe("panics", true, func(*pipeline.State) engine.Handler {
			return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
				panic(value(s).Token.text)
			}
		})
		e.Subscribe("fails", true, func(*pipeline.State) engine.Handler {
			return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
				return true, fmt.Errorf("dial with %q", value(s).Token.text)
			}
		})
		settle()
		x.put("s: leak\ntoken: " + canary)
		settle()
		x.fail(errors.New("cannot fetch with " + canary))
		settle()
		all := strings.Join(j.take(), "\n") + fmt.Sprintf("%+v %+v", e.Health(), e.History()) + e.Explain(tree.Path{"token"}).String()
		for _, p := range e.History()[1].Problems {
			all += p.Error()
		}
		if strings.Contains(all, canary) {
			t.Errorf("a secret is shown:\n%s", all)
		}
		if n := strings.Count(all, wording.Redacted); n < 6 {
			t.Errorf("the texts were lost, not cleaned (%d marks):\n%s", n, all)
		}
		e.Close()
	})
}

func TestCloseClosesAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newOrigin("x", "a: 1")
		e := start(t, settings(t, x))
		settle()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if !x.closed {
			t.Error("the source was not closed")
		}
		if err := e.Close(); err != nil {
			t.Errorf("a second Close: %v", err)
		}
		if value(e.Live()).A != 1 || !e.Health().Closed || e.Health().Ready() == nil {
			t.Error("after Close the value is gone, or Health does not show it")
		}
	})
}

// blockingSource is a source that ignores its context.
type blockingSource struct {
	*origin
	release chan struct{}
}

func (s blockingSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	c, err := s.origin.Next(ctx, prev)
	if ctx.Err() != nil {
		<-s.release
	}
	return c, err
}

func TestCloseIsBoundedAndNamesWhatStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := blockingSource{newOrigin("stuck", "a: 1"), make(chan struct{})}
		e, err := engine.Start(t.Context(), settings(t, s))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err = e.Close()
		if took := time.Since(began); took != 5*time.Second || !errors.Is(err, source.Timeout) || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("Close took %v and returned %v; want 5s and an error that names the source", took, err)
		}
		close(s.release)
		synctest.Wait()
	})
}

// panickingSource is a source that panics and then repeats the same content.
type panickingSource struct{ *origin }

func (r panickingSource) Next(ctx context.Context, _ source.Revision) (source.Content, error) {
	r.mu.Lock()
	c := r.content
	r.mu.Unlock()
	if c.Revision == "absent" {
		panic("rude")
	}
	return c, ctx.Err()
}

func TestPanickingSourcesAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := panickingSource{newOrigin("rude", "a: 1")}
		e := start(t, settings(t, r)) // without a delay this would spin and stop the bubble's clock
		settle()
		r.put("a: 2")
		time.Sleep(time.Minute)
		if value(e.Live()).A != 2 {
			t.Error("a change of a source that repeats itself was lost")
		}
		r.remove()
		time.Sleep(time.Minute)
		if h := e.Health(); !strings.Contains(h.Layers[0].Down, "panicked") {
			t.Errorf("a panic in Next is not shown: %+v", h.Layers[0])
		}
		e.Close()
	})
}

// A wrong value that a higher layer hides is rejected: it would appear when that layer drops the
// key.
func TestHiddenValuesAreValidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := newOrigin("low", "a: 2"), newOrigin("high", "a: 3")
		e := start(t, settings(t, low, high))
		settle()
		low.put("a: x\nb: 5")
		settle()
		if value(e.Live()).B != 1 || len(e.Health().Layers[0].Rejected) != 1 {
			t.Errorf("hidden by a higher layer, a wrong value got in: %+v, %v", value(e.Live()), e.Health().Layers[0].Rejected)
		}
		high.put("b: 7")
		settle()
		if v := value(e.Live()); v.A != 2 || v.B != 7 {
			t.Errorf("the key that the higher layer dropped fell back to %+v, want the last good a=2", v)
		}
		e.Close()
	})
}

func TestAllProblemsAreReportedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low, high := newOrigin("low", ""), newOrigin("high", "")
		low.put("zz: 1\ns: a\nyy: 2")
		high.put("b: 1\na: 101\nxx: 3")
		_, err := engine.Start(t.Context(), settings(t, low, high))
		want := "low.yaml:1:1 (low) zz: unknown key\nlow.yaml:3:1 (low) yy: unknown key\n" +
			"high.yaml:2:4 (high) a: must be at most 100\nhigh.yaml:3:1 (high) xx: unknown key\na is too far above b"
		if err == nil || err.Error() != want {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	})
}
