package nacretest_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/nacretest"
)

type level int

func (l *level) UnmarshalText([]byte) error { *l = 7; return nil }

// opaque has a text form in one direction only, and hidden state.
type opaque struct {
	state int
	list  []int
}

func (o *opaque) UnmarshalText([]byte) error { return nil }

type explosive struct{ N int }

func (e *explosive) UnmarshalText([]byte) error  { return nil }
func (e explosive) MarshalText() ([]byte, error) { panic("no text") }

type colour struct{ R, G, B uint8 }

type base struct {
	Region string `config:"region" default:"eu"`
	Zone   int
}

type node struct {
	Name string `config:"name"`
	Next *node  `config:"next"`
}

// rich has a field of each type that binding knows, and what no document can hold.
type rich struct {
	base
	*Embedded
	Bool     bool                 `config:"bool" default:"true"`
	Int      int                  `config:"int" default:"10"`
	Tiny     int8                 `config:"tiny"`
	Large    uint64               `config:"large"`
	Float    float64              `config:"float" default:"1.5"`
	Text     string               `config:"text" default:"text"`
	Secret   nacre.Secret         `config:"secret"`
	Wait     time.Duration        `config:"wait" default:"3s"`
	At       time.Time            `config:"at"`
	Zone     *time.Location       `config:"zone"`
	URL      url.URL              `config:"url"`
	Link     *url.URL             `config:"link"`
	Net      net.IPNet            `config:"net"`
	IP       net.IP               `config:"ip"`
	Addr     netip.Addr           `config:"addr"`
	Mode     fs.FileMode          `config:"mode"`
	Size     binder.Size          `config:"size" default:"1MiB"`
	Raw      json.RawMessage      `config:"raw"`
	Bytes    []byte               `config:"bytes"`
	Level    level                `config:"level"`
	Opaque   opaque               `config:"opaque"`
	Bomb     explosive            `config:"bomb"`
	Any      any                  `config:"any"`
	List     []string             `config:"list" default:"a,b"`
	Lists    [][]int              `config:"lists"`
	Array    [3]*int              `config:"array"`
	Structs  []node               `config:"structs"`
	Labels   map[string]string    `config:"labels" default:"a=1"`
	ByNumber map[int]node         `config:"by_number"`
	ByAddr   map[netip.Addr]int   `config:"by_addr"`
	ByName   map[string]*node     `config:"by_name"`
	Deep     map[string][]colour  `config:"deep"`
	Pointer  *int                 `config:"pointer" default:"4"`
	Tree     *node                `config:"tree"`
	Twice    **int                `config:"twice"`
	Inline   struct{ A, B int }   `config:"inline"`
	Skipped  map[float64][]string `config:"-"`
	Reader   io.Reader            `config:"-"`
	Channel  chan int             `config:"-"`
	Nothing  func()               `config:"-"`
	hidden   []string
	Rest     map[string]any `config:",remain"`
}

// Embedded is exported, since binding fills embedded pointers of exported types only.
type Embedded struct {
	Weight int `config:"weight" default:"3"`
}

// random fills v, which is settable, with a random value.
func random(r *rand.Rand, v reflect.Value, depth int) {
	if r.IntN(4) == 0 || depth > 6 {
		return // zero or nil
	}
	switch v.Type() {
	case reflect.TypeFor[nacre.Secret]():
		v.Set(reflect.ValueOf(nacre.NewSecret(text(r))))
		return
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1e10), r.Int64N(1e9)).UTC()))
		return
	case reflect.TypeFor[*time.Location]():
		v.Set(reflect.ValueOf([]*time.Location{time.UTC, time.Local, time.FixedZone("x", 3600)}[r.IntN(3)]))
		return
	case reflect.TypeFor[netip.Addr]():
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{1, 2, 3, byte(r.IntN(256))})))
		return
	case reflect.TypeFor[opaque]():
		v.Set(reflect.ValueOf(opaque{r.IntN(9), []int{r.IntN(9)}}))
		return
	case reflect.TypeFor[url.URL]():
		v.Set(reflect.ValueOf(url.URL{Scheme: "https", Host: "h", Path: text(r), User: url.UserPassword("u", "p")}))
		return
	case reflect.TypeFor[io.Reader]():
		v.Set(reflect.ValueOf(os.Stdin))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(256) - 128)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64N(256))
	case reflect.Float64:
		v.SetFloat([]float64{0.5, math.Copysign(0, -1), math.Inf(1), 1e300}[r.IntN(4)])
	case reflect.String:
		v.SetString(text(r))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		random(r, v.Elem(), depth+1)
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanSet() {
				random(r, f, depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 5))
		for i := range v.Len() {
			random(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			random(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			random(r, key, depth+1)
			random(r, elem, depth+1)
			v.SetMapIndex(key, elem)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{text(r), 3, map[string]any{"a": []any{1, nil, "x"}, "": nil}, []string{}, map[string]any(nil)}[r.IntN(5)]))
	case reflect.Chan:
		v.Set(reflect.MakeChan(v.Type(), 1))
	}
}

func text(r *rand.Rand) string {
	return []string{"", "a", "${env:HOME}", "null", "a.b[0]", "héé\n", "  ", "1"}[r.IntN(8)]
}

// A value that is set is the value that is read: nothing is lost on the way, and nothing is added.
func TestGetReturnsWhatWasSet(t *testing.T) {
	t.Parallel()
	for seed := range uint64(testrun.Count(300, 60)) {
		r := rand.New(rand.NewPCG(seed, 1))
		value := func() (v rich) {
			random(r, reflect.ValueOf(&v).Elem(), 0)
			v.hidden = []string{text(r)}
			v.base = base{text(r), r.IntN(3)}
			return v
		}
		v := value()
		cfg := nacretest.New(t, v)
		if got := cfg.Get(); !reflect.DeepEqual(*got, v) {
			t.Fatalf("seed %d: Get returns\n%#v\nand New was given\n%#v", seed, *got, v)
		}
		for range 3 {
			v = value()
			if err := nacretest.Set(cfg, v); err != nil {
				t.Fatalf("seed %d: a value without rules was rejected: %v", seed, err)
			}
			if got := cfg.Get(); !reflect.DeepEqual(*got, v) {
				t.Fatalf("seed %d: Get returns\n%#v\nand Set was given\n%#v", seed, *got, v)
			}
		}
		first := cfg.Snapshot()
		if err := nacretest.Set(cfg, v); err != nil || cfg.Snapshot().Version != first.Version {
			t.Errorf("seed %d: an equal value made version %d of version %d: %v", seed, cfg.Snapshot().Version, first.Version, err)
		}
		cfg.ExplainAll()
		cfg.Tree()
	}
}

// A value that differs only in what a tree cannot hold is another version all the same.
func TestWhatATreeCannotHoldMakesAVersion(t *testing.T) {
	t.Parallel()
	type config struct {
		List    []string `config:"list"`
		Opaque  opaque   `config:"opaque"`
		Skipped int      `config:"-"`
		hidden  int
	}
	cfg := nacretest.New(t, config{})
	version := int64(1)
	for _, v := range []config{{hidden: 1}, {hidden: 2}, {hidden: 1}, {Skipped: 1}, {List: []string{}}, {}, {Opaque: opaque{state: 1}}, {Opaque: opaque{state: 2}}} {
		if err := nacretest.Set(cfg, v); err != nil {
			t.Fatal(err)
		}
		if version++; !reflect.DeepEqual(*cfg.Get(), v) || cfg.Snapshot().Version != version {
			t.Errorf("version %d is %+v, want version %d with %+v", cfg.Snapshot().Version, *cfg.Get(), version, v)
		}
	}
}

// Values that contain themselves end neither the test nor the memory.
func TestCircles(t *testing.T) {
	t.Parallel()
	ring := &node{Name: "a"}
	ring.Next = ring
	list := []any{nil}
	list[0] = list
	cfg := nacretest.New(t, struct {
		Ring *node `config:"ring"`
		Any  any   `config:"any"`
	}{ring, list})
	got := cfg.Get()
	if got.Ring == ring || got.Ring.Next != got.Ring || got.Ring.Name != "a" {
		t.Error("a ring is not a ring of its own in the config")
	}
	if l := got.Any.([]any); len(l) != 1 || len(l[0].([]any)) != 1 {
		t.Errorf("a list of itself became %T", l[0])
	}
}

// What the test changes later is not in the config, and what is only the test's own is not copied.
func TestValuesAreCopied(t *testing.T) {
	t.Parallel()
	type config struct {
		Labels map[string]string `config:"labels"`
		Nodes  []*node           `config:"nodes"`
		Client *node             `config:"-"`
		Zone   *time.Location    `config:"zone"`
	}
	v := config{map[string]string{"a": "1"}, []*node{{Name: "n"}}, &node{Name: "client"}, time.FixedZone("x", 1)}
	cfg := nacretest.New(t, v)
	v.Labels["a"], v.Nodes[0].Name = "2", "m"
	if got := cfg.Get(); got.Labels["a"] != "1" || got.Nodes[0].Name != "n" {
		t.Error("a change of the test's own value changes the live one")
	}
	if got := cfg.Get(); got.Client != v.Client || got.Zone != v.Zone {
		t.Error("a field that no document fills, or a time zone, has been copied")
	}
	before := cfg.Get()
	if err := nacretest.Update(cfg, func(c *config) { c.Labels["a"], c.Nodes[0].Name = "3", "o" }); err != nil {
		t.Fatal(err)
	}
	if before.Labels["a"] != "1" || before.Nodes[0].Name != "n" || cfg.Get().Labels["a"] != "3" || cfg.Get().Nodes[0].Name != "o" {
		t.Error("Update changes a version that was live before")
	}
}
