package binding_test

import (
	"encoding/json"
	"io/fs"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
)

type one[T any] struct {
	V T `config:"v"`
}

type colour struct{ r, g, b uint8 }

func (c *colour) UnmarshalText(b []byte) error {
	switch string(b) {
	case "red":
		c.r = 255
		return nil
	case "panic":
		panic("canary-in-a-panic")
	}
	return binder.PublicError("must be red")
}

type byName string

type self struct{ got any }

func (s *self) UnmarshalMapstructure(v any) error { s.got = v; return nil }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// good binds in to a T and compares.
func good[T any](name string, in any, want T) func(*testing.T) {
	return func(t *testing.T) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := bindTo[one[T]](t, pairs{"v", in})
			if !reflect.DeepEqual(got.V, want) {
				t.Errorf("%T: %v was bound as %#v, must be %#v", want, in, got.V, want)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	three := 3
	for _, test := range []func(*testing.T){
		good("string", "a", "a"),
		good("string empty", "", ""),
		good("string text", text(" a "), " a "),
		good("named string", "a", byName("a")),
		good("bool", true, true),
		good("bool text", text("true"), true),
		good("bool text 1", text("1"), true),
		good("bool text 0", text(" 0 "), false),
		good("bool text FALSE", text("FALSE"), false),
		good("int", 3, 3),
		good("int8 low", -128, int8(-128)),
		good("int64 from uint range float", 1e3, int64(1000)),
		good("int text", text(" -3 "), -3),
		good("int text octal with a sign", text("-0o10"), -8),
		good("float text infinite", text("-.inf"), math.Inf(-1)),
		good("float text with a fraction and zeros", text("01.50"), 1.5),
		good("float text minus zero", text("-0"), 0.0),
		good("string of zeros", "0644", "0644"),
		good("any text of zeros", text("0644"), any("0644")),
		good("bytes that are no text", "\xff", []byte("\xff")),
		good("file mode", "0644", fs.FileMode(0o644)),
		good("file mode text", text(" 0o755 "), fs.FileMode(0o755)),
		good("file mode nothing", 0, fs.FileMode(0)),
		good("file mode zeros", text("0000"), fs.FileMode(0)),
		good("file mode sticky", text("01777"), fs.ModeSticky|0o777),
		good("file mode set", text("06755"), fs.ModeSetuid|fs.ModeSetgid|0o755),
		good("file mode pointer", text("0644"), new(fs.FileMode(0o644))),
		good("file modes", text("0644,0o755"), []os.FileMode{0o644, 0o755}),
		good("int text hex", text("0x10"), 16),
		good("int text octal", text("0o10"), 8),
		good("uint8", 255, uint8(255)),
		good("uint64 max", uint64(math.MaxUint64), uint64(math.MaxUint64)),
		good("uint64 text max", text("18446744073709551615"), uint64(math.MaxUint64)),
		good("uint text plus", text("+7"), uint(7)),
		good("float", 1.5, 1.5),
		good("float from int", 3, 3.0),
		good("float text", text("1e-3"), 1e-3),
		good("float infinite", math.Inf(1), math.Inf(1)),
		good("float32", 0.5, float32(0.5)),
		good("duration", "3s", 3*time.Second),
		good("duration text", text(" 1.5h "), 90*time.Minute),
		good("duration days", "3d", 72*time.Hour),
		good("duration text days", text("1d12h"), 36*time.Hour),
		good("duration zero", 0, time.Duration(0)),
		good("duration pointer", "1ms", new(time.Millisecond)),
		good("size", "10MiB", binder.Size(10<<20)),
		good("size bare", 4096, binder.Size(4<<10)),
		good("size whole float", 1e3, binder.Size(1000)),
		good("size text", text("1.5 gb"), binder.Size(15e8)),
		good("time", at, at),
		good("time text", text("2026-01-02T03:04:05Z"), at),
		good("time string", "2026-01-02", at.Truncate(24*time.Hour)),
		good("location", "UTC", time.UTC),
		good("url", "https://h:1/p?q", *must(url.Parse("https://h:1/p?q"))),
		good("url pointer", text("https://u:p@h/"), must(url.Parse("https://u:p@h/"))),
		good("regexp pointer", "^a+$", regexp.MustCompile("^a+$")),
		good("regexp", "^a+$", *regexp.MustCompile("^a+$")),
		good("netip", "10.0.0.1", netip.MustParseAddr("10.0.0.1")),
		good("netip port", text("[::1]:80"), netip.MustParseAddrPort("[::1]:80")),
		good("netip prefix", "10.0.0.0/8", netip.MustParsePrefix("10.0.0.0/8")),
		good("net.IP", "10.0.0.1", net.ParseIP("10.0.0.1")),
		good("net.IPNet", "10.0.0.0/8", net.IPNet{IP: net.IP{10, 0, 0, 0}, Mask: net.IPMask{255, 0, 0, 0}}),
		good("slog level", "warn", slog.LevelWarn),
		good("big int", text("123456789012345678901234567890"), *must2(new(big.Int).SetString("123456789012345678901234567890", 10))),
		good("big int number", 12, big.NewInt(12)),
		good("unmarshaler", "red", colour{r: 255}),
		good("unmarshaler pointer", "red", &colour{r: 255}),
		good("unmarshaler list", text("red,red"), []colour{{r: 255}, {r: 255}}),
		good("bytes", "äb", []byte("äb")),
		good("pointer pointer", 3, new(&three)),
		good("list", []any{1, 2}, []int{1, 2}),
		good("list empty", []any{}, []int{}),
		good("list text", text(`a, b\,c,\\,d\e`), []string{"a", "b,c", `\`, `d\e`}),
		good("list text empty", text(" "), []int{}),
		good("list of durations", text("1s,2s"), []time.Duration{time.Second, 2 * time.Second}),
		good("list of lists", []any{[]any{1}, []any{}}, [][]int{{1}, {}}),
		good("list of pointers with null", []any{1, nil}, []*int{new(1), nil}),
		good("array", []any{1, 2}, [2]int{1, 2}),
		good("map", pairs{"a.b", 1, "A.B", 2}, map[string]int{"a.b": 1, "A.B": 2}),
		good("map text", text("a=1, b = 2"), map[string]int{"a": 1, "b": 2}),
		good("map text value with sign", text("a=b=c"), map[string]string{"a": "b=c"}),
		good("map empty", pairs{}, map[string]int{}),
		good("map null entry", pairs{"a", nil, "b", 1}, map[string]int{"b": 1}),
		good("map int keys", pairs{"1", "a"}, map[int]string{1: "a"}),
		good("map uint8 keys", pairs{"255", "a"}, map[uint8]string{255: "a"}),
		good("map named keys", pairs{"Ä", 1}, map[byName]int{"Ä": 1}),
		good("map text keys", pairs{"10.0.0.1", true}, map[netip.Addr]bool{netip.MustParseAddr("10.0.0.1"): true}),
		good("map any keys", pairs{"a", 1}, map[any]any{"a": int64(1)}),
		good("map of lists", pairs{"a", []any{"x"}}, map[string][]string{"a": {"x"}}),
		good("any", pairs{"a", []any{1, "x", nil, 1.5}}, any(map[string]any{"a": []any{int64(1), "x", nil, 1.5}})),
		good("any text", text("x"), any("x")),
		good("raw json", pairs{"a", []any{1}}, json.RawMessage(`{"a":[1]}`)),
		good("raw json text", text(`{"a": 1}`), json.RawMessage(`{"a": 1}`)),
		good("raw json other text", text(`{`), json.RawMessage(`"{"`)),
		good("raw json string", `{}`, json.RawMessage(`"{}"`)),
		good("own mapstructure method", pairs{"a", 1}, self{map[string]any{"a": int64(1)}}),
		good("null is absent", nil, (*int)(nil)),
		good("null is absent in a map of maps", pairs{"a", pairs{"b", nil}}, map[string]map[string]int{"a": {}}),
	} {
		test(t)
	}
}

func must2[T any](v T, ok bool) T {
	if !ok {
		panic("not ok")
	}
	return v
}

func TestLevelVarAndNestedPointers(t *testing.T) {
	t.Parallel()
	type node struct {
		Name string           `config:"name" default:"leaf"`
		Next *node            `config:"next"`
		Kids []node           `config:"kids"`
		By   map[string]*node `config:"by"`
	}
	type config struct {
		Level slog.LevelVar `config:"level" default:"ERROR"`
		Tree  *node         `config:"tree"`
		Other *node         `config:"other"`
	}
	got := bindTo[config](t, pairs{"tree", pairs{"next", pairs{}, "kids", []any{pairs{"name", "a"}, nil}, "by", pairs{"x", pairs{}}}})
	if got.Level.Level() != slog.LevelError {
		t.Error("the default of a LevelVar was not set")
	}
	if got.Other != nil {
		t.Error("a pointer that no layer has a key for is not nil")
	}
	n := got.Tree
	if n.Name != "leaf" || n.Next.Name != "leaf" || n.Next.Next != nil || n.Kids[0].Name != "a" || n.Kids[1].Name != "leaf" || n.By["x"].Name != "leaf" {
		t.Errorf("defaults in a recursive struct are wrong: %+v", n)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	type point struct{ X, Y int }
	parse := binder.Parse(func(s string) (point, error) {
		if s == "panic" {
			panic("canary")
		}
		if s != "1:2" {
			return point{}, binder.PublicError("must be x:y")
		}
		return point{1, 2}, nil
	})
	got := bindTo[one[map[point][]point]](t, pairs{"v", pairs{"1:2", []any{"1:2"}}}, parse)
	if got.V[point{1, 2}][0] != (point{1, 2}) {
		t.Errorf("a parser's type was bound as %v", got.V)
	}
	for _, in := range []any{"panic", "x", 3, pairs{}} {
		problemsOf[one[point]](t, pairs{"v", in}, parse)
	}
	if _, err := binding.Compile[one[int]](binding.Parse[int](nil)); err == nil {
		t.Error("a nil parser is no mistake")
	}
}

func TestValuesShareNothing(t *testing.T) {
	t.Parallel()
	type config struct {
		List []string       `config:"list" default:"a,b"`
		Map  map[string]int `config:"map" default:"a=1"`
		Ptr  *int           `config:"ptr" default:"3"`
	}
	p := plan[config](t)
	a, _ := p.Bind(nil)
	a.List[0], a.Map["a"], *a.Ptr = "x", 9, 9
	b, _ := p.Bind(nil)
	if b.List[0] != "a" || b.Map["a"] != 1 || *b.Ptr != 3 {
		t.Error("two values share their defaults: a change to one shows in the other")
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]binder.Size{
		"0": 0, "1": 1, "1B": 1, "1kB": 1000, "1KB": 1000, "1kib": 1024, "0.5KiB": 512, "1.5GB": 15e8, "7EiB": 7 << 60,
		"9223372036854775807": math.MaxInt64, " 2 MB ": 2e6,
		"64Mi": 64 << 20, "1gi": 1 << 30, "5M": 5e6, "1k": 1000, "2 G": 2e9, "1.5Gi": 3 << 29,
	} {
		var s binder.Size
		if err := s.UnmarshalText([]byte(in)); err != nil || s != want {
			t.Errorf("%q is a size of %d, %v; must be %d", in, s, err, want)
		}
		var back binder.Size
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Errorf("%d does not survive its own text %s", s, s)
		}
	}
	for _, in := range []string{"", " ", "-1", "+1", "1.", ".5", "1K", "1m", "1g", "1i", "1kk", "1e3", "1/2", "0.3B", "8EiB", "9223372036854775808", "MB", "1 2", "0x10", "1_000", "１MB"} {
		var s binder.Size
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q is no size, but was read as %d", in, s)
		}
	}
}

// A single letter in the other case counts in 1000 to some programs and in 1024 to others.
func TestASizeSaysHowItCounts(t *testing.T) {
	t.Parallel()
	var s binder.Size
	err := s.UnmarshalText([]byte("10m"))
	if err == nil || !strings.Contains(err.Error(), "1000 (k, M, G) or in 1024 (Ki, Mi, Gi)") {
		t.Errorf("10m is ambiguous, and the error does not say how to write a size: %v", err)
	}
}

func FuzzSize(f *testing.F) {
	f.Add("1.5GB")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, in string) {
		var s, back binder.Size
		if s.UnmarshalText([]byte(in)) != nil {
			return
		}
		if s < 0 {
			t.Fatalf("%q is a negative size", in)
		}
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Fatalf("%d does not survive its own text %s", s, s)
		}
	})
}
