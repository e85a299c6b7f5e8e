package layer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// way is how a document is decoded.
type way struct {
	name   string
	o      layer.Decoder
	policy layer.Policy
	shape  *tree.Shape
}

// full and after decode a text in a format, in full and after another one.
func (w *way) full(format, text string) layer.Decoded {
	return w.o.DecodeBy(w.policy, "l", "r1", source.Document{Name: "doc", Format: format, Data: []byte(text)}, w.shape)
}

func (w *way) after(last *layer.Decoded, format, text string) layer.Decoded {
	return w.o.DecodeAfter(last, w.policy, "l", "r1", source.Document{Name: "doc", Format: format, Data: []byte(text)}, w.shape)
}

// dump writes everything that a tree, its problems and its notices say.
func dump(d *layer.Decoded) string {
	var b strings.Builder
	var doc *tree.Doc
	for _, root := range d.Roots {
		b.WriteString("root ")
		dumpNode(&b, root, "", &doc)
	}
	return b.String() + dumpAll("problem", d.Problems) + dumpAll("unused", d.Unused) + dumpAll("deprecated", d.Deprecated)
}

func dumpAll(name string, ps source.Problems) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%s %+v\n", name, *p)
	}
	return b.String()
}

func dumpNode(b *strings.Builder, n *tree.Node, indent string, doc **tree.Doc) {
	fmt.Fprintf(b, "%v %T %#v at %d:%d", n.Kind, n.Value, n.Value, n.Line, n.Column)
	if n.Octal || n.Bare || n.Places != nil || n.HasNulls() || n.HasPlaces() || n.Ref != "" {
		fmt.Fprintf(b, " octal %t bare %t places %v nulls %t places %t ref %q", n.Octal, n.Bare, n.Places, n.HasNulls(), n.HasPlaces(), n.Ref)
	}
	switch {
	case *doc == nil:
		*doc = n.Doc
		fmt.Fprintf(b, " of %+v", *n.Doc)
	case n.Doc != *doc:
		b.WriteString(" OF ANOTHER DOCUMENT")
	}
	b.WriteByte('\n')
	for _, item := range n.Items {
		b.WriteString(indent + "- ")
		dumpNode(b, item, indent+"  ", doc)
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		fmt.Fprintf(b, "%s%q at %d:%d", indent, e.Key, e.Line, e.Column)
		if e.AnySpelling || e.Alias != "" || e.Verdict != tree.Unjudged {
			fmt.Fprintf(b, " any %t alias %q verdict %d", e.AnySpelling, e.Alias, e.Verdict)
		}
		if n.Entry(e.Key) != e {
			b.WriteString(" NOT FOUND")
		}
		b.WriteString(": ")
		dumpNode(b, e.Value, indent+"  ", doc)
	}
}

// follows checks that a text decodes to the same after another one as alone, and that it changes
// nothing in what the other one was decoded to. It returns what the text decodes to.
func (w *way) follows(t testing.TB, last *layer.Decoded, format, was, now string) layer.Decoded {
	t.Helper()
	before := dump(last)
	got := w.after(last, format, now)
	want := w.full(format, now)
	if g, f := dump(&got), dump(&want); g != f {
		for i, line := range strings.Split(g, "\n") {
			if of := strings.Split(f, "\n"); i >= len(of) || of[i] != line {
				t.Logf("got line %q, want %q", line, of[min(i, len(of)-1)])
				break
			}
		}
		t.Fatalf("%s %s: after\n%s\nthe text\n%s\n(%q after %q)\nbecomes\n%s\nand alone\n%s", w.name, format, was, now, now, was, g, f)
	}
	if dump(last) != before {
		t.Fatalf("%s %s: decoding\n%s\nafter\n%s\nchanged what that is", w.name, format, now, was)
	}
	return got
}

// newValues returns how many values of now are new, and do not only stand on other lines.
func newValues(was, now *tree.Node) int {
	if tree.Alike(was, now) {
		return 0
	}
	if was == nil || was.Kind != now.Kind || now.Kind != tree.Map && now.Kind != tree.List {
		return now.Size()
	}
	n := 1
	for i, item := range now.Items {
		n += newValues(was.Child(tree.Item(i)), item)
	}
	for _, e := range now.Entries {
		n += newValues(was.Child(e.Key), e.Value)
	}
	return n
}

// withLine replaces a line of a text, counted from 0, by lines.
func withLine(text string, line int, now string) string {
	lines := bytes.SplitAfter([]byte(text), []byte("\n"))
	lines[line] = []byte(now)
	return string(bytes.Join(lines, nil))
}

// An ordinary change is decoded alone, and everything else is shared.
func TestOrdinaryChangesAreDecodedAlone(t *testing.T) {
	t.Parallel()
	plain := way{name: "plain"}
	yaml := "# head\na: 1\nb:\n  x: 1 # one\n  y: [1, 2]\n  z: |\n    text\n    more\n\n# of c\nc:\n  - name: n\n    port: 1\n  - name: m\n    port: 2\nd:\n- 1\n- 2\nlast: 'é'\n"
	json := "{\n  \"a\": 1,\n  \"b\": {\n    \"x\": [1, 2, {\"y\": 1}],\n    \"z\": null\n  },\n  \"c\": \"text\"\n}\n"
	properties := "# head\na=1\nb.x=1\nb.y=2\nc[0]=x\nc[1]=y\n! more\nlast = a \\\n  b\n"
	for _, c := range []struct {
		name, format, text string
		line               int
		now                string
		most               int // new values
	}{
		{"first value", "yaml", yaml, 1, "a: 2\n", 2},
		{"value with a comment", "yaml", yaml, 3, "  x: 2 # two\n", 3},
		{"comment at a value", "yaml", yaml, 3, "  x: 1 # uno\n", 3},
		{"flow list", "yaml", yaml, 4, "  y: [1, 3, 4]\n", 6},
		{"block text", "yaml", yaml, 7, "    less\n    and more\n", 3},
		{"comment between keys", "yaml", yaml, 9, "# of cc\n# and more\n", 3},
		{"comment at the head", "yaml", yaml, 0, "# top\n#\n\n", 0},
		{"a key of a list's item", "yaml", yaml, 12, "    port: 3\n", 4},
		{"a first key of a list's item", "yaml", yaml, 11, "  - name: o\n", 5},
		{"an item of a list", "yaml", yaml, 17, "- 3\n- 4\n", 4},
		{"last value", "yaml", yaml, 18, "last: 'ü'\n", 2},
		{"a line more", "yaml", yaml, 4, "  y: [1, 2]\n  yy: 1\n", 7},
		{"a line more above", "yaml", yaml, 1, "a0: 0\na: 1\n", 4},
		{"a line less", "yaml", yaml, 3, "", 3},
		{"another key", "yaml", yaml, 2, "bb:\n", 8},
		{"a value", "json", json, 1, "  \"a\": 22,\n", 2},
		{"a deep value", "json", json, 3, "    \"x\": [1, 2, {\"y\": 10}],\n", 5},
		{"a value on a shared line", "json", json, 3, "    \"x\": [10, 2, {\"y\": 1}],\n", 5},
		{"a null", "json", json, 4, "    \"z\": {}\n", 4},
		{"last", "json", json, 6, "  \"c\": \"longer text\"\n", 2},
		{"a line more", "json", json, 1, "  \"a\": 1,\n  \"aa\": [],\n", 4},
		{"a line more at the end", "json", json, 6, "  \"c\": \"text\",\n  \"d\": 4\n", 4},
		{"a line less", "json", json, 1, "", 2},
		{"a value", "properties", properties, 1, "a=2\n", 2},
		{"a deep value", "properties", properties, 3, "b.y=3\n", 4},
		{"an item", "properties", properties, 5, "c[1]=z\n", 4},
		{"a continued value", "properties", properties, 8, "  c\n", 2},
		{"a comment", "properties", properties, 0, "# top\n# more\n", 0},
		{"a comment less", "properties", properties, 6, "", 0},
		{"a line more", "properties", properties, 3, "b.y=2\nb.z=3\n", 4},
		{"a line less", "properties", properties, 3, "", 4},
	} {
		last := plain.full(c.format, c.text)
		if len(last.Problems) > 0 {
			t.Fatal(last.Problems)
		}
		got := plain.follows(t, &last, c.format, c.text, withLine(c.text, c.line, c.now))
		if !layer.IsPart(&got) {
			t.Errorf("%s, %s: the whole text was decoded", c.format, c.name)
			continue
		}
		if n := newValues(last.Roots[0], got.Roots[0]); n > c.most {
			t.Errorf("%s, %s: %d values are new, want at most %d", c.format, c.name, n, c.most)
		}
		back := plain.follows(t, &got, c.format, withLine(c.text, c.line, c.now), c.text)
		if !layer.IsPart(&back) {
			t.Errorf("%s, %s, and back: the whole text was decoded", c.format, c.name)
		}
	}
}
