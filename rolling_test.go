package nacre_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// published is a document that all instances of a fleet read, from a place that is not local.
type published struct{ source.Source }

func (p *published) Describe() source.Description { return source.Description{} }
func (p *published) Unwrap() source.Source        { return p.Source }

// The versions of a service, in the order of their releases.
type (
	rollingV1 struct {
		DB struct {
			DSN  nacre.Secret `config:"dsn" validate:"required"`
			Pool int          `config:"pool" default:"10"`
		} `config:"db"`
	}
	rollingV2 struct {
		DB struct {
			URL     nacre.Secret `config:"url" alias:"dsn" validate:"required"`
			Pool    int          `config:"pool" default:"10" deprecated:"the pool grows by itself"`
			Retries int          `config:"retries" default:"3"`
		} `config:"db"`
	}
	rollingV3 struct {
		DB struct {
			URL     nacre.Secret `config:"url" validate:"required"`
			Retries int          `config:"retries" default:"3"`
		} `config:"db"`
	}
)

func (c *rollingV1) url() string { return c.DB.DSN.Reveal() }
func (c *rollingV2) url() string { return c.DB.URL.Reveal() }
func (c *rollingV3) url() string { return c.DB.URL.Reveal() }

// rolling is one running instance, of any version.
type rolling struct {
	name   string
	url    func() string
	health func() observe.Health
	close  func() error
}

func roll[T any, P interface {
	*T
	url() string
}](t *testing.T, name string, doc *memory.Source) (*rolling, error) {
	t.Helper()
	o := quiet
	o.LastKnownGoodDisabled = true // a fresh pod
	cfg, err := nacre.OpenWith[T](t.Context(), o, &published{doc})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = cfg.Close() })
	return &rolling{name: name, url: func() string { return P(cfg.Get()).url() }, health: cfg.Health, close: cfg.Close}, nil
}

// start starts an instance, which must succeed.
func start[T any, P interface {
	*T
	url() string
}](t *testing.T, name string, doc *memory.Source) *rolling {
	t.Helper()
	r, err := roll[T, P](t, name, doc)
	if err != nil {
		t.Fatalf("%s does not start: %v", name, err)
	}
	return r
}

// is checks the value and the notices of an instance.
func (r *rolling) is(t *testing.T, url string, notices ...string) {
	t.Helper()
	l := r.health().Layers[0]
	if got := r.url(); got != url {
		t.Errorf("%s has the URL %q, want %q: rejected %v", r.name, got, url, l.Rejected)
	}
	if len(l.Rejected) > 0 || len(l.Held) > 0 {
		t.Errorf("%s does not take the document: rejected %v, held %v", r.name, l.Rejected, l.Held)
	}
	if got := append(slices.Clone(l.Unused), l.Deprecated...); !slices.Equal(got, notices) {
		t.Errorf("%s reports\n%s\nwant\n%s", r.name, strings.Join(got, "\n"), strings.Join(notices, "\n"))
	}
}

// A required key is renamed, another one added and a third removed, while versions of the service
// run side by side; at each step until the last, the version before can come back. The page
// docs/rolling-deploys.md gives these steps.
func TestARenameIsDeployedAndRolledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doc := memory.New("orders.yaml", []byte("db:\n  dsn: a\n  pool: 5"))
		first := start[rollingV1](t, "v1", doc)
		first.is(t, "a")

		// 1. Deploy the version that knows both names. Nothing is published.
		const (
			oldName = "orders.yaml:2:3 db.dsn: old name of db.url; write db.url instead"
			oldPool = "orders.yaml:3:3 db.pool: deprecated: the pool grows by itself"
		)
		second := start[rollingV2](t, "v2", doc)
		second.is(t, "a", oldName, oldPool)
		start[rollingV1](t, "v1, rolled back in step 1", doc).is(t, "a")

		// 2. Publish both names with one value, and the new key. Both versions take it.
		doc.Set([]byte("db:\n  dsn: b\n  url: b\n  pool: 5\n  retries: 4"))
		settle()
		first.is(t, "b", "orders.yaml:3:3 db.url: unused key", "orders.yaml:5:3 db.retries: unused key")
		second.is(t, "b", oldName, strings.Replace(oldPool, ":3:3", ":4:3", 1))

		// Two values under two names would be two configurations in one fleet.
		doc.Set([]byte("db:\n  dsn: c\n  url: d\n  pool: 5"))
		settle()
		const both = "orders.yaml:2:3 db.dsn: is an old name of db.url, and db.url is set to another value on line 3; " +
			"keep one of them, or give both the same value"
		if got := second.health().Layers[0].Rejected; second.url() != "b" || len(got) != 1 || got[0] != both {
			t.Errorf("two values for one key: %s is live, rejected %v, want %s", second.url(), got, both)
		}
		doc.Set([]byte("db:\n  dsn: e\n  url: e\n  pool: 5\n  retries: 4"))
		settle()

		// 3. The binary is rolled back, also to pods without a copy: it starts on the newer
		// document.
		back := start[rollingV1](t, "v1, rolled back in step 2", doc)
		back.is(t, "e", "orders.yaml:3:3 db.url: unused key", "orders.yaml:5:3 db.retries: unused key")
		if err := errors.Join(back.close(), first.close()); err != nil {
			t.Error(err)
		}
		second.is(t, "e", oldName, strings.Replace(oldPool, ":3:3", ":4:3", 1))

		// 4. No instance of v1 is left and none comes back: drop what only v1 needs.
		doc.Set([]byte("db:\n  url: f\n  pool: 5\n  retries: 4"))
		settle()
		second.is(t, "f", oldPool)
		if _, err := roll[rollingV1](t, "v1", doc); !errors.Is(err, source.Missing) || !strings.Contains(fmt.Sprint(err), "db.dsn: is required") {
			t.Errorf("v1 starts without its required key: %v", err)
		}

		// 5. Deploy the version without the alias and without the removed key, and then publish.
		third := start[rollingV3](t, "v3", doc)
		third.is(t, "f", "orders.yaml:3:3 db.pool: unused key")
		doc.Set([]byte("db:\n  url: g\n  retries: 4"))
		settle()
		third.is(t, "g")
		second.is(t, "g")
		start[rollingV2](t, "v2, rolled back in step 5", doc).is(t, "g")
	})
}

// The set of unused keys is an event once a change of the set, whatever the lines.
func TestNoticesAreEventsOnceAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []string
		o := quiet
		o.LastKnownGoodDisabled = true
		write := func(e observe.Event) {
			events = append(events, fmt.Sprintf("%s %d: %s", e.Kind, e.Version, e.Problems))
		}
		o.Observers = on(handlers{observe.UnusedKeys: write, observe.DeprecatedKeys: write})
		doc := memory.New("orders.yaml", []byte("db: {dsn: a}\nextra: 1"))
		cfg := layered[rollingV2](t, o, &published{doc})
		want := []string{"unused_keys 1: orders.yaml:2:1 extra: unused key",
			"deprecated_keys 1: orders.yaml:1:6 db.dsn: old name of db.url; write db.url instead"}
		for _, step := range []struct{ text, event string }{
			{"# the same keys on other lines\ndb: {dsn: b}\nextra: 2", ""},
			{"db: {url: b}\nextra: 2", "deprecated_keys 2: "},
			{"db: {url: b}\nextra: 2\nmore: {a: {b: 1}}", "unused_keys 3: orders.yaml:2:1 extra: unused key\norders.yaml:3:1 more: unused key"},
			{"db: {url: b, pol: 1}\nextra: 2", ""}, // rejected
			{"db: {url: b}", "unused_keys 4: "},
		} {
			doc.Set([]byte(step.text))
			settle()
			if step.event != "" {
				want = append(want, step.event)
			}
			if !slices.Equal(events, want) {
				t.Fatalf("after %q, the events are\n%s\nwant\n%s", step.text, strings.Join(events, "\n"), strings.Join(want, "\n"))
			}
		}
		if h := cfg.Health().Layers[0]; h.Unused != nil || h.Deprecated != nil {
			t.Errorf("nothing is unused now, and Health shows %v, %v", h.Unused, h.Deprecated)
		}
	})
}
