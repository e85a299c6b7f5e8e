package binding_test

import (
	"fmt"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/treetest"
	"github.com/nacre-go/nacre/source"
)

// level is a number with a text.
type level int

func (l *level) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "l%d", (*int)(l))
	return err
}

// guarded has memory that nobody can know.
type guarded struct {
	mu   sync.Mutex
	text string
}

func (g *guarded) UnmarshalText(text []byte) error { g.text = string(text); return nil }

type leaf struct {
	Name    string            `config:"name" default:"leaf"`
	Port    int               `config:"port" alias:"old_port,older_port"`
	Wait    time.Duration     `config:"wait" default:"3s"`
	At      time.Time         `config:"at"`
	Tags    []string          `config:"tags" default:"x,y"`
	Labels  map[string]string `config:"labels"`
	Weight  *int              `config:"weight"`
	Level   level             `config:"level" default:"l4"`
	Any     any               `config:"any"`
	Numbers map[int]string    `config:"numbers"`
	Pair    [2]int            `config:"pair"`
	Raw     []byte            `config:"raw"`
}

type opaque struct {
	Secret  secret         `config:"secret"`
	Guarded guarded        `config:"guarded"`
	Pointer *guarded       `config:"pointer"`
	Slog    slog.LevelVar  `config:"slog"`
	Big     *big.Int       `config:"big"`
	Addr    netip.Addr     `config:"addr"`
	URL     url.URL        `config:"url"`
	Regexp  *regexp.Regexp `config:"regexp"`
	Zone    *time.Location `config:"zone"`
}

type branch struct {
	Base
	Leaf  leaf            `config:"leaf"`
	Ptr   *leaf           `config:"ptr"`
	By    map[string]leaf `config:"by"`
	Each  map[string]*leaf
	List  []leaf            `config:"list" merge:"append"`
	Ptrs  []*leaf           `config:"ptrs"`
	Lists map[string][]leaf `config:"lists"`
	Deep  map[string]branch `config:"deep"`
}

type rich struct {
	Branch   branch            `config:"branch"`
	Branches map[string]branch `config:"branches"`
	Opaque   opaque            `config:"opaque"`
	ByName   map[string]opaque `config:"by_name"`
	Lazily   struct {
		*Lazy
		C int `config:"c" default:"9"`
	} `config:"lazily"`
	Mixed  map[string]derived `config:"mixed"`
	Judged judging            `config:"judged"`
	Rest   map[string]leaf    `config:",remain"`
}

// derived has a field that no key sets.
type derived struct {
	Leaf  leaf `config:"leaf"`
	cache func() string
	Made  string `config:"-"`
}

// judging has a method that may write into what is below it.
type judging struct {
	Leaf leaf            `config:"leaf"`
	By   map[string]leaf `config:"by"`
	List []opaque        `config:"list"`
	Free map[string]any  `config:"free"`
}

func (j *judging) Validate() error { return nil }

var richTexts = map[reflect.Type][]any{
	reflect.TypeFor[level]():          {"l1", "l2", "l3"},
	reflect.TypeFor[secret]():         {"s1", "s2"},
	reflect.TypeFor[guarded]():        {"g1", "g2"},
	reflect.TypeFor[slog.LevelVar]():  {"INFO", "WARN"},
	reflect.TypeFor[big.Int]():        {"12", "123456789012345678901234567890"},
	reflect.TypeFor[netip.Addr]():     {"10.0.0.1", "fe80::1%eth0"},
	reflect.TypeFor[url.URL]():        {"http://u:p@host/x", "https://h"},
	reflect.TypeFor[regexp.Regexp]():  {"a+", "[a-z]"},
	reflect.TypeFor[*time.Location](): {"UTC", "Europe/Berlin"},
}

func TestBindAfterEqualsBind(t *testing.T) {
	t.Parallel()
	t.Run("rich", func(t *testing.T) { t.Parallel(); bindsAfter[rich](t) })
	t.Run("map", func(t *testing.T) { t.Parallel(); bindsAfter[map[string]branch](t) })
	t.Run("derived", func(t *testing.T) { t.Parallel(); bindsAfter[derived](t) })
	t.Run("judging", func(t *testing.T) { t.Parallel(); bindsAfter[judging](t) })
	t.Run("lazy", func(t *testing.T) { t.Parallel(); bindsAfter[struct{ *Lazy }](t) })
	t.Run("hooks", func(t *testing.T) {
		t.Parallel()
		bindsAfter[leaf](t, binder.Hook(func(_, to reflect.Type, data any) (any, error) { return data, nil }))
	})
	t.Run("parsers", func(t *testing.T) {
		t.Parallel()
		bindsAfter[struct {
			By map[string]fmt.Stringer `config:"by"`
			To map[shout]int           `config:"to"`
			S  shout                   `config:"s"`
			L  []leaf                  `config:"l"`
		}](t, binder.Parse(func(s string) (fmt.Stringer, error) { return bytesOf(s), nil }),
			binder.Parse(func(s string) (shout, error) { return shout(strings.ToUpper(s)), nil }))
	})
}

type shout string

func bytesOf(s string) fmt.Stringer { var b strings.Builder; b.WriteString(s); return &b }

// steps is how many edits a test makes.
func steps() int {
	return testrun.CountSequential(20000, 1500)
}

// bindsAfter edits trees at random and compares what BindAfter makes of them with what Bind does.
func bindsAfter[T any](t *testing.T, options ...binder.Option) {
	p := plan[T](t, options...)
	m := &treetest.Maker{Rand: rand.New(rand.NewPCG(1, 2)), Shape: p.Shape(), Doc: yamlDoc, Texts: richTexts}
	root := m.Tree()
	var last, was *T // was equals last, and shares nothing with it
	var from *binding.Bound
	var counts struct{ good, bad, taken, written int }
	for step := range steps() {
		if step%200 == 0 { // another tree
			m.Bad, last, from = 0, nil, nil
			for root = m.Tree(); len(problemsIn(p, root)) > 0; {
				root = m.Tree()
			}
		}
		m.Bad = 0
		if m.Rand.IntN(10) == 0 {
			m.Bad = 500
		}
		next := m.Edit(root)
		want, report := p.Bind(next)
		got := new(T)
		out := p.BindAfter(got, nil, next, nil, last, from)
		if len(report.Problems) > 0 {
			counts.bad++
			if !sameProblems(out.Problems, report.Problems) || out.Bound != nil {
				t.Fatalf("step %d: problems are\n%v\nand of the whole\n%v", step, out.Problems, report.Problems)
			}
			continue
		}
		if len(out.Problems) > 0 || !out.Complete || !reflect.DeepEqual(got, want) {
			t.Fatalf("step %d: the value is\n%+v\nand of the whole\n%+v\nwith %v", step, got, want, out.Problems)
		}
		if last != nil && out.Taken {
			counts.taken++
			untouched(t, p, step, last, got, out)
		}
		if last != nil && !reflect.DeepEqual(last, was) {
			t.Fatalf("step %d: the last value became\n%+v\nand was\n%+v", step, last, was)
		}
		if last != nil {
			judged(t, m.Rand, step, got, out.Changes)
			if !reflect.DeepEqual(last, was) {
				t.Fatalf("step %d: what a method wrote into the value is in the last one", step)
			}
			got = new(T)
			out = p.BindAfter(got, nil, next, nil, last, from)
		}
		if out.Bound != nil && p.Written(got, out.Bound) {
			t.Fatalf("step %d: a value that was just bound counts as written into", step)
		}
		if last != nil && from != nil && m.Rand.IntN(30) == 0 && scribble(m.Rand, reflect.ValueOf(last).Elem()) {
			counts.written++ // into the last value, as a service must not do
			again := new(T)
			if p.BindAfter(again, nil, next, nil, last, from); !reflect.DeepEqual(again, want) {
				t.Fatalf("step %d: what was written into the last value is in the next:\n%+v\nand of the whole\n%+v", step, again, want)
			}
			got = new(T)
			out = p.BindAfter(got, nil, next, nil, nil, nil)
		}
		root, last, was, from = next, got, want, out.Bound
		counts.good++
	}
	t.Logf("%+v", counts)
	if counts.bad == 0 || len(options) == 0 && (counts.taken < counts.good/3 || counts.written == 0) {
		t.Errorf("the test has become weak: %+v", counts)
	}
}

func problemsIn[T any](p *binding.Plan[T], root *tree.Node) source.Problems {
	_, report := p.Bind(root)
	return report.Problems
}

// untouched checks that changes have all that differs.
func untouched[T any](t *testing.T, p *binding.Plan[T], step int, last, got *T, out binding.Outcome) {
	t.Helper()
	for _, key := range p.Differences(last, got, 100) {
		if at := changesAt(out.Changes, key); !at.Differs() {
			t.Fatalf("step %d: %s differs from the last value, and the changes do not have it", step, key)
		}
	}
}

// judged writes into a value below which a method is called, as the method may.
func judged(t *testing.T, r *rand.Rand, step int, got any, changes *tree.Changes) {
	t.Helper()
	switch v := got.(type) {
	case *rich:
		if changes.Key("judged") != nil {
			scribble(r, reflect.ValueOf(&v.Judged).Elem())
		}
	case *judging:
		if changes != nil {
			scribble(r, reflect.ValueOf(v).Elem())
		}
	}
}

func changesAt(c *tree.Changes, key tree.Path) *tree.Changes {
	for _, segment := range key {
		if i, ok := tree.ItemIndex(segment); ok {
			c = c.Item(i)
		} else {
			c = c.Key(segment)
		}
	}
	return c
}

func sameProblems(a, b source.Problems) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Error() != strings.ReplaceAll(b[i].Error(), "\x00", "") || a[i].Position != b[i].Position || a[i].Kind != b[i].Kind || a[i].Key != b[i].Key {
			return false
		}
	}
	return true
}

// scribble writes into one place of a value, and reports whether it found one that a digest covers.
func scribble(r *rand.Rand, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		if v.NumField() == 0 || v.Type().PkgPath() == "sync" {
			return false
		}
		for range 10 {
			if f := v.Field(r.IntN(v.NumField())); f.CanSet() && scribble(r, f) {
				return true
			}
		}
		return false
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*time.Location]() || v.IsNil() {
			return false
		}
		return scribble(r, v.Elem())
	case reflect.Slice, reflect.Array:
		return v.Len() > 0 && scribble(r, v.Index(r.IntN(v.Len())))
	case reflect.Map:
		keys := v.MapKeys()
		if len(keys) == 0 {
			return false
		}
		key := keys[r.IntN(len(keys))]
		if r.IntN(3) == 0 {
			v.SetMapIndex(key, reflect.Value{})
			return true
		}
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		ok := scribble(r, value)
		v.SetMapIndex(key, value)
		return ok
	case reflect.Interface:
		if v.NumMethod() > 0 {
			return false
		}
		v.Set(reflect.ValueOf("scribble"))
	case reflect.String:
		v.SetString(v.String() + "!")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Float32, reflect.Float64:
		v.SetFloat(v.Float() + 1)
	default:
		if v.CanInt() {
			v.SetInt(v.Int() ^ 1)
		} else if v.CanUint() {
			v.SetUint(v.Uint() ^ 1)
		} else {
			return false
		}
	}
	return true
}
