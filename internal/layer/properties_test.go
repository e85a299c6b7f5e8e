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

// Brackets are an item of a list or the key of a map, in which any character may stand. They are
// never part of a key.
func TestPropertiesBrackets(t *testing.T) {
	t.Parallel()
	shape := structOf("labels", mapOf(leaf), "dbs", mapOf(structOf("dsn", "hosts", listOf(leaf))), "any", (*tree.Shape)(nil), "free", mapOf(nil),
		"deep", mapOf(mapOf(leaf)), "hosts", listOf(leaf), "grid", listOf(listOf(leaf)))
	n := must(t, "properties", `labels[eu] = a
labels[app.io/name] = b
labels[x[0]] = c
labels[0] = d
dbs[eu].dsn = e
dbs[eu.main].hosts[0] = f
dbs.us.hosts[0] = g
any.list[0].x = h
any.list[1].y[0] = i
any.m[a.b].c = j
any.m.l[0][0] = k
free[eu] = l
free[0] = m
free[x][0].y = n
free.list[0] = o
deep[a][b.c] = p
deep.a[d] = q
grid[0][0] = r
`, shape)
	if got := n.Plain(); !reflect.DeepEqual(got, any(map[string]any{
		"labels": map[string]any{"eu": "a", "app.io/name": "b", "x[0]": "c", "0": "d"},
		"dbs":    map[string]any{"eu": map[string]any{"dsn": "e"}, "eu.main": map[string]any{"hosts": []any{"f"}}, "us": map[string]any{"hosts": []any{"g"}}},
		"any": map[string]any{"list": []any{map[string]any{"x": "h"}, map[string]any{"y": []any{"i"}}},
			"m": map[string]any{"a.b": map[string]any{"c": "j"}, "l": []any{[]any{"k"}}}},
		"free": map[string]any{"eu": "l", "0": "m", "x": []any{map[string]any{"y": "n"}}, "list": []any{"o"}},
		"deep": map[string]any{"a": map[string]any{"b.c": "p", "d": "q"}}, "grid": []any{[]any{"r"}},
	})) {
		t.Errorf("got %v", got)
	}
	n = must(t, "properties", "a.list[0].x=1\na.list[1].x=2\n[b.c]=3\nd[0]=4\n", nil)
	if got := n.Plain(); !reflect.DeepEqual(got, any(map[string]any{
		"a": map[string]any{"list": []any{map[string]any{"x": "1"}, map[string]any{"x": "2"}}}, "b.c": "3", "d": []any{"4"},
	})) {
		t.Errorf("without a struct: %v", got)
	}
	for _, c := range []struct{ name, text, want string }{
		{"brackets in a key", "labels.x[0]=1\n", "doc:1:1 (l) labels.x[0]: unknown key"},
		{"open", "labels[x=1\nany.a[0=1\nany[=1\nany.a]=1\n", "doc:1:1 (l) labels[x: unknown key\ndoc:2:1 (l) any.a[0: unknown key\ndoc:3:1 (l) any[: unknown key\ndoc:4:1 (l) any.a]: unknown key"},
		{"empty", "labels[]=1\nany[]=1\nany.[0]=1\nany[0].=1\nany[0]x=1\n", "doc:1:1 (l) labels[]: unknown key\ndoc:2:1 (l) any[]: unknown key\ndoc:3:1 (l) any.[0]: unknown key\n" +
			"doc:4:1 (l) any[0].: unknown key\ndoc:5:1 (l) any[0]x: unknown key"},
		{"gap", "any.l[1]=1\n", "doc:1:1 (l): is item 1 of a list that has no item 0; a list is given as a whole, from 0 on"},
		{"huge", "any.l[0]=1\nany.l[999999999]=1\nhosts[999999999]=1\n", "doc:2:1 (l): is item 999999999 of a list that has no item 1; a list is given as a whole, from 0 on\n" +
			"doc:3:1 (l): is item 999999999 of a list that has no item 0; a list is given as a whole, from 0 on"},
		{"beyond any number", "hosts[99999999999999999999]=1\n", "doc:1:1 (l) hosts[99999999999999999999]: unknown key, did you mean hosts?"},
		{"list and map", "any.l[0]=1\nany.l.x=1\n", "doc:2:1 (l) any.l.x: is a key, but any.l[0] on line 1 makes its parent a list"},
		{"map and list", "any.l.x=1\nany.l[0]=1\n", "doc:2:1 (l) any.l[0]: is an item of a list, but any.l.x on line 1 makes its parent a map"},
		{"whole and part", "any.a=1\nany.a.b=2\nany.c.d=1\nany.c=2\n", "doc:2:1 (l) any.a.b: is below a key that is set as a whole by any.a on line 1\n" +
			"doc:4:1 (l) any.c: is set as a whole, and a part of it is set by any.c.d on line 3"},
		{"twice", "labels.a=1\nlabels[a]=2\n", "doc:2:1 (l) labels.a: is defined twice; the first is labels.a on line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("properties", c.text, shape)
			want(t, ps, c.want)
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
		{"twice", "db.dsn=1\n#\ndb.dsn=2\n", "doc:3:1 (l) db.dsn: is defined twice; the first is db.dsn on line 1"},
		{"twice in other letters", "db.dsn=1\nDB.DSN=2\n", "doc:2:1 (l) db.dsn: is defined twice; the first is db.dsn on line 1"},
		{"ambiguous", "FOO=1\n", "doc:1:1 (l): is ambiguous: it can mean Foo or foo; the keys of the struct must not differ only in case, '-' and '_'"},
		{"section", "db=1\n", "doc:1:1 (l) db: has keys below it and cannot be set to a text, except to JSON in braces"},
		{"no key", "= 1\n", "doc:1:1 (l): has no key"},
		{"no value", "a heading\nheading\n", "doc:1:1 (l) a: unknown key\ndoc:2:1 (l): is neither key = value nor a comment"},
		{"unicode", "foo=\\u12\nFoo=\\ud800x\nhosts=\\udc00\\ud800\ndb.dsn=\\u0000\n",
			"doc:1:5 (l): has a \\u that is not a character; it needs four hexadecimal digits\ndoc:2:5 (l): has a \\u that is not a character; it needs four hexadecimal digits\n" +
				"doc:3:7 (l): has a \\u that is not a character; it needs four hexadecimal digits\ndoc:4:8 (l): has a \\u that is not a character; it needs four hexadecimal digits"},
		{"dots without keys", "db.=1\n.=2\ndb..dsn=3\n", "doc:1:1 (l) db.: unknown key\ndoc:2:1 (l) .: unknown key\ndoc:3:1 (l) db..dsn: unknown key, did you mean db.dsn?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("properties", c.text, shape)
			want(t, ps, c.want)
		})
	}
}
