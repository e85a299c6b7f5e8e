package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// origin is a source of one document that the test controls.
type origin struct {
	name  string
	local bool

	mu       sync.Mutex
	content  source.Content
	err      error
	changed  chan struct{}
	detector source.ChangeDetector
	received []string // "revision" or "revision: why it was refused"
	closed   bool
}

func newOrigin(name, yaml string) *origin {
	o := &origin{name: name, changed: make(chan struct{})}
	if yaml != "" {
		o.put(yaml)
	}
	return o
}

func (o *origin) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	close(o.changed)
	o.changed = make(chan struct{})
}

func revision(text string) source.Revision {
	sum := sha256.Sum256([]byte(text))
	return source.Revision(hex.EncodeToString(sum[:4]))
}

func (o *origin) put(yaml string) { o.putDigest(yaml, "") }

func (o *origin) putDigest(yaml, digest string) {
	o.set(func() {
		o.err = nil
		o.content = source.Content{Revision: revision(yaml + digest[strings.IndexByte(digest, ':')+1:]), Documents: []source.Document{
			{Name: o.name + ".yaml", Format: source.FormatYAML, Data: []byte(yaml), Digest: digest}}}
	})
}

func (o *origin) remove() {
	o.set(func() {
		o.content = source.Content{Revision: "absent", Documents: []source.Document{{Name: o.name + ".yaml", Absent: true}}}
	})
}

func (o *origin) fail(err error) { o.set(func() { o.err = err }) }
func (o *origin) heal()          { o.set(func() { o.err = nil }) }

func (o *origin) Name() string { return o.name }

func (o *origin) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		o.mu.Lock()
		c, err, changed := o.content, o.err, o.changed
		o.mu.Unlock()
		if err != nil || c.Revision != "" {
			if o.detector.Changed(prev, c.Revision, err) {
				if err != nil {
					return source.Content{}, err
				}
				return c, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

func (o *origin) Ack(rev source.Revision, rejected error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := string(rev)
	if rejected != nil {
		text += ": " + rejected.Error()
	}
	o.received = append(o.received, text)
}

func (o *origin) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	return nil
}

func (o *origin) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

// localOrigin is an origin that is always available.
type localOrigin struct{ *origin }

func (localOrigin) Describe() source.Description { return source.Description{Local: true} }

type config struct {
	A int    `config:"a" default:"1"`
	B int    `config:"b" default:"1"`
	S string `config:"s"`
	// Token is a secret; binder knows it by its method.
	Token token `config:"token"`
}

type token struct{ text string }

func (t *token) UnmarshalText(b []byte) error { t.text = string(b); return nil }
func (t token) Reveal() string                { return t.text }

// newSection returns a section that binds a type at a key and validates it by rules, which may be
// nil.
func newSection[T any](at tree.Path, plan *binding.Plan[T], rules func(*T, *tree.Node) source.Problems) *schema.Section {
	return &schema.Section{
		At: at, Type: reflect.TypeFor[T](), Shape: plan.Shape(), BindsDocuments: true,
		Bind: func(n *tree.Node, whole *tree.Shape, _ any) (any, source.Problems) {
			v, report := plan.BindSection(at, n, whole)
			if v == nil {
				return nil, report.Problems
			}
			return v, report.Problems
		},
		Validate: checked(rules),
	}
}

// checked returns the validation of a section by rules.
func checked[T any](rules func(*T, *tree.Node) source.Problems) func(any, *tree.Node) source.Problems {
	return func(v any, n *tree.Node) source.Problems {
		if rules == nil {
			return nil
		}
		return rules(v.(*T), n)
	}
}

// rules want a ≤ 100 and a ≤ b+50; "boom" in s panics.
func rules(c *config, n *tree.Node) (ps source.Problems) {
	if c.S == "boom" {
		panic("boom")
	}
	if c.S == "leak" {
		ps = append(ps, &source.Problem{Kind: source.Invalid, Message: "token " + c.Token.text + " is not good"})
	}
	if c.A > 100 {
		ps = append(ps, &source.Problem{Kind: source.Invalid, Key: "a", Message: "must be at most 100", Position: n.Lookup(tree.Path{"a"}).Position()})
	}
	if c.A > c.B+50 {
		ps = append(ps, &source.Problem{Kind: source.Invalid, Message: "a is too far above b"})
	}
	return ps
}

// value returns the service's value of a state.
func value(s *pipeline.State) *config { return s.Value(0).(*config) }

// settings binds config strictly, by rules.
func settings(t *testing.T, layers ...source.Source) engine.Settings {
	t.Helper()
	plan, err := binding.Compile[config]()
	if err != nil {
		t.Fatal(err)
	}
	s := engine.Settings{
		Sections: []*schema.Section{newSection(nil, plan, rules)},
		Window:   100 * time.Millisecond, MaxWindow: time.Second, BootTimeout: 10 * time.Second, CloseTimeout: 5 * time.Second,
		FreshWithin: 2 * time.Minute, History: 20, BackOff: 100 * time.Millisecond, MaxBackOff: 30 * time.Second,
	}
	for _, l := range layers {
		s.Layers = append(s.Layers, engine.Layer{Source: l, Strict: true}) // an unknown key is the simplest problem
	}
	return s
}

// journal is an observer that records events as text.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func start(t *testing.T, s engine.Settings) *engine.Engine {
	t.Helper()
	e, err := engine.Start(t.Context(), s)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

var errDown = &source.Error{Kind: source.Unavailable, Op: "read", Document: "server", Err: errors.New("refused")}
