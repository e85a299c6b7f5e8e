package pipeline_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/redact"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

type config struct {
	Port  int   `config:"port"`
	Token token `config:"token"`
}

// token is a secret; binding knows it by its method.
type token struct{ text string }

func (t *token) UnmarshalText(b []byte) error { t.text = string(b); return nil }
func (t token) Reveal() string                { return t.text }

// newEvaluator returns an evaluator of two layers, the second of which takes precedence.
func newEvaluator(t *testing.T) *pipeline.Evaluator {
	t.Helper()
	plan, err := binding.Compile[config]()
	if err != nil {
		t.Fatal(err)
	}
	s, err := schema.New([]*schema.Attached{schema.NewAttached(schema.Section{
		Type: reflect.TypeFor[config](), Shape: plan.Shape(), BindsDocuments: true,
		Bind: func(n *tree.Node, whole *tree.Shape, _ any) (any, source.Problems) {
			v, report := plan.BindSection(nil, n, whole)
			if v == nil { // not an interface with a nil pointer
				return nil, report.Problems
			}
			return v, report.Problems
		},
		Validate: func(v any, n *tree.Node) source.Problems {
			if v.(*config).Port > 100 {
				return source.Problems{{Kind: source.Invalid, Key: "port", Position: n.Lookup(tree.Path{"port"}).Position(), Message: "must be at most 100"}}
			}
			return nil
		},
	}, 1)})
	if err != nil {
		t.Fatal(err)
	}
	e := &pipeline.Evaluator{
		Decoder:    &pipeline.Decoder{Redactor: &redact.Redactor{}, Calls: context.Background()},
		Mismatches: func([]*pipeline.Content) source.Problems { return nil },
	}
	for _, name := range []string{"low", "high"} {
		e.Layers = append(e.Layers, &pipeline.Layer{Name: name, Policy: func(source.Document) layer.Policy { return layer.Policy{} }})
	}
	e.Schema.Store(s)
	return e
}

func content(revision source.Revision, text string) *pipeline.Content {
	return pipeline.NewContent(source.Content{Revision: revision, Documents: []source.Document{{Name: "doc", Format: "yaml", Data: []byte(text)}}}, nil)
}

// TestEvaluateMakesNothingLive fails if an evaluation of contents depends on anything but these
// contents and the live version, or changes that version.
func TestEvaluateMakesNothingLive(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t)
	low, high := content("1", "port: 1\ntoken: hunter2\n"), content("1", "port: 2\n")
	first := e.Evaluate([]*pipeline.Content{low, high}, nil)
	if first.Problems != nil || first.Unchanged {
		t.Fatalf("the first contents have problems %v, unchanged %t", first.Problems, first.Unchanged)
	}
	live := first.Next
	if got := live.Value(0).(*config); got.Port != 2 || got.Token.text != "hunter2" {
		t.Errorf("the value is %+v, want the port of the higher layer", got)
	}
	sum := live.Sum()
	bad := e.Evaluate([]*pipeline.Content{low, content("2", "port: 200\n")}, live)
	if len(bad.Problems) != 1 {
		t.Errorf("a port of 200 has problems %v, want one", bad.Problems)
	}
	again := e.Evaluate([]*pipeline.Content{low, content("3", "port: 2 # a comment\n")}, live)
	if again.Problems != nil || !again.Unchanged {
		t.Errorf("another comment has problems %v, unchanged %t, want the same configuration", again.Problems, again.Unchanged)
	}
	without := e.Evaluate([]*pipeline.Content{low, nil}, live)
	if without.Problems != nil || without.Next.Value(0).(*config).Port != 1 {
		t.Errorf("without the higher layer: %v, want the port of the lower one", without.Problems)
	}
	if live.Value(0).(*config).Port != 2 || live.Sum() != sum || live.Version != 0 {
		t.Error("an evaluation has changed the live version")
	}
}

// TestEvaluateReportsAllProblemsOfAStep fails if a problem of one layer hides one of another, or if
// a problem does not name its layer, document, line and key.
func TestEvaluateReportsAllProblemsOfAStep(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t)
	got := e.Evaluate([]*pipeline.Content{content("1", "prt: 1\n"), content("1", "\nport: x\n")}, nil)
	text := got.Problems.Error()
	for _, want := range []string{"doc:1:1 (low) prt", "doc:2:7 (high) port"} {
		if !strings.Contains(text, want) {
			t.Errorf("the problems are\n%s\nwant one at %s", text, want)
		}
	}
}

// TestADecodedContentIsShared fails if a content is decoded twice by one schema, or if two contents
// do not share a document that is the same in both.
func TestADecodedContentIsShared(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t)
	first, second := content("1", "port: 1\n"), content("2", "port: 1\n")
	d := e.DecodeContent(0, first)
	if e.DecodeContent(0, first) != d {
		t.Error("a content was decoded twice")
	}
	if other := e.DecodeContent(0, second); other == d || other.Roots[0] != d.Roots[0] {
		t.Error("another revision of a document has a tree of its own")
	}
	e.Whole.Store(true)
	if third := content("3", "port: 1\n"); e.DecodeContent(0, third).Roots[0] == d.Roots[0] {
		t.Error("a content shares a tree although each is to be decoded as a whole")
	}
}

// TestARevisionThatMayBeASecretIsNotShown fails if the revision of a content with a secret, which
// may be a digest of it, is shown as it is.
func TestARevisionThatMayBeASecretIsNotShown(t *testing.T) {
	t.Parallel()
	e := newEvaluator(t)
	secret, open := content("md5-of-it", "port: 1\ntoken: hunter2\n"), content("md5-of-it", "port: 1\n")
	if got := secret.Shown(); !strings.HasPrefix(string(got), "keyed-") {
		t.Errorf("before it is decoded, the revision is shown as %q", got)
	}
	e.DecodeContent(0, secret)
	e.DecodeContent(1, open)
	if got := secret.Shown(); !strings.HasPrefix(string(got), "keyed-") {
		t.Errorf("the revision of a content with a secret is shown as %q", got)
	}
	if got := open.Shown(); got != "md5-of-it" {
		t.Errorf("the revision of a content without a secret is shown as %q", got)
	}
	if got := e.Redactor.Text("the token hunter2 is bad"); strings.Contains(got, "hunter2") {
		t.Errorf("the redactor does not know the secret: %q", got)
	}
}
