package layer_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
)

func TestTOMLValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"5": int64(5), "+5": int64(5), "-1_000": int64(-1000), "0xdead_BEEF": int64(0xdeadbeef), "0o17": int64(15), "0b101": int64(5),
		"9223372036854775807": int64(math.MaxInt64), "1.5": 1.5, "1e3": 1000.0, "1_0.5": 10.5, "inf": math.Inf(1), "-inf": math.Inf(-1),
		"true": true, "false": false, `"a\n\u00e9"`: "a\né", `'a\n'`: `a\n`, "\"\"\"\na\nb\"\"\"": "a\nb", "'''\na'''": "a",
		"2024-01-01": "2024-01-01", "10:30:00": "10:30:00", "2024-01-01T10:30:00": "2024-01-01T10:30:00", "2024-01-01 10:30:00.5": "2024-01-01 10:30:00.5",
		"2024-01-01T10:30:00Z": time.Date(2024, 1, 1, 10, 30, 0, 0, time.UTC), "2024-01-01 10:30:00z": time.Date(2024, 1, 1, 10, 30, 0, 0, time.UTC),
		"[1, [2], # c\n \"x\", ]": []any{int64(1), []any{int64(2)}, "x"}, "[]": []any{},
		"{a = 1, b.c = 2}": map[string]any{"a": int64(1), "b": map[string]any{"c": int64(2)}}, "{}": map[string]any{},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := must(t, "toml", "k = "+text+"\n", nil).Child("k").Plain(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
			}
		})
	}
	at, ok := must(t, "toml", "k = 2024-01-01T10:30:00.25-07:00", nil).Child("k").Value.(time.Time)
	if !ok || !at.Equal(time.Date(2024, 1, 1, 17, 30, 0, 25e7, time.UTC)) {
		t.Errorf("a time with an offset is %v", at)
	}
	if f, ok := must(t, "toml", "k = nan", nil).Child("k").Value.(float64); !ok || !math.IsNaN(f) {
		t.Error("nan is not NaN")
	}
}

const tomlDoc = `title = "x"
a.b = 1
"q.r".'s t' = 2

[db]
pool = 5
  [db.tls]
  cert = [ # list
    "a",
    {k = 1},
  ]

[[servers]]
addr = "one"
[servers.limits]
n = 1
[[servers]]
addr = "two"
[[servers.ports]]
p = 1
`

func TestTOMLTablesAndPositions(t *testing.T) {
	t.Parallel()
	n := must(t, "toml", tomlDoc, nil)
	expected := map[string]any{
		"title": "x", "a": map[string]any{"b": int64(1)}, "q.r": map[string]any{"s t": int64(2)},
		"db": map[string]any{"pool": int64(5), "tls": map[string]any{"cert": []any{"a", map[string]any{"k": int64(1)}}}},
		"servers": []any{
			map[string]any{"addr": "one", "limits": map[string]any{"n": int64(1)}},
			map[string]any{"addr": "two", "ports": []any{map[string]any{"p": int64(1)}}},
		},
	}
	if got := n.Plain(); !reflect.DeepEqual(got, any(expected)) {
		t.Errorf("got  %v\nwant %v", got, expected)
	}
	for path, want := range map[string]string{
		"title": "1:1 1:9", "a": "2:1 2:1", "a.b": "2:3 2:7", `"q.r"."s t"`: "3:7 3:15", "db": "5:2 5:2", "db.pool": "6:1 6:8", "db.tls": "7:7 7:7",
		"db.tls.cert": "8:3 8:10", "db.tls.cert[1].k": "10:6 10:10", "servers": "13:3 13:3", "servers[1].addr": "18:1 18:8", "servers[0].limits.n": "16:1 16:5",
	} {
		p, _ := tree.ParsePath(path)
		e := n.Lookup(p[:len(p)-1]).Entry(p[len(p)-1])
		got := strings.TrimSuffix(strings.TrimPrefix(e.Position().String(), "doc:"), " (l)") + " " +
			strings.TrimSuffix(strings.TrimPrefix(e.Value.Position().String(), "doc:"), " (l)")
		if got != want {
			t.Errorf("%s: key and value stand at %s, want %s", path, got, want)
		}
	}
	for i, want := range []string{"doc:9:5 (l)", "doc:10:5 (l)"} {
		p := tree.Path{"db", "tls", "cert", tree.Item(i)}
		if got := n.Lookup(p).Position().String(); got != want {
			t.Errorf("%s stands at %s, want %s", p, got, want)
		}
	}
}

func TestTOMLProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"all duplicates", "a = 1\na = 2\n[b]\nc = 1\nc = 2\n[b]\nd = 1\n[x]\ny = {z = 1, z = 2}\n",
			"doc:2:1 (l) a: is defined twice; the first is on line 1\ndoc:5:1 (l) b.c: is defined twice; the first is on line 4\n" +
				"doc:6:2 (l) b: is defined twice; the first is on line 3\ndoc:9:13 (l) x.y.z: is defined twice; the first is on line 9"},
		{"in an item of a list of tables", "[[s]]\nn = 1\n[[s]]\nn = 1\nn = 2\n", "doc:5:1 (l) s[1].n: is defined twice; the first is on line 4"},
		{"table over a value", "a = 1\n[a]\n", "doc:2:2 (l) a: is defined twice; the first is on line 1"},
		{"table below a value", "a = 1\n[a.b]\n", "doc:2:2 (l) a: is defined twice; the first is on line 1"},
		{"table over an inline table", "a = {}\n[a.b]\n", "doc:2:2 (l) a: is defined twice; the first is on line 1"},
		{"header of a dotted table", "[x]\na.b = 1\n[x.a]\n", "doc:3:4 (l) x.a: is defined twice; the first is on line 2"},
		{"dotted key into a table", "[a.b]\n[a]\nb.c = 1\n", "doc:3:1 (l) a.b: is defined twice; the first is on line 1"},
		{"list of tables over a list", "a = []\n[[a]]\n", "doc:2:3 (l) a: is defined twice; the first is on line 1"},
		{"table over a list of tables", "[[a]]\n[a]\n", "doc:2:2 (l) a: is defined twice; the first is on line 1"},
		{"list of tables over a table", "[a]\n[[a]]\n", "doc:2:3 (l) a: is defined twice; the first is on line 1"},
		{"syntax", "a = 1\nb = \n", "doc:2:5 (l): is not valid TOML"},
		{"unquoted", "a = 20s\n", "doc:1:7 (l): is not valid TOML"},
		{"no value", "abc\n", "doc:1:4 (l): is not valid TOML"},
		{"cut", "a = \"b", "doc:1:6 (l): is not valid TOML"},
		{"syntax behind a duplicate", "a = 1\na = 2\nb =", "doc:2:1 (l) a: is defined twice; the first is on line 1\ndoc:3:3 (l): is not valid TOML"},
		{"wide number", "a = 9223372036854775808\n", "doc:1:5 (l) a: is a whole number that does not fit in 64 bits; quote it if it is a text"},
		{"great number", "a = 1e999\n", "doc:1:5 (l) a: is a number beyond the range of a float of 64 bits"},
		{"no date", "a = 2024-13-01\n", "doc:1:5 (l) a: is not a date or time"},
		{"too deep", "a = " + strings.Repeat("[", 1001) + strings.Repeat("]", 1001), "doc:1:1005 (l): is nested deeper than 1000"},
		{"too deep tables", "[" + strings.Repeat("a.", 1001) + "a]", "doc:1:2002 (l): is nested deeper than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("toml", c.text, nil)
			want(t, ps, c.want)
		})
	}
}

// The library checks for duplicates in a time that grows with the square of the keys. This must
// not. It measures the processor time of the process, so it is not parallel.
func TestTOMLIsLinear(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		b.WriteString("[t" + itoa(i) + "]\nk = 1\n")
	}
	start := testrun.CPU()
	must(t, "toml", b.String(), nil)
	if d := testrun.CPU() - start; d > 5*time.Second { // the library takes longer, and four times as long for twice as many
		t.Errorf("30 000 tables took %v of processor time", d)
	}
}
