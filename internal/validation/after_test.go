package validation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/treetest"
	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// ruled has rules of every sort on its fields.
type ruled struct {
	Name   string            `config:"name" default:"n" validate:"ne=t7"`
	Min    int               `config:"min" validate:"ltefield=Max"`
	Max    int               `config:"max" default:"11" validate:"lte=11"`
	Wait   time.Duration     `config:"wait" validate:"ne=7s" alias:"waits"`
	Tags   []string          `config:"tags" validate:"max=4,dive,ne=t3"`
	Labels map[string]string `config:"labels" validate:"dive,keys,ne=k7,endkeys,ne=t5"`
	Mode   string            `config:"mode"`
	Key    string            `config:"key" validate:"required_if=Mode t2"`
	Secret sealed            `config:"secret" validate:"ne=t4"`
	Port   port              `config:"port"`
	Weight *int              `config:"weight" validate:"omitempty,ne=7"`
}

// sealed is a secret that binding can make.
type sealed struct{ text string }

func (s *sealed) UnmarshalText(text []byte) error { s.text = string(text); return nil }
func (s sealed) Reveal() string                   { return s.text }

// Shared is embedded.
type Shared struct {
	Zone string `config:"zone" validate:"ne=t6"`
	Near ruled  `config:"near"`
}

func (s *Shared) Validate() error {
	if s.Zone == "t8" && s.Near.Min == 3 {
		return errors.New("zone t8 is not near")
	}
	return nil
}

// tidying has a method that writes into what it checks.
type tidying struct {
	Host  string            `config:"host"`
	By    map[string]*ruled `config:"by"`
	List  []ruled           `config:"list"`
	Free  map[string]any    `config:"free"`
	Count int               `config:"-"`
	names func() []string
}

func (t *tidying) Validate() error {
	if strings.HasPrefix(t.Host, "t1") {
		t.Host = "tidy"
	}
	if t.Host == "t5" {
		for _, r := range t.By {
			r.Name = "written"
		}
		for i := range t.List {
			t.List[i].Max += 100
		}
		if t.Free != nil {
			t.Free["written"] = true
		}
	}
	t.Count = len(t.By)
	t.names = nil
	if t.Count == 3 && len(t.List) == 2 {
		return validate.Field("by", "must not have three when the list has two")
	}
	return nil
}

// inner has a rule that names a field below another one.
type inner struct {
	A     int `config:"a" validate:"nefield=Below.B"`
	Below struct {
		B int `config:"b" default:"40"`
		C int `config:"c" validate:"ne=5"`
	} `config:"below"`
}

type strict struct {
	Ruled  ruled                       `config:"ruled"`
	Ptr    *ruled                      `config:"ptr" validate:"required_with=Other"`
	Other  string                      `config:"other"`
	By     map[string]ruled            `config:"by" validate:"max=6"`
	Each   map[string]*ruled           `config:"each" validate:"dive,required"`
	List   []ruled                     `config:"list"`
	Lists  map[string][]ruled          `config:"lists" validate:"dive,max=3,dive"`
	Maps   map[string]map[string]ruled `config:"maps"`
	Maybe  ruled                       `config:"maybe" validate:"omitempty"`
	Only   ruled                       `config:"only" validate:"structonly"`
	Unique []int                       `config:"unique" validate:"unique"`
	Named  []string                    `config:"named" validate:"dive,nefield=Other"`
	Flat   map[string]int              `config:"flat" validate:"dive,ne=5|eq=0,lte=10"`
	Any    any                         `config:"any"`
	Inner  inner                       `config:"inner"`
	Inners map[string]inner            `config:"inners"`
	Tidy   tidying                     `config:"tidy"`
	Tidies map[string]tidying          `config:"tidies"`
	Shared
	Rest map[string]inner `config:",remain"`
}

// rooted has a method of the whole, which depends on two fields.
type rooted struct {
	By    map[string]ruled `config:"by"`
	Limit int              `config:"limit" default:"4"`
	Parts []inner          `config:"parts"`
	Made  string           `config:"-"`
}

func (r *rooted) Validate() error {
	r.Made = fmt.Sprint(len(r.By), r.Limit)
	if len(r.By) > r.Limit {
		return errors.New("more than the limit")
	}
	if r.Limit == 7 {
		for i := range r.Parts {
			r.Parts[i].A = -1
		}
	}
	return nil
}

// topped has a rule that counts from the whole struct.
type topped struct {
	By    map[string]toppedItem `config:"by"`
	Limit int                   `config:"limit" default:"4"`
}

type toppedItem struct {
	N int `config:"n" validate:"ltecsfield=Limit"`
}

// named has items whose rules name a field next to the list.
type namedItems struct {
	Mode  string   `config:"mode"`
	Items []*inner `config:"items" validate:"dive,required_if=Mode t2"`
}

// custom has rules and aliases of the service.
type custom struct {
	By map[string]struct {
		N    int    `config:"n" validate:"small"`
		Text string `config:"text" validate:"fine"`
	} `config:"by"`
}

func TestCheckAfterEqualsCheck(t *testing.T) {
	t.Parallel()
	t.Run("strict", func(t *testing.T) { t.Parallel(); checksAfter[strict](t, 20) })
	t.Run("rooted", func(t *testing.T) { t.Parallel(); checksAfter[rooted](t, 20) })
	t.Run("topped", func(t *testing.T) { t.Parallel(); checksAfter[topped](t, 100) })
	t.Run("named items", func(t *testing.T) { t.Parallel(); checksAfter[namedItems](t, 100) })
	t.Run("tidying", func(t *testing.T) { t.Parallel(); checksAfter[tidying](t, 20) })
	t.Run("map", func(t *testing.T) { t.Parallel(); checksAfter[map[string]map[string]ruled](t, 20) })
	t.Run("custom", func(t *testing.T) {
		t.Parallel()
		checksAfter[custom](t, 20, validate.Tag("small", func(v reflect.Value, _ string) bool { return v.Int() < 10 }, "must be small"),
			validate.Alias("fine", "ne=t5,ne=t6", "must be fine"))
	})
}

// pipeline binds and checks as the engine does.
type pipeline[T any] struct {
	*binding.Plan[T]
	*validation.Checker[T]
	last  *T
	bound *binding.Bound
	// still counts the values that were good without a check of the whole.
	still int
}

func (p *pipeline[T]) next(root *tree.Node) (*T, *binding.Bound, source.Problems) {
	v := new(T)
	out := p.BindAfter(v, nil, root, nil, p.last, p.bound)
	if out.Taken {
		if problems, ok := p.CheckAfter(nil, v, root, out.Changes); ok {
			p.still++
			return v, out.Bound, problems
		}
		v = new(T)
		out = p.BindAfter(v, nil, root, nil, nil, nil)
	}
	if out.Problems != nil {
		return nil, nil, out.Problems
	}
	return v, out.Bound, p.CheckSection(nil, v, root, nil)
}

// checksAfter edits trees at random, and compares a pipeline that knows the last value with one
// that does not. weak is how many of 1000 good values may need a check of the whole.
func checksAfter[T any](t *testing.T, weak int, options ...validate.Option) {
	plan, err := binding.Compile[T]()
	if err != nil {
		t.Fatal(err)
	}
	fresh := &pipeline[T]{Plan: plan, Checker: checker[T](t, options...)}
	p := &pipeline[T]{Plan: plan, Checker: fresh.Checker}
	m := &treetest.Maker{Rand: rand.New(rand.NewPCG(3, 4)), Shape: plan.Shape(), Doc: &tree.Doc{Layer: "file", Name: "a.yaml"}}
	var root *tree.Node
	var was *T // equals the last value, and shares nothing with it
	var good, bad int
	for step := range testrun.CountSequential(20000, 1500) {
		if step%200 == 0 { // another tree
			root = p.begin(t, m, fresh)
			was, _, _ = fresh.next(root)
		}
		next := m.Edit(root)
		want, _, wrong := fresh.next(next)
		got, bound, problems := p.next(next)
		if listed(problems) != listed(wrong) {
			t.Fatalf("step %d: problems are\n%v\nand of the whole\n%v", step, problems, wrong)
		}
		if !reflect.DeepEqual(p.last, was) {
			t.Fatalf("step %d: the last value became\n%+v\nand was\n%+v", step, p.last, was)
		}
		if wrong != nil {
			bad++
			continue
		}
		if good++; !reflect.DeepEqual(got, want) {
			t.Fatalf("step %d: the value is\n%+v\nand of the whole\n%+v", step, got, want)
		}
		root, p.last, p.bound, was = next, got, bound, want
	}
	t.Logf("good %d, of these without a check of the whole %d; bad %d", good, p.still, bad)
	if bad == 0 || weak < 100 && 1000*(good-p.still) > weak*good {
		t.Errorf("the test has become weak: good %d, of these without a check of the whole %d; bad %d", good, p.still, bad)
	}
}

// begin makes a good tree the last one.
func (p *pipeline[T]) begin(t *testing.T, m *treetest.Maker, fresh *pipeline[T]) *tree.Node {
	t.Helper()
	root := m.Tree()
	for range 5 {
		if _, _, problems := fresh.next(root); problems == nil {
			break
		}
		root = m.Tree()
	}
	var problems source.Problems
	if p.last, p.bound, problems = fresh.next(root); problems != nil {
		root = tree.NewMap(m.Doc, 1, 1, nil)
		p.last, p.bound, _ = fresh.next(root)
	}
	return root
}

func stillGood[T any](c *validation.Checker[T], v *T, changes *tree.Changes) bool {
	problems, ok := c.CheckAfter(nil, v, nil, changes)
	return ok && problems == nil
}

// listed returns problems in an order that does not depend on that of maps, which validator visits
// in any.
func listed(problems source.Problems) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprint(p, p.Kind, p.Position))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A rule that depends on more than the value is applied again, wherever the value stands.
func TestCheckAfterLooksAtFilesAgain(t *testing.T) {
	t.Parallel()
	type cert struct {
		File string `config:"file" validate:"omitempty,file"`
	}
	type config struct {
		Certs map[string]cert `config:"certs"`
		List  []string        `config:"list" validate:"dive,file"`
		Name  string          `config:"name"`
	}
	path := filepath.Join(t.TempDir(), "cert.pem")
	c := checker[config](t)
	renamed := (*tree.Changes)(nil).WithKey("name", tree.AllChanged)
	for _, v := range []config{{Certs: map[string]cert{"a": {path}}}, {List: []string{path}}} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if !stillGood(c, &v, renamed) {
			t.Error("a file that exists is not good")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if stillGood(c, &v, renamed) {
			t.Errorf("a file that was removed is still good: %+v", v)
		}
	}
}

// A rule about the time is applied again.
func TestCheckAfterLooksAtTheTimeAgain(t *testing.T) {
	t.Parallel()
	type config struct {
		Until time.Time `config:"until" validate:"gt"`
		Name  string    `config:"name"`
	}
	c := checker[config](t)
	if stillGood(c, &config{Until: time.Now().Add(-time.Hour)}, nil) {
		t.Error("a time in the past is still good")
	}
}
