package layer_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

var underShape = structOf("kitex", structOf("retry", structOf("max", "mode"), "rules", listOf(structOf("resource", "count")), "block", listOf(leaf), "cert", leaf, "by", mapOf(leaf)))

func TestDecodeUnderAKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, at, format, text, want, line string }{
		{"a map", "kitex.retry", "json", `{"max": 3}`, `{"kitex":{"retry":{"max":3}}}`, "doc:1:1 (l)"},
		{"a list in JSON", "kitex.rules", "json", "\n[{\"resource\": \"a\"}]", `{"kitex":{"rules":[{"resource":"a"}]}}`, "doc:2:1 (l)"},
		{"a list in YAML", "kitex.block", "yaml", "# c\n- a\n- b\n", `{"kitex":{"block":["a","b"]}}`, "doc:2:1 (l)"},
		{"one value", "kitex.cert", "yaml", "abc", `{"kitex":{"cert":"abc"}}`, "doc:1:1 (l)"},
		{"names in lower levels", "kitex.retry", "properties", "max=3\n", `{"kitex":{"retry":{"max":"3"}}}`, ""},
		{"variables", "kitex", "environ", "RETRY_MAX<APP_RETRY_MAX=3\x00", `{"kitex":{"retry":{"max":"3"}}}`, ""},
		{"text", "kitex.cert", "text", "-----BEGIN-----\nx\n-----END-----\n", `{"kitex":{"cert":"-----BEGIN-----\nx\n-----END-----"}}`, "doc:1:1 (l)"},
		{"text without a line break", "kitex.cert", "text", "a", `{"kitex":{"cert":"a"}}`, "doc:1:1 (l)"},
		{"text that ends as in DOS", "kitex.cert", "text", "a\r\nb\r\n", `{"kitex":{"cert":"a\r\nb"}}`, "doc:1:1 (l)"},
		{"text of a list", "kitex.block", "text", "# who is blocked\n10.0.0.1\n\n  10.0.0.2, x  \r\n", `{"kitex":{"block":["10.0.0.1","10.0.0.2, x"]}}`, "doc:1:1 (l)"},
		{"a list without items", "kitex.block", "text", "# nobody\n", `{"kitex":{"block":[]}}`, "doc:1:1 (l)"},
		{"text under a key without a field", "kitex.x", "text", "a", `{"kitex":{"x":"a"}}`, "doc:1:1 (l)"},
		{"no text", "kitex.cert", "text", "", `{}`, ""},
		{"no lines", "kitex.block", "text", "", `{}`, ""},
		{"no document", "kitex.rules", "yaml", "# nothing\n", `{}`, ""},
		{"no JSON", "kitex.rules", "json", "  ", `{}`, ""},
		{"an empty map", "kitex.retry", "json", "{}", `{"kitex":{"retry":{}}}`, "doc:1:1 (l)"},
		{"a key with dots", `kitex.by."a.b"`, "text", "x", `{"kitex":{"by":{"a.b":"x"}}}`, "doc:1:1 (l)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, ok := tree.ParsePath(c.at)
			if !ok {
				t.Fatal(c.at)
			}
			roots, problems := layer.Decoder{At: at}.Decode("l", "r1", source.Document{Name: "doc", Format: c.format, Data: []byte(c.text)}, underShape)
			want(t, problems)
			if len(roots) != 1 {
				t.Fatalf("%d roots", len(roots))
			}
			if got := compact(t, roots[0].Plain()); got != c.want {
				t.Errorf("the tree is %s, want %s", got, c.want)
			}
			if n := roots[0].Lookup(at); n != nil && c.line != "" && n.Position().String() != c.line {
				t.Errorf("the value is at %s, want %s", n.Position(), c.line)
			}
		})
	}
}

func TestLinesOfATextHaveTheirPositions(t *testing.T) {
	t.Parallel()
	at := tree.Path{"kitex", "block"}
	roots, _ := layer.Decoder{At: at}.Decode("l", "r1", source.Document{Name: "doc", Format: "text", Data: []byte("a\n\n  b\n")}, underShape)
	if got := roots[0].Lookup(at.Join("[1]")).Position().String(); got != "doc:3:3 (l)" {
		t.Errorf("the second item is at %s, want line 3, column 3", got)
	}
}

func TestProblemsUnderAKeyHaveTheFullKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, at, format, text, want string }{
		{"duplicate", "kitex.retry", "yaml", "max: 1\nmax: 2\n", "doc:2:1 (l) kitex.retry.max: is defined twice; the first is on line 1"},
		{"an item", "kitex.rules", "yaml", "- {count: 1, count: 2}\n", "doc:1:14 (l) kitex.rules[0].count: is defined twice; the first is on line 1"},
		{"the whole", "kitex.retry", "json", "{", "doc:1:2 (l) kitex.retry: is not valid JSON: it ends too early"},
		{"null", "kitex.retry", "json", "null", "doc:1:1 (l) kitex.retry: is null; an empty document sets no key"},
		{"a name", "kitex.retry", "properties", "mx=1\n", "doc:1:1 (l) kitex.retry.mx: unknown key, did you mean max?"},
		{"not text", "kitex.cert", "text", "a\x00b", "doc:1:2 (l) kitex.cert: has a NUL byte, so it is not text"},
		{"not UTF-8", "kitex.cert", "text", "0\xff", "doc:1:2 (l) kitex.cert: is not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, _ := tree.ParsePath(c.at)
			_, problems := layer.Decoder{At: at}.Decode("l", "r1", source.Document{Name: "doc", Format: c.format, Data: []byte(c.text)}, underShape)
			want(t, problems, c.want)
		})
	}
	_, problems := read("text", "-----BEGIN-----", underShape)
	want(t, problems, "doc:1:1 (l): is plain text (type text), not a map of keys; nacre.Under puts a document under a key")
}

func TestDecodeYAMLStream(t *testing.T) {
	t.Parallel()
	shape := structOf("a", "b", "c", mapOf(leaf))
	d := source.Document{Name: "doc", Format: "yaml", Data: []byte("# head\na: &x 1\nb: 1\nc: {k: 1}\n---\n---\nb: 2\nc: null\n---\na: 3\n...\n")}
	roots, problems := layer.Decoder{Stream: true}.Decode("l", "r1", d, shape)
	want(t, problems)
	if len(roots) != 3 {
		t.Fatalf("%d roots, want one for each YAML document with keys", len(roots))
	}
	if got := compact(t, layer.Merge(roots...).Plain()); got != `{"a":3,"b":2}` {
		t.Errorf("the documents merge to %s: a later one overrides, and its null removes", got)
	}
	if got := roots[2].Child("a").Position().String(); got != "doc:10:4 (l)" {
		t.Errorf("the position is %s, want the line in the whole text", got)
	}
	d.Data = []byte("a: 1\n---\n- b\n")
	_, problems = layer.Decoder{Stream: true}.Decode("l", "r1", d, shape)
	want(t, problems, "doc:3:1 (l): is a list (type yaml), not a map of keys; nacre.Under puts a document under a key")
}

func FuzzDecodeUnder(f *testing.F) {
	f.Add("[1, 2]", "json", false)
	f.Add("a\n# b\n", "text", false)
	f.Add("a: 1\n---\n- b\n", "yaml", true)
	f.Fuzz(func(t *testing.T, text, format string, list bool) {
		at := tree.Path{"kitex", "cert"}
		if list {
			at[1] = "block"
		}
		roots, problems := layer.Decoder{At: at, Stream: true}.Decode("l", "r1", source.Document{Name: "doc", Format: format, Data: []byte(text)}, underShape)
		for _, p := range problems {
			if q, ok := tree.ParsePath(p.Key); !ok || len(q) < 2 || q[0] != "kitex" {
				t.Errorf("the key %q of a problem is not below that of the document", p.Key)
			}
		}
		for _, root := range roots {
			for _, e := range root.Entries {
				if e.Key != "kitex" {
					t.Errorf("the document sets %q, outside of its key", e.Key)
				}
			}
		}
	})
}
