package fakesource_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func scriptedHarness(s *fakesource.Source, view func() source.Source) sourcetest.Harness {
	ok := func(f func()) error { f(); return nil }
	return sourcetest.Harness{
		Source: view,
		Put: func(_ context.Context, v sourcetest.Values) error {
			return ok(func() { s.PutYAML("test.yaml", string(v.Encode(source.FormatYAML))) })
		},
		Delete: func(context.Context) error { return ok(func() { s.Delete("test.yaml") }) },
		Break:  func(context.Context) error { return ok(func() { s.FailKind(source.Unavailable) }) },
		Repair: func(context.Context) error { return ok(s.Heal) },
		Wakeups: func(_ context.Context, f sourcetest.Fault) error {
			s.DropWakeups(0)
			s.DoubleWakeups(0)
			switch f {
			case sourcetest.Lost:
				s.DropWakeups(fakesource.Always)
			case sourcetest.Doubled:
				s.DoubleWakeups(fakesource.Always)
			case sourcetest.Held:
				s.HoldWakeups()
			case sourcetest.Intact:
				s.ReleaseWakeups()
			}
			return nil
		},
		Quiet:  100 * time.Millisecond,
		Cannot: map[string]string{"NoValueInErrors": "a script does not decode what it holds"},
	}
}

func TestKeepsTheRules(t *testing.T) {
	t.Parallel()
	views := map[string]func(*fakesource.Source) source.Source{
		"bare":   (*fakesource.Source).Bare,
		"prover": (*fakesource.Source).AsFreshnessReporter,
		"local":  (*fakesource.Source).AsLocal,
		"reader": (*fakesource.Source).Reader,
	}
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
				s := fakesource.New("scripted")
				s.Reconcile(30 * time.Millisecond)
				first := true
				return scriptedHarness(s, func() source.Source {
					if first {
						first = false
						return view(s)
					}
					return s.Reader()
				})
			})
		})
	}
}

// next calls Next, which must return at once.
func next(t *testing.T, s source.Source, prev source.Revision) source.Content {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	c, err := s.Next(ctx, prev)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return c
}

// blocks checks that Next does not return within an hour.
func blocks(t *testing.T, s source.Source, prev source.Revision, why string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := s.Next(ctx, prev); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Next returned %v, though %s", err, why)
	}
}

func TestContents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fakesource.New("nacos")
		if s.Name() != "nacos" || s.Current() != "" {
			t.Error("a new script has a name and nothing to tell")
		}
		blocks(t, s, "", "there is nothing to tell")
		s.PutYAML("a.yaml", "db: {pool: 5}")
		s.PutTree("b", map[string]any{"x": 1})
		c := next(t, s, "")
		if len(c.Documents) != 2 || string(c.Documents[0].Data) != "db: {pool: 5}" || c.Documents[1].Tree["x"] != 1 {
			t.Errorf("two documents were put, and Next returned %+v", c)
		}
		if c.Revision != s.Current() {
			t.Error("Current is not the revision of what is there")
		}
		blocks(t, s, c.Revision, "nothing has changed")
		s.Delete("a.yaml", "c.yaml")
		c = next(t, s, c.Revision)
		if len(c.Documents) != 3 || !c.Documents[0].Absent || !c.Documents[2].Absent {
			t.Errorf("two documents were deleted, and Next returned %+v", c)
		}
		s.Forget("a.yaml", "c.yaml")
		if c = next(t, s, c.Revision); len(c.Documents) != 1 {
			t.Errorf("documents that were forgotten are still there: %+v", c)
		}
		s.Fail(errors.New("first"))
		if _, err := s.Next(t.Context(), c.Revision); err == nil || err.Error() != "first" {
			t.Errorf("the error that was set is not returned: %v", err)
		}
		blocks(t, s, c.Revision, "the error was told")
		s.Heal()
		if again := next(t, s, c.Revision); again.Revision != c.Revision {
			t.Error("the content after Heal is another")
		}
	})
}

func TestWakeups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fakesource.New("nacos")
		s.PutYAML("a.yaml", "n: 1")
		c := next(t, s, "")
		// blocked runs change while Next is blocked, and tells after what time it returned; -1 is
		// never.
		blocked := func(change func()) time.Duration {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			begin, took := time.Now(), time.Duration(-1)
			var wg sync.WaitGroup
			wg.Go(func() {
				if got, err := s.Next(ctx, c.Revision); err == nil {
					c, took = got, time.Since(begin)
				}
			})
			synctest.Wait()
			change()
			wg.Wait()
			return took
		}
		put := func(n int) func() { return func() { s.PutYAML("a.yaml", fmt.Sprintf("n: %d", n)) } }
		if took := blocked(put(2)); took != 0 {
			t.Errorf("a wake-up took %v", took)
		}
		s.DropWakeups(1)
		if took := blocked(put(3)); took != -1 {
			t.Errorf("the change whose wake-up was dropped came after %v", took)
		}
		if got := next(t, s, c.Revision); got.Revision == c.Revision {
			t.Error("a new call of Next does not read")
		} else {
			c = got
		}
		if took := blocked(put(4)); took != 0 {
			t.Error("more than one wake-up was dropped")
		}
		s.Reconcile(time.Minute)
		s.DropWakeups(fakesource.Always)
		if took := blocked(put(5)); took != time.Minute {
			t.Errorf("the source looks every minute, and the change came after %v", took)
		}
		s.DropWakeups(0)
		s.Reconcile(0)
		s.HoldWakeups()
		if took := blocked(func() {
			put(6)()
			put(7)()
			<-time.After(time.Second)
			s.ReleaseWakeups()
		}); took != time.Second || string(c.Documents[0].Data) != "n: 7" {
			t.Errorf("a wake-up was held for a second, and the change came after %v", took)
		}
		s.DoubleWakeups(1)
		reads := s.Reads()
		if took := blocked(put(8)); took != 0 {
			t.Errorf("a doubled wake-up took %v", took)
		}
		blocks(t, s, c.Revision, "the second of two wake-ups tells nothing new")
		if n := s.Reads() - reads; n < 3 {
			t.Errorf("a doubled wake-up led to %d reads", n)
		}
		reads = s.Reads()
		if took := blocked(s.Wake); took != -1 || s.Reads() != reads+2 {
			t.Error("a wake-up without a change must lead to a read and to nothing else")
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fakesource.New("nacos")
		s.PutYAML("a.yaml", "n: 12345")
		s.CorruptDigest(1)
		c := next(t, s, "")
		if digest := c.Documents[0].Digest; digest == fakesource.Text("a.yaml", "yaml", "n: 12345").Digest {
			t.Error("the digest is not corrupt")
		}
		c = next(t, s, c.Revision)
		if c.Revision != s.Current() {
			t.Error("the good content does not follow the corrupt one")
		}
		s.Tear(fakesource.Always)
		c = next(t, s, c.Revision)
		if string(c.Documents[0].Data) != "n: 1" {
			t.Errorf("torn content is %q", c.Documents[0].Data)
		}
		blocks(t, s, c.Revision, "the torn content was told")
		s.Tear(0)
		c = next(t, s, c.Revision)

		s.Repeat(2)
		for range 2 {
			if again := next(t, s, c.Revision); again.Revision != c.Revision {
				t.Error("Repeat does not repeat")
			}
		}
		blocks(t, s, c.Revision, "it was repeated twice")

		s.Delay(time.Second)
		begin := time.Now()
		next(t, s, "")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("a read that is delayed by a second took %v", took)
		}
		s.Delay(0)

		release := s.BlockReads()
		blocks(t, s, "", "reads are blocked")
		release()
		release()
		next(t, s, "")

		s.Panic("canary")
		func() {
			defer func() {
				if recover() != "canary" {
					t.Error("the read does not panic as it was told")
				}
			}()
			_, _ = s.Next(t.Context(), "")
		}()
		next(t, s, "")

		s.Deafen(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin = time.Now()
		if _, err := s.Next(ctx, ""); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Minute {
			t.Error("a deaf source listens")
		}
	})
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := fakesource.New("nacos")
		has := func(s source.Source) (abilities []string) {
			if _, ok := s.(source.FreshnessReporter); ok {
				abilities = append(abilities, "FreshnessReporter")
			}
			if _, ok := s.(source.Acknowledger); ok {
				abilities = append(abilities, "Acknowledger")
			}
			d := source.DescriptionOf(s)
			if d.Local {
				abilities = append(abilities, "Local")
			}
			if d.Identity != "" {
				abilities = append(abilities, "Identity")
			}
			if d.Reusable {
				abilities = append(abilities, "Reusable")
			}
			if _, ok := s.(io.Closer); ok {
				abilities = append(abilities, "Closer")
			}
			return abilities
		}
		for _, test := range []struct {
			view string
			is   source.Source
			want []string
		}{
			{"bare", s.Bare(), nil},
			{"plain", s, []string{"Acknowledger", "Identity", "Reusable", "Closer"}},
			{"prover", s.AsFreshnessReporter(), []string{"FreshnessReporter", "Acknowledger", "Identity", "Reusable", "Closer"}},
			{"local", s.AsLocal(), []string{"Acknowledger", "Local", "Identity", "Reusable", "Closer"}},
		} {
			if got := has(test.is); !slices.Equal(got, test.want) {
				t.Errorf("the %s view has the abilities %v, documented are %v", test.view, got, test.want)
			}
		}
		p := s.AsFreshnessReporter().(source.FreshnessReporter)
		if !p.VerifiedAt().IsZero() {
			t.Error("a source is proven before it was read")
		}
		s.PutYAML("a.yaml", "n: 1")
		c := next(t, s, "")
		if !p.VerifiedAt().Equal(time.Now()) {
			t.Error("a read does not prove the source")
		}
		s.Prove(time.Now().Add(-time.Hour))
		if time.Since(p.VerifiedAt()) != time.Hour {
			t.Error("Prove has no effect")
		}
		s.Ack(c.Revision, nil)
		rejected := errors.New("no")
		s.Ack("other", rejected)
		want := []fakesource.Receipt{{Revision: c.Revision, At: time.Now()}, {Revision: "other", Rejected: rejected, At: time.Now()}}
		if got := s.Received(); !slices.Equal(got, want) {
			t.Errorf("received %v", got)
		}
		s.Fail(errors.New("x"))
		_, _ = s.Next(t.Context(), "")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Next(t.Context(), ""); err == nil || err.Error() != "x" {
			t.Error("a script that was closed is not as new to its next user")
		}
	})
}

// The suite can test sources of every format, and of decoded trees.
func TestSuiteReadsEveryFormat(t *testing.T) {
	t.Parallel()
	for _, format := range []string{source.FormatYAML, source.FormatJSON, source.FormatTOML, source.FormatDotenv, source.FormatProperties, "environ", "tree"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			sourcetest.RunInBubble(t, func(*testing.T) sourcetest.Harness {
				s := fakesource.New("formats")
				h := scriptedHarness(s, s.Reader)
				s.Reconcile(h.Quiet / 3)
				h.Put = func(_ context.Context, v sourcetest.Values) error {
					if format == "tree" {
						s.PutTree("test", v.Tree())
					} else {
						s.Put(source.Document{Name: "test", Format: format, Data: v.Encode(format)})
					}
					return nil
				}
				h.Delete = func(context.Context) error { s.Delete("test"); return nil }
				return h
			})
		})
	}
}
