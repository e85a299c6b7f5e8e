package binding_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

type secret struct{ text string }

func (s *secret) UnmarshalText(b []byte) error { s.text = string(b); return nil }
func (s secret) Reveal() string                { return s.text }

// Base is embedded.
type Base struct {
	Name  string `config:"name" default:"base"`
	Depth int    `config:"depth"`
}

type lower struct {
	Low int `config:"low" default:"7"`
}

// Lazy is embedded by pointer.
type Lazy struct {
	A int `config:"a"`
	B int `config:"b" default:"2"`
}

func TestEmbeddedAndSquashed(t *testing.T) {
	t.Parallel()
	type config struct {
		Base
		lower
		*Lazy
		Named  Base           `config:"named"`
		Old    lowerToo       `mapstructure:",squash"`
		Depth  string         `config:"depth"` // hides Base.Depth, as in Go
		Other  map[string]int `config:",remain"`
		Hidden int            `config:"-"`
		inside int
	}
	got := bindTo[config](t, pairs{"name", "x", "depth", "deep", "named", pairs{"depth", 3}, "too", 4, "extra.key", 5})
	if got.Name != "x" || got.Low != 7 || got.Lazy != nil || got.Named != (Base{"base", 3}) || got.Old.Too != 4 ||
		got.Depth != "deep" || got.Base.Depth != 0 || !reflect.DeepEqual(got.Other, map[string]int{"extra.key": 5}) || got.inside != 0 {
		t.Errorf("embedded structs were bound as %+v", got)
	}
	if got := bindTo[config](t, pairs{"a", 1}); got.Lazy == nil || *got.Lazy != (Lazy{1, 2}) {
		t.Errorf("an embedded pointer with a key was bound as %+v", got.Lazy)
	}
	if p := problemsOf[config](t, pairs{"extra", "x"}); p[0].Key != "extra" || p[0].Kind != source.WrongType {
		t.Errorf("a wrong type among the remaining keys is %v", p)
	}
}

type lowerToo struct{ Too int }

func TestDefaults(t *testing.T) {
	t.Parallel()
	type item struct {
		Weight int `config:"weight" default:"1"`
	}
	type config struct {
		N      int               `config:"n" default:"3"`
		D      time.Duration     `config:"d" default:"3s"`
		S      string            `config:"s" default:""`
		L      []string          `config:"l" default:"a,b"`
		M      map[string]int    `config:"m" default:"a=1"`
		E      []string          `config:"e" default:""`
		Size   binder.Size       `config:"size" default:"10MiB"`
		Any    any               `config:"any" default:"x"`
		Items  []item            `config:"items"`
		By     map[string]item   `config:"by"`
		Three  [2]item           `config:"three"`
		Nested struct{ I item }  `config:"nested"`
		Absent *struct{ I item } `config:"absent"`
	}
	got := bindTo[config](t, pairs{"items", []any{pairs{}}, "by", pairs{"a", pairs{}}, "n", nil})
	want := config{N: 3, D: 3 * time.Second, L: []string{"a", "b"}, M: map[string]int{"a": 1}, E: []string{}, Size: 10 << 20, Any: "x",
		Items: []item{{1}}, By: map[string]item{"a": {1}}, Three: [2]item{{1}, {1}}}
	want.Nested.I.Weight = 1
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("defaults are\n%+v, must be\n%+v", *got, want)
	}
	if got := bindTo[config](t, pairs{"n", 0, "l", []any{}, "s", "y"}); got.N != 0 || len(got.L) != 0 || got.S != "y" {
		t.Error("a zero that is written down lost against the default")
	}
}

func TestKeysSurvive(t *testing.T) {
	t.Parallel()
	type config struct {
		Dotted string `config:"app.io/name"`
		Upper  string `config:"UPPER"`
		Lower  string `config:"upper"`
		Spaced string `config:"a b"`
	}
	got := bindTo[config](t, pairs{"app.io/name", "1", "UPPER", "2", "upper", "3", "a b", "4"})
	if *got != (config{"1", "2", "3", "4"}) {
		t.Errorf("keys with dots, blanks and capitals were bound as %+v", got)
	}
	p := problemsOf[config](t, pairs{"app.io/name", 1})
	if p[0].Key != `"app.io/name"` {
		t.Errorf("a key with dots is shown as %s", p[0].Key)
	}
}

type loop *loop

type squashedLoop struct {
	*squashedLoop
	*LoopA
}

// LoopA is squashed into itself by a detour.
type LoopA struct{ *LoopB }

// LoopB is the detour.
type LoopB struct{ *LoopA }

func TestMistakes(t *testing.T) {
	t.Parallel()
	type config struct {
		A      int             `config:"same"`
		B      int             `config:"same"`
		Chan   chan int        `config:"chan"`
		Func   func()          `config:"func"`
		Ctx    context.Context `config:"ctx"`
		Cplx   complex128      `config:"cplx"`
		Def    int             `config:"def" default:"canary"`
		Empty  int             `config:"empty" default:""`
		Struct Base            `config:"struct" default:"canary"`
		Secret time.Duration   `config:"secret" secret:"true" default:"canary"`
		Flag   int             `config:"flag" live:"canary"`
		Opt    int             `config:"opt,canary"`
		Keys   map[bool]int    `config:"keys"`
		Loop   loop            `config:"loop"`
		Rem    []int           `config:",remain"`
		Squash int             `config:",squash"`
		Zone   time.Location   `config:"zone"`
		Unset  int             `config:"-" default:"3"`
		hidden int             `config:"hidden"`
		Inner  struct {
			X []struct {
				Y map[string]chan int `config:"y"`
			} `config:"x"`
		} `config:"inner"`
		LoopA
	}
	_, err := binding.Compile[config]()
	want := map[string]string{
		"same": "binding_test.config.B: has the same key as", "chan": ".Chan: a field of type chan int cannot be bound", "func": ".Func",
		"ctx": ".Ctx", "cplx": ".Cplx", "def": ".Def: the default must be a whole number", "empty": ".Empty: the default must be a whole number, but is empty",
		"struct": ".Struct: a struct cannot have a default", "secret": ".Secret: the default must be a duration", "flag": ".Flag: the live tag must be true or false",
		"keys": ".Keys: a bool cannot be the key", "loop": ".Loop", "zone": ".Zone: a time zone is bound to a *time.Location",
		"inner.x.[].y.*": ".Inner.X.Y: a field of type chan int",
	}
	problems, ok := errors.AsType[source.Problems](err)
	if !ok {
		t.Fatalf("a struct full of mistakes gives %v", err)
	}
	for _, p := range problems {
		if p.Kind != source.InvalidArgument || strings.Contains(p.Error(), "canary") && !strings.Contains(p.Error(), "has no option") {
			t.Errorf("kind %v: %v", p.Kind, p)
		}
		for key, text := range want {
			if (key == p.Key || key == "inner.x.[].y.*" && strings.Contains(p.Error(), ".Inner.X.Y")) && strings.Contains(p.Message, text) {
				delete(want, key)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("these mistakes were not told: %v\namong\n%v", want, err)
	}
	for _, text := range []string{"only squash and remain", "must be a map", "only a struct can be squashed", "must be exported", "squashed into itself", "that is not bound"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("this mistake was not told: %s\namong\n%v", text, err)
		}
	}
	for name, compile := range map[string]func() error{
		"int":         func() error { _, err := binding.Compile[int](); return err },
		"time":        func() error { _, err := binding.Compile[time.Time](); return err },
		"pointer":     func() error { _, err := binding.Compile[*Base](); return err },
		"two remains": func() error { _, err := binding.Compile[remains](); return err },
		"loop":        func() error { _, err := binding.Compile[squashedLoop](); return err },
		"hook":        func() error { _, err := binding.Compile[Base](binding.Hook(3, nil, func() {})); return err },
	} {
		if compile() == nil {
			t.Errorf("%s: is no mistake", name)
		}
	}
}

type remains struct {
	A map[string]int `config:",remain"`
	B map[string]int `config:",remain"`
}

func TestShape(t *testing.T) {
	t.Parallel()
	type node struct {
		Next *node `config:"next"`
	}
	type config struct {
		First *node            `config:"first"`
		DSN   secret           `config:"dsn" default:"canary"`
		Key   string           `config:"key" secret:"true" default:"canary"`
		Ptrs  []*secret        `config:"ptrs"`
		Addr  string           `config:"addr" default:":8080" live:"false"`
		Wait  *time.Duration   `config:"wait"`
		List  []binder.Size    `config:"list"`
		Map   map[string][]int `config:"map"`
		Any   any              `config:"any"`
		Rest  map[string]int   `config:",remain"`
	}
	s := plan[config](t).Shape()
	if s.Kind != tree.RemainderOf || strings.Join(s.Order, " ") != "first dsn key ptrs addr wait list map any" || s.At("else").Type != "int" {
		t.Errorf("the shape's keys are %v", s.Order)
	}
	for path, want := range map[string]tree.Shape{
		"addr":      {Kind: tree.Leaf, Default: ":8080", Defaulted: true, Static: true, Type: "string"},
		"dsn":       {Kind: tree.Leaf, Secret: true, Defaulted: true, Type: "secret"},
		"key":       {Kind: tree.Leaf, Secret: true, Defaulted: true, Type: "string"},
		"wait":      {Kind: tree.Leaf, Type: "duration", Pointer: true},
		"list[3]":   {Kind: tree.Leaf, Type: "size"},
		"map.x[0]":  {Kind: tree.Leaf, Type: "int"},
		"any":       {Kind: tree.Any, Type: "anything"},
		"surprise!": {Kind: tree.Leaf, Type: "int"},
	} {
		p, _ := tree.ParsePath(path)
		got, hidden := s.Lookup(p)
		if got == nil || got.Go == nil {
			t.Errorf("the shape at %s is %+v, without a type", path, got)
			continue
		}
		want.Go = got.Go
		if !reflect.DeepEqual(*got, want) || hidden != want.Secret {
			t.Errorf("the shape at %s is %+v, must be %+v", path, got, want)
		}
	}
	if p, _ := tree.ParsePath("ptrs[0]"); true {
		if _, hidden := s.Lookup(p); !hidden {
			t.Error("a secret in a list of pointers is not seen")
		}
	}
	deep := tree.Path{"first", "next", "next", "next"}
	if at, _ := s.Lookup(deep); at == nil || at.Kind != tree.StructOf || at.Fields["next"] == nil {
		t.Errorf("the shape of a recursive struct ends at %+v", at)
	}
	if got := s.Fields["map"].Type; got != "map of list of int" {
		t.Errorf("the type in words is %q", got)
	}
}

// TestConcurrentSafe binds by one plan from many goroutines; the race detector is the judge.
func TestConcurrentSafe(t *testing.T) {
	t.Parallel()
	p := plan[one[map[string][]*Lazy]](t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				got, report := p.Bind(grow(yamlDoc, pairs{"v", pairs{fmt.Sprint(i), []any{pairs{"a", j}}}}))
				if len(report.Problems) > 0 || got.V[fmt.Sprint(i)][0].A != j {
					t.Error("plans are not safe for concurrent use")
				}
				_, report = p.Bind(grow(yamlDoc, pairs{"w", j}))
				if len(report.Problems) != 1 {
					t.Error("plans are not safe for concurrent use")
				}
			}
		})
	}
	group.Wait()
}
