package nacre_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// parentOf returns a trace parent that differs by its number.
func parentOf(n int) string { return fmt.Sprintf("00-%032x-%016x-01", 0xabc000+n, n) }

// lineOf returns the release line of a release.
func lineOf(n int) string { return fmt.Sprintf("# nacre: release=r%d traceparent=%s", n, parentOf(n)) }

// traced records the events that have causes.
type traced struct {
	mu     sync.Mutex
	events []observe.Event
}

func (r *traced) options() nacre.Options {
	o := quiet
	o.LastKnownGoodDisabled = true
	o.Observers = []observe.Observer{func(e observe.Event) {
		if len(e.Causes) > 0 {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		}
	}}
	return o
}

// take returns the events since the last call, each as "applied a.yaml=r1/1": a release and the
// number of its trace parent for each cause.
func (r *traced) take() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		text := e.Kind.String()
		for _, c := range e.Causes {
			text += " " + c.Document + "=" + c.Release + "/"
			if c.TraceParent != "" {
				text += strings.TrimLeft(c.TraceParent[36:52], "0")
			}
		}
		all = append(all, text)
	}
	r.events = nil
	return all
}

func (r *traced) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := r.take(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: the events are\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestALineNamesTheReleaseOfAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r traced
		cfg, m := open[subConfig](t, r.options(), lineOf(1)+"\npool: 1")
		calls := 0
		nacre.Subscribe(cfg, func(c *subConfig) int { return c.Pool }, func(context.Context, nacre.Change[int]) error { calls++; return nil })
		settle()
		r.want(t, "at the start", "applied config.yaml=r1/1")
		m.Set([]byte(lineOf(2) + "\npool: 2"))
		settle()
		r.want(t, "a change", "applied config.yaml=r2/2", "subscriber_called config.yaml=r2/2")
		m.Set([]byte(lineOf(3) + "\npool: 2"))
		settle()
		r.want(t, "another line", "unchanged config.yaml=r3/3")
		if s := cfg.Snapshot(); s.Version != 2 || calls != 1 {
			t.Errorf("a change of the line alone makes version %d, and %d calls of the subscriber", s.Version, calls)
		}
		if got := cfg.Health().Layers[0].Release; got != "r3" {
			t.Errorf("Health names the release %q, want that of the newest line", got)
		}
		m.Set([]byte(lineOf(3)))
		settle()
		r.want(t, "a document that has become empty but for its line", "held config.yaml=r3/3")
		m.Set([]byte(lineOf(4) + "\npool: x"))
		settle()
		r.want(t, "a bad change", "rejected config.yaml=r4/4")
		m.Set([]byte(lineOf(5) + "\npool: x"))
		settle()
		r.want(t, "the bad change, published again", "rejected config.yaml=r5/5")
		m.Set([]byte(lineOf(5) + "\npool: x"))
		settle()
		r.want(t, "the bad change, written again by the same release")
	})
}

func TestALineThatIsNotUnderstoodIsAComment(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 600)
	for _, line := range []string{
		"# nacre: release=planted\x1b[31m", "# nacre: release=" + long, "# nacre: planted", "# nacre: release=planted traceparent=planted",
		"# nacre: release=a release=planted", "#nacre: release=planted", "# nacre: by=planted", "# nacre: release=planted\ttraceparent=" + parentOf(1),
	} {
		var r traced
		o := r.options()
		cfg, err := nacre.OpenWith[subConfig](t.Context(), o, memory.New("a.properties", []byte(line+"\npool=7")))
		if err != nil {
			t.Errorf("the line %.40q makes Open fail: %v", line, err)
			continue
		}
		if cfg.Get().Pool != 7 {
			t.Errorf("below the line %.40q, the values are %+v", line, *cfg.Get())
		}
		r.want(t, line, "applied a.properties=/")
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestALineShowsNoSecret(t *testing.T) {
	t.Parallel()
	type withSecret struct {
		Key nacre.Secret `config:"key"`
	}
	var r traced
	cfg, err := nacre.OpenWith[withSecret](t.Context(), r.options(), memory.New("a.yaml", []byte("# nacre: release=hunter22 traceparent="+parentOf(1)+"\nkey: hunter22")))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	r.want(t, "a release that is a secret", "applied a.yaml=/1")
}

func TestALineIsReadAfterDecryption(t *testing.T) {
	t.Parallel()
	var r traced
	decrypt := nacre.Decrypt(func(context.Context, source.Document) ([]byte, error) { return []byte(lineOf(8) + "\npool: 3"), nil })
	cfg, err := nacre.OpenWith[subConfig](t.Context(), r.options(), nacre.Layer(memory.New("a.yaml", []byte("cipher")), decrypt))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	r.want(t, "an encrypted document", "applied a.yaml=r8/8")
}

// A bad document stays quarantined when it is published again as part of another release; and the
// good documents beside it, whose lines alone differed, are not.
func TestALineDoesNotEndAQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r traced
		doc := func(name string, line int, text string) source.Document {
			return fakesource.Text(name, source.FormatYAML, lineOf(line)+"\n"+text)
		}
		s := fakesource.New("both")
		s.Put(doc("a.yaml", 1, "pool: 1"), doc("b.yaml", 1, "level: low"))
		cfg := layered[subConfig](t, r.options(), s)
		nacre.AutoRollback(cfg, func(_ context.Context, c *subConfig) error {
			if c.Pool == 666 {
				return errors.New("no request succeeds")
			}
			return nil
		})
		wait := func() { time.Sleep(time.Minute); synctest.Wait() }
		wait()
		r.take()
		s.Put(doc("a.yaml", 2, "pool: 666"), doc("b.yaml", 2, "level: low"))
		wait()
		r.want(t, "a bad release", "applied a.yaml=r2/2 b.yaml=r2/2", "applied back to version 1=/", "rolled_back a.yaml=r2/2 b.yaml=r2/2", "held a.yaml=r2/2 b.yaml=r2/2")
		s.Put(doc("a.yaml", 3, "pool: 666"), doc("b.yaml", 3, "level: low"))
		wait()
		if got := cfg.Get().Pool; got != 1 || cfg.Health().Layers[0].Held == nil {
			t.Errorf("the bad document is live in the next release: pool is %d, held %v", got, cfg.Health().Layers[0].Held)
		}
		r.take()
		s.Put(doc("a.yaml", 4, "pool: 4"), doc("b.yaml", 4, "level: low"))
		wait()
		r.want(t, "the fix", "applied a.yaml=r4/4 b.yaml=r4/4")
	})
}

// The breaker counts contents: one that is published again in another release is not a second bad
// change.
func TestALineIsNotAnotherBadChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		o := r.options()
		o.MaxBadChanges = 2
		_, m := open[subConfig](t, o, "pool: 1")
		for n := range 5 {
			m.Set([]byte(lineOf(n+1) + "\npool: x"))
			settle()
		}
		if len(r.tripped) > 0 {
			t.Error("one bad document, published with five lines, opens the breaker")
		}
	})
}

// A manifest names the release of every event about its documents, in place of their own lines.
func TestAManifestNamesTheTraceOfARelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tr traced
		r := &release{a: memory.New("a.yaml", docA(1)), b: memory.New("b.yaml", docB(1))}
		publish := func(n int, a, b string) {
			m := of(n)
			m.TraceParent = parentOf(n)
			m.Documents = manifest.New("", map[string][]byte{"a.yaml": []byte(a), "b.yaml": []byte(b)}).Documents
			data := signed(m, releaseKey(1))
			if r.m == nil {
				r.m = memory.New("release.yaml", data)
				return
			}
			r.m.Set(data)
		}
		publish(1, string(docA(1)), string(docB(1)))
		cfg := layered[releaseConfig](t, tr.options(), nacre.Layer(r.m, nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey))), r.a, r.b)
		tr.want(t, "at the start", "applied release.yaml=release-1/1 a.yaml=release-1/1 b.yaml=release-1/1")

		a, b := lineOf(9)+"\na: 2", "b: 1\n# of release 2"
		publish(2, a, b)
		settle()
		tr.want(t, "a manifest without its documents", "held release.yaml=release-2/2")
		r.a.Set([]byte(a))
		r.b.Set([]byte(b))
		settle()
		tr.want(t, "the release", "applied release.yaml=release-2/2 a.yaml=release-2/2 b.yaml=release-2/2")

		publish(3, "a: x", b)
		r.a.Set([]byte("a: x"))
		settle()
		tr.want(t, "a bad release", "rejected release.yaml=release-3/3 a.yaml=release-3/3")
		if v := cfg.Snapshot().Version; v != 2 {
			t.Errorf("version %d is live, want 2", v)
		}
	})
}
