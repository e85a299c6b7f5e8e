package layer_test

import (
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestPropertiesValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a=1": "1", "a = 1 ": "1 ", "a: 1": "1", "a 1": "1", "a\t\f1": "1", "  a=1": "1", "a=": "", "a:": "", "a=b=c": "b=c", "a b=c": "b=c", "a = = c": "= c",
		"a=1\r\n": "1", "a=1\r": "1", "# c\n! d\n\na=1": "1", "a=x # y": "x # y", "a=\\\n   b\\\r\n\tc": "bc", "a\\\n=1": "1", "a=b\\\\": `b\`,
		`a=\t\n\r\f\u00e9\ud83d\ude00\q\\`: "\t\n\r\fé😀q\\", "a=b\\": "b", "\\u0061=1": "1", "a=é": "é", "a\\\n  \\\n  = 1": "1", "a=\\ b": " b",
		"a=b\\\n# no comment": "b# no comment", "a=b\\\n\nc=1": "b", "A=1": "1",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			n, ps := read("properties", text, structOf("a", "c"))
			if ps != nil {
				t.Fatalf("%q is refused: %v", text, ps)
			}
			if got := n.Child("a").Value; got != source.Text(want) {
				t.Errorf("%q is %T %q, want the text %q", text, got, got, want)
			}
		})
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	shape := structOf("db", structOf("pool-size", "dsn"), "hosts", listOf(leaf), "servers", listOf(structOf("addr")), "labels", mapOf(leaf),
		"dbs", mapOf(structOf("dsn")), "app.name", "Foo", "foo", "any", (*tree.Shape)(nil), "nested", mapOf(mapOf(leaf)))
	n := must(t, "properties", `db.pool-size = 5
DB.Dsn = x
hosts[0] = a
hosts.1 = b
servers[0].addr = c
labels.app.kubernetes.io/name = d
labels.X_y = e
dbs.eu.main.dsn = f
app.name = g
Foo = 1
foo = 2
any.a.b = h
nested.a.b.c = i
`, shape)
	if got := n.Plain(); !reflect.DeepEqual(got, any(map[string]any{
		"db": map[string]any{"pool-size": "5", "dsn": "x"}, "hosts": []any{"a", "b"}, "servers": []any{map[string]any{"addr": "c"}},
		"labels": map[string]any{"app.kubernetes.io/name": "d", "X_y": "e"}, "dbs": map[string]any{"eu.main": map[string]any{"dsn": "f"}},
		"app.name": "g", "Foo": "1", "foo": "2", "any": map[string]any{"a": map[string]any{"b": "h"}},
		"nested": map[string]any{"a": map[string]any{"b.c": "i"}},
	})) {
		t.Errorf("got %v", got)
	}
	e := n.Lookup(tree.Path{"labels"}).Entry("X_y")
	if k, v := e.Position().String(), e.Value.Position().String(); k != "doc:7:1 (l)" || v != "doc:7:14 (l)" {
		t.Errorf("key and value stand at %s and %s", k, v)
	}

	for _, c := range []struct{ name, text, want string }{
		{"unknown", "db.pol-size=5\n", "doc:1:1 (l) db.pol-size: unknown key, did you mean db.pool-size?"},
		{"unknown in a list", "servers[3].adr=5\n", "doc:1:1 (l) servers[3].adr: unknown key, did you mean servers[3].addr?"},
		{"twice", "db.dsn=1\n#\ndb.dsn=2\n", "doc:3:1 (l) db.dsn: stands twice; the first is db.dsn on line 1"},
		{"twice in other letters", "db.dsn=1\nDB.DSN=2\n", "doc:2:1 (l) db.dsn: stands twice; the first is db.dsn on line 1"},
		{"ambiguous", "FOO=1\n", "doc:1:1 (l): is ambiguous: it can mean Foo and foo; the keys of the struct should not differ in case, '-' and '_' only"},
		{"section", "db=1\n", "doc:1:1 (l) db: has keys below it and takes no text"},
		{"no key", "= 1\n", "doc:1:1 (l): has no key"},
		{"no value", "a heading\nheading\n", "doc:1:1 (l) a: unknown key\ndoc:2:1 (l): is neither key = value nor a comment"},
		{"unicode", "foo=\\u12\nFoo=\\ud800x\nhosts=\\udc00\\ud800\ndb.dsn=\\u0000\n",
			"doc:1:5 (l): has a \\u that is no character; four hexadecimal digits are one\ndoc:2:5 (l): has a \\u that is no character; four hexadecimal digits are one\n" +
				"doc:3:7 (l): has a \\u that is no character; four hexadecimal digits are one\ndoc:4:8 (l): has a \\u that is no character; four hexadecimal digits are one"},
		{"dots without keys", "db.=1\n.=2\ndb..dsn=3\n", "doc:1:1 (l) db.: unknown key\ndoc:2:1 (l) .: unknown key\ndoc:3:1 (l) db..dsn: unknown key, did you mean db.dsn?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("properties", c.text, shape)
			want(t, ps, c.want)
		})
	}
}
