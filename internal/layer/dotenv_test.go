package layer_test

import (
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestDotenvValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A=1": "1", "A = 1 ": "1", "export A=1": "1", "export\tA=1": "1", "  A=1": "1", "A=1\r\n": "1", "a=1": "1",
		"A=": "", "A= # c": "", "A=#x": "#x", "A=x#y": "x#y", "A=x #y": "x", "A=x\t# y": "x", "A=a b": "a b", "A=a=b": "a=b",
		"A='a b'": "a b", "A='a\\n$B'": `a\n$B`, "A='a\nb' # c": "a\nb", "A='it''": "", "A=it's": "it's",
		`A="a\nb\t\"\\\$ \x"`: "a\nb\t\"\\$ \\x", "A=\"a\nb\"": "a\nb", "A=\"a\r\nb\"": "a\nb", "A=\"a\\\nb\"": "ab", "A=\"a\\\r\nb\"": "ab", "A=\"\"": "",
		"A=$B ${C}": "$B ${C}", `A="${C}"`: "${C}", "A=\\n": `\n`, "A=é": "é", "# c\n\n  # d\nA=1": "1", "A=\"x\"#": "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			n, ps := read("dotenv", text, structOf("a"))
			if text == "A='it''" || text == "A=\"x\"#" {
				if len(ps) == 0 {
					t.Errorf("%s is taken for right", text)
				}
				return
			}
			if ps != nil {
				t.Fatalf("%s is refused: %v", text, ps)
			}
			if got := n.Child("a").Value; got != source.Text(want) {
				t.Errorf("%s is %T %q, want the text %q", text, got, got, want)
			}
		})
	}
}

func TestDotenv(t *testing.T) {
	t.Parallel()
	shape := structOf("db", structOf("pool_size", "dsn"), "hosts", listOf(leaf), "export")
	n := must(t, "dotenv", "\ufeff# top\nDB_POOL_SIZE=5\nexport DB__DSN='x'\nHOSTS_0=a\nHOSTS_1=b\nEXPORT=y\n", shape)
	if got := n.Plain(); !reflect.DeepEqual(got, any(map[string]any{
		"db": map[string]any{"pool_size": "5", "dsn": "x"}, "hosts": []any{"a", "b"}, "export": "y",
	})) {
		t.Errorf("got %v", got)
	}
	e := n.Lookup(tree.Path{"db"}).Entry("dsn")
	if k, v := e.Position().String(), e.Value.Position().String(); k != "doc:3:8 (l)" || v != "doc:3:16 (l)" {
		t.Errorf("key and value stand at %s and %s", k, v)
	}
	if n := must(t, "dotenv", "export =1\n", structOf("export")); n.Child("export") == nil {
		t.Error("a variable that is called export cannot be set")
	}

	for _, c := range []struct{ name, text, want string }{
		{"unknown", "DB_POL_SIZE=5\n", "doc:1:1 (l) DB_POL_SIZE: unknown key, did you mean DB_POOL_SIZE?"},
		{"twice", "DB_DSN=1\n\nexport DB__DSN=2\n", "doc:3:8 (l) db.dsn: is defined twice; the first is DB_DSN on line 1"},
		{"all lines", "x y\nDB_DSN\n=5\nDB_DSN=\"a\" b\nDB_DSN='a\nHOSTS=a\n", "doc:1:1 (l): is not NAME=value\ndoc:2:1 (l): is not NAME=value\n" +
			"doc:3:1 (l): is not NAME=value\ndoc:4:12 (l): has text after the closing quote\ndoc:5:8 (l): has a quote that is not closed"},
		{"gap", "HOSTS_0=a\nHOSTS_2=b\n", "doc:2:1 (l): is item 2 of a list that has no item 1; a list is given as a whole, from 0 on"},
		{"list twice", "HOSTS=a,b\nHOSTS_0=b\n", "doc:2:1 (l) hosts[0]: is below a key that is set as a whole by HOSTS on line 1"},
		{"list twice, the other way", "HOSTS_0=b\nHOSTS=a,b\n", "doc:2:1 (l) hosts: is set as a whole, and a part of it is set by HOSTS_0 on line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("dotenv", c.text, shape)
			want(t, ps, c.want)
		})
	}
}
