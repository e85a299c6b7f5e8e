package layer_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestYAMLValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "+5": int64(5), "1_000": int64(1000), "0x1F": int64(31), "0o17": int64(15), "0b101": int64(5),
		"017": "017", "9223372036854775807": int64(math.MaxInt64), "9223372036854775808": uint64(math.MaxInt64 + 1),
		"18446744073709551615": uint64(math.MaxUint64), "1.5": 1.5, "1e3": 1000.0, ".inf": math.Inf(1), "-.INF": math.Inf(-1), "+.inf": math.Inf(1),
		"0.0": 0.0, ".5": 0.5, "1_0.5": 10.5,
		"true": true, "False": false, "yes": "yes", "no": "no", "on": "on", "off": "off", "N": "N", "y": "y",
		"~": nil, "null": nil, "": nil, "Null": nil,
		"2024-01-01": "2024-01-01", "2024-01-01T10:00:00Z": "2024-01-01T10:00:00Z", "2001-12-14 21:59:43.10 -5": "2001-12-14 21:59:43.10 -5",
		"12:30": "12:30", "1.2.3": "1.2.3", "1.": 1.0, "0o9": "0o9", "10.0.0.1": "10.0.0.1",
		`"5"`: "5", `'true'`: "true", `"a\tb\u00e9"`: "a\tbé", "a b # c": "a b", "a#b": "a#b",
		"!!str 5": "5", "!!int \"5\"": int64(5), "!!float 5": 5.0, "!!bool \"true\"": true, "!!null ''": nil, "! 5": int64(5), "!!binary aGk=": "hi",
		"!!timestamp 2024-01-01": "2024-01-01", "|\n  a\n  b\n": "a\nb\n", ">\n  a\n  b\n": "a b\n",
		"[1, a]": []any{int64(1), "a"}, "{a: 1}": map[string]any{"a": int64(1)}, "[]": []any{}, "{}": map[string]any{},
		"!!map {a: 1}": map[string]any{"a": int64(1)}, "!!seq [1]": []any{int64(1)},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			n := must(t, "yaml", "k: "+text+"\n", nil)
			if got := n.Child("k").Plain(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
			}
		})
	}
	if f, ok := must(t, "yaml", "k: .nan", nil).Child("k").Value.(float64); !ok || !math.IsNaN(f) {
		t.Error(".nan is not NaN")
	}
}

func TestYAMLMaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       map[string]any
	}{
		{"nothing", "", map[string]any{}},
		{"comments", "# a\n\n# b\n", map[string]any{}},
		{"empty document", "---\n", map[string]any{}},
		{"document marks", "---\na: 1\n...\n", map[string]any{"a": int64(1)}},
		{"empty second document", "a: 1\n---\n", map[string]any{"a": int64(1)}},
		{"empty first document", "---\n---\na: 1\n", map[string]any{"a": int64(1)}},
		{"byte order mark", "\ufeffa: 1\n", map[string]any{"a": int64(1)}},
		{"carriage returns", "a: 1\r\nb: 2\r\n", map[string]any{"a": int64(1), "b": int64(2)}},
		{"alias", "a: &x {b: 1}\nc: *x\n", map[string]any{"a": map[string]any{"b": int64(1)}, "c": map[string]any{"b": int64(1)}}},
		{"scalar alias", "a: &x 5\nc: *x\n", map[string]any{"a": int64(5), "c": int64(5)}},
		{"alias of a key", "&x a: *x\n", map[string]any{"a": "a"}},
		{"later alias of a key", "&x a: 1\nb: [*x, *x]\n", map[string]any{"a": int64(1), "b": []any{"a", "a"}}},
		{"alias of a merge", "<<: &x {a: 1}\nb: *x\n", map[string]any{"a": int64(1), "b": map[string]any{"a": int64(1)}}},
		{"alias of a list of merges", "<<: &x [{a: 1}]\nb: *x\n", map[string]any{"a": int64(1), "b": []any{map[string]any{"a": int64(1)}}}},
		{"alias of a part of a merge", "<<: [{a: &y 1}, &x {c: *y}]\nb: *x\nd: *y\n", map[string]any{
			"a": int64(1), "c": int64(1), "b": map[string]any{"c": int64(1)}, "d": int64(1)}},
		{"alias as key", "a: &x k\n*x : 1\n", map[string]any{"a": "k", "k": int64(1)}},
		{"merge key", "a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n", map[string]any{
			"a": map[string]any{"b": int64(1), "c": int64(2)}, "d": map[string]any{"b": int64(1), "c": int64(3)},
		}},
		{"merge list, the first wins", "a: &x {b: 1}\ne: &y {b: 2, f: 3}\nd:\n  <<: [*x, *y]\n", map[string]any{
			"a": map[string]any{"b": int64(1)}, "e": map[string]any{"b": int64(2), "f": int64(3)}, "d": map[string]any{"b": int64(1), "f": int64(3)},
		}},
		{"merge of a merge", "a: &x {b: 1}\nc: &y\n  <<: *x\n  d: 2\ne:\n  <<: *y\n", map[string]any{
			"a": map[string]any{"b": int64(1)}, "c": map[string]any{"b": int64(1), "d": int64(2)}, "e": map[string]any{"b": int64(1), "d": int64(2)},
		}},
		{"quoted merge sign is a key", "'<<': 1\n", map[string]any{"<<": int64(1)}},
		{"keys as they are written", "1: a\ntrue: b\nN: c\n0x10: e\n~: f\n1.50: h\n'': m\nApp.K8s.io/Name: j\n", map[string]any{
			"1": "a", "true": "b", "N": "c", "0x10": "e", "~": "f", "1.50": "h", "": "m", "App.K8s.io/Name": "j",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := must(t, "yaml", c.text, nil).Plain(); !reflect.DeepEqual(got, any(c.want)) {
				t.Errorf("%q is %v, want %v", c.text, got, c.want)
			}
		})
	}
}

func TestYAMLProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"list", "- a\n", "doc:1:1 (l): is a list (type yaml), not a map of keys; nacre.Under puts a document under a key"},
		{"scalar", "\nabc\n", "doc:2:1 (l): is a single value (type yaml), not a map of keys; nacre.Under puts a document under a key"},
		{"null", "null\n", "doc:1:1 (l): is null; an empty document sets no key"},
		{"two documents", "a: 1\n---\nb: 2\n", "doc:3:1 (l): is a second YAML document in one; nacre.MergeYAMLDocuments allows several"},
		{"all duplicates", "a: 1\nb:\n  c: 1\n  c: 2\na: 2\na: 3\n", "doc:4:3 (l) b.c: is defined twice; the first is on line 3\n" +
			"doc:5:1 (l) a: is defined twice; the first is on line 1\ndoc:6:1 (l) a: is defined twice; the first is on line 1"},
		{"duplicates by text", "1: a\n\"1\": b\n", "doc:2:1 (l) 1: is defined twice; the first is on line 1"},
		{"duplicate in a list", "a:\n- b: 1\n- b: 1\n  b: 2\n", "doc:4:3 (l) a[1].b: is defined twice; the first is on line 3"},
		{"two merge keys", "a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n", "doc:4:3 (l) c.<<: is defined twice; the first is on line 3"},
		{"custom tag", "a: !vault x\n", "doc:1:4 (l) a: has a YAML tag that is not supported"},
		{"custom tag on a map", "a: !x {b: 1}\n", "doc:1:4 (l) a: has a YAML tag that is not supported"},
		{"wrong tag", "a: !!int x\n", "doc:1:4 (l) a: does not have the type of its YAML tag"},
		{"wrong binary", "a: !!binary '%'\n", "doc:1:4 (l) a: is tagged !!binary and is not base64"},
		{"wide number", "a: 18446744073709551616\n", "doc:1:4 (l) a: is a whole number that does not fit in 64 bits; quote it if it is a text"},
		{"map as key", "{a: 1}: b\n", "doc:1:1 (l): has a key that is a map or a list; keys are texts"},
		{"merge of a scalar", "a:\n  <<: 5\n", "doc:2:7 (l) a: merges (<<) a value that is not a map"},
		{"alias of a whole", "a: &x\n  b: *x\n", "doc:2:6 (l) a.b: is an alias of a value that contains it"},
		{"merge of a whole", "a: &x\n  <<: *x\n", "doc:2:7 (l) a: is an alias of a value that contains it"},
		{"merge of a list of itself", "<<: &x [{a: *x}]\n", "doc:1:13 (l) a[0].a: is an alias of a value that contains it"},
		{"alias of a bad merge", "<<: &x {a: !x 1}\nb: *x\n", "doc:1:12 (l) b.a: has a YAML tag that is not supported"},
		{"unknown anchor", "a: 1\nb: *x\n", "doc:2:4 (l): has an alias of an anchor that is not defined above it"},
		{"tab", "a:\n\tb: 1\n", "doc:2 (l): is not valid YAML: it has a character that cannot start a value; a tab in the indentation, or a text that needs quotes"},
		{"colon", "a: b: c\n", "doc:1 (l): is not valid YAML: it has a colon where no key can be; a text with a colon needs quotes"},
		{"open quote", "a: 1\nb: \"c\n", "doc:2 (l): is not valid YAML: it has a quote that is not closed"},
		{"no colon", "a: 1\nbc\nd: 2\n", "doc:2 (l): is not valid YAML: it has a key without a colon"},
		{"open brace", "a: {b: 1\n", "doc:1 (l): is not valid YAML: it has a { without a }"},
		{"indentation", "a:\n  b: 1\n c: 2\n", "doc:3 (l): is not valid YAML: it has a line whose indentation matches no line above it"},
		{"far from where it began", "x: 1\na:\n  b: 1\n  c: 2\n  d: 3\n   e: 4\n", "doc:6 (l): is not valid YAML: it has a line that is indented more than the line above, which has a value already; indent both alike"},
		{"indented too far", "a:\n b: 1\n\n  # x\n  c: 2\n", "doc:5 (l): is not valid YAML: it has a line that is indented more than the line above, which has a value already; indent both alike"},
		{"indented too far at the end", "a:\n b: 1\n  c: 2", "doc:3 (l): is not valid YAML: it has a line that is indented more than the line above, which has a value already; indent both alike"},
		{"colon in a text below a key", "a:\n  b: c: d\n", "doc:2 (l): is not valid YAML: it has a colon where no key can be; a text with a colon needs quotes"},
		{"list item in a map", "x: 1\na:\n  b: 1\n  c: 2\n  - d\nf: 1\n", "doc:5 (l): is not valid YAML: it has a line whose indentation matches no line above it"},
		{"anchor in a later line", "x: '*y'\na: *y\n", "doc:2:4 (l): has an alias of an anchor that is not defined above it"},
		{"NUL", "a: 1\nb: \x00\n", "doc:2:4 (l): has a NUL byte, so it is not text"},
		{"latin-1", "a: 1\nb: \xe9\n", "doc:2:4 (l): is not UTF-8"},
		{"UTF-16", "\xff\xfea\x00:\x00", "doc:1:1 (l): is UTF-16; save it as UTF-8"},
		{"columns are bytes", "äö: {b: 1, é: 2, é: 3}\n", "doc:1:21 (l) äö.é: is defined twice; the first is on line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("yaml", c.text, nil)
			want(t, ps, c.want)
		})
	}
}

func TestYAMLPositions(t *testing.T) {
	t.Parallel()
	n := must(t, "yaml", "# top\na: 1\nb:\n  c: [x,\n    y]\n  é: {ü: 5}\n\"d.e\": 1\n", nil)
	for path, want := range map[string]string{
		"a": "2:1 2:4", "b": "3:1 4:3", "b.c": "4:3 4:6", "b.é": "6:3 6:7", "b.é.ü": "6:8 6:12", `"d.e"`: "7:1 7:8",
	} {
		p, _ := tree.ParsePath(path)
		e := n.Lookup(p[:len(p)-1]).Entry(p[len(p)-1])
		got := strings.TrimSuffix(strings.TrimPrefix(e.Position().String(), "doc:"), " (l)") + " " +
			strings.TrimSuffix(strings.TrimPrefix(e.Value.Position().String(), "doc:"), " (l)")
		if got != want {
			t.Errorf("%s: key and value stand at %s, want %s", path, got, want)
		}
	}
	if got := n.Lookup(tree.Path{"b", "c", "[1]"}).Position().String(); got != "doc:5:5 (l)" {
		t.Errorf("b.c[1] stands at %s", got)
	}
}

// A column counts bytes, however long its line is.
func TestYAMLLongLines(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		text := "# ä" + end + "k: {"
		var columns []int
		for i := range 500 {
			columns = append(columns, len(text)-strings.LastIndex(text, end)-len(end)+1)
			text += "ä€" + itoa(i) + ": 😀, "
		}
		text += "z: 1}" + end + "é: 2" + end
		n := must(t, "yaml", text, nil)
		for i, column := range columns {
			e := n.Child("k").Entry("ä€" + itoa(i))
			if p := e.Position(); p.Line != 2 || p.Column != column {
				t.Fatalf("key %d with lines that end with %q stands at %v, want line 2, column %d", i, end, p, column)
			}
			if p := e.Value.Position(); p.Column != column+len("ä€"+itoa(i)+": ") {
				t.Fatalf("value %d stands at %v", i, p)
			}
		}
		if p := n.Entry("é").Value.Position(); p.Line != 3 || p.Column != 5 {
			t.Errorf("what follows the line stands at %v", p)
		}
	}
}

// The line of a fault is found whether it is near the line that the parser tells or not.
func TestYAMLFaultyLines(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 1, 2, 3, 7, 60} {
		for _, c := range []struct{ text, message string }{
			{"a: b: c\n", "has a colon where no key can be"}, {"\tx\n", "a tab"}, {"a: 'x\n", "has a quote that is not closed"},
			{"a: [\n" + strings.Repeat("1,\n", before) + "]]\n", "has a line whose indentation matches"},
		} {
			for _, after := range []int{0, 1, 30} {
				if strings.Contains(c.text, "'") && after > 0 {
					continue // what is never closed ends with the document
				}
				text := strings.Repeat("k%: 1\n", before) + c.text + strings.Repeat("l%: 1\n", after)
				for i := range strings.Count(text, "%") {
					text = strings.Replace(text, "%", itoa(i), 1)
				}
				_, ps := read("yaml", text, nil)
				if want := before + strings.Count(c.text, "\n"); len(ps) != 1 || !strings.Contains(ps[0].Message, c.message) || ps[0].Position.Line != want {
					t.Errorf("%d lines before %q and %d behind it: %v, want line %d", before, c.text, after, ps, want)
				}
			}
		}
	}
}

// Aliases repeat what they name without copying it, and a document that would grow beyond all
// bounds is refused.
func TestYAMLAliasesShare(t *testing.T) {
	t.Parallel()
	n := must(t, "yaml", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n", nil)
	if n.Child("a") != n.Child("c") {
		t.Error("an alias is a copy")
	}
	if n.Child("a").Child("b") != n.Child("d").Child("b") {
		t.Error("a merged value is a copy")
	}
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 30; i++ {
		laughs.WriteString("a" + string(rune('a'+i-1)) + ": &a" + itoa(i) + " [" + strings.Repeat("*a"+itoa(i-1)+",", 10) + "]\n")
	}
	_, ps := read("yaml", laughs.String(), nil)
	want(t, ps, "doc:6:42 (l) ae[8]: has more than 1048576 values")

	var chain strings.Builder // of aliases, each one level deeper
	chain.WriteString("a0: &a0 [x]\n")
	for i := 1; i < 2000; i++ {
		chain.WriteString("a" + itoa(i) + ": &a" + itoa(i) + " [*a" + itoa(i-1) + "]\n")
	}
	_, ps = read("yaml", chain.String(), nil)
	want(t, ps, "doc:1000:14 (l): is nested deeper than 1000")

	var merges strings.Builder // each map merges the one before it: the square of the lines
	merges.WriteString("m0: &m0 {k0: 1}\n")
	for i := 1; i < 3000; i++ {
		merges.WriteString("m" + itoa(i) + ": &m" + itoa(i) + " {<<: *m" + itoa(i-1) + ", k" + itoa(i) + ": 1}\n")
	}
	if _, ps = read("yaml", merges.String(), nil); len(ps) != 1 || !strings.Contains(ps[0].Message, "more than") {
		t.Errorf("a chain of merge keys was not bounded: %v", ps)
	}
}
