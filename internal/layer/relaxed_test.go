package layer_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// spelled is a struct whose keys have several words, at every kind of place.
var spelled = func() *tree.Shape {
	db := structOf("max_conns", "url", "dialTimeout")
	db.Aliases = map[string]string{"old_dsn": "url"}
	rest := structOf("known_key")
	rest.Kind, rest.Elem = tree.RemainderOf, leaf
	return structOf("data_base", db, "hosts", listOf(structOf("host_name")), "labels", mapOf(leaf), "by_name", mapOf(structOf("max_conns")),
		"two", structOf("max_conns", "maxconns"), "rest", rest, "any", &tree.Shape{}, "xfoo", "tags", listOf(leaf))
}()

func relaxed(policy layer.Policy, d source.Document) layer.Decoded {
	d.Name = "d"
	return layer.Decoder{Relaxed: true}.DecodeBy(policy, "l", "r", d, spelled)
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, format, text string
		want               string // leaves, or the problems
	}{
		{"camel case", "yaml", "dataBase: {maxConns: 1}", "data_base.max_conns=1"},
		{"hyphens", "json", `{"data-base": {"max-conns": 1}}`, "data_base.max_conns=1"},
		{"upper case", "toml", "[DATABASE]\nMAX_CONNS = 1\n", "data_base.max_conns=1"},
		{"of a camel case key", "yaml", "data_base: {dial-timeout: 1}", "data_base.dialTimeout=1"},
		{"in a list", "yaml", "hosts: [{hostName: a}, {host-name: b}]", "hosts[0].host_name=a hosts[1].host_name=b"},
		{"in a map", "yaml", "byName: {maxConns: {maxConns: 1}}", "by_name.maxConns.max_conns=1"},
		{"keys of a map", "yaml", "LABELS: {appName: a, app-name: b}", "labels.appName=a labels.app-name=b"},
		{"anything", "yaml", "ANY: {maxConns: 1}", "any.maxConns=1"},
		{"a remainder", "yaml", "rest: {knownKey: 1, otherKey: 2}", "rest.known_key=1 rest.otherKey=2"},
		{"twice, equal", "yaml", "data_base: {maxConns: 1, max-conns: 1}", "data_base.max_conns=1"},
		{"twice, equal, in two maps", "yaml", "dataBase: {url: a}\ndata-base: {url: a}", "data_base.url=a"},
		{"twice", "yaml", "data_base:\n  maxConns: 1\n  max-conns: 2",
			"3:3 (l) data_base.max-conns: is another spelling of data_base.max_conns, and data_base.maxConns is set to another value on line 2; keep one of them, or give both the same value"},
		{"the key too", "yaml", "data_base:\n  maxConns: 1\n  max_conns: 2",
			"2:3 (l) data_base.maxConns: is another spelling of data_base.max_conns, and data_base.max_conns is set to another value on line 3; keep one of them, or give both the same value"},
		{"an old name too", "yaml", "data_base:\n  url: 1\n  OLD-DSN: 2",
			"3:3 (l) data_base.OLD-DSN: is an old name of data_base.url, and data_base.url is set to another value on line 2; keep one of them, or give both the same value"},
		{"two keys, exactly", "yaml", "two: {max_conns: 1, maxconns: 2}", "two.max_conns=1 two.maxconns=2"},
		{"two keys", "yaml", "two: {maxConns: 1}", "1:7 (l) two.maxConns: is ambiguous: it can mean two.max_conns or two.maxconns; write one of them exactly"},
		{"null", "yaml", "dataBase: {maxConns: null}", "data_base.max_conns=<nil>"},
		{"for people", "yaml", "x-foo: 1", "x-foo=1"},
		{"with a dot", "yaml", "data.base: {url: 1}", `"data.base".url=1 unknown`},
		{"unknown", "yaml", "data_base: {maxCons: 1}", "data_base.maxCons=1 unknown"},
		{"properties", "properties", "dataBase.maxConns=1\ndata-base.dial-timeout=2\nlabels.appName=a\nhosts[0].hostName=h", "data_base.max_conns=1 data_base.dialTimeout=2 labels.appName=a hosts[0].host_name=h"},
		{"properties, a remainder", "properties", "rest.knownKey=1\nrest.otherKey=2", "rest.known_key=1 rest.otherKey=2"},
		{"properties, by an old name", "properties", "database.oldDsn=1", "data_base.url=1"},
		{"properties twice, equal", "properties", "database.maxConns=1\ndatabase.max-conns=1", "data_base.max_conns=1"},
		{"properties twice", "properties", "database.maxConns=1\ndatabase.max-conns=2", "2:1 (l) data_base.max_conns: is defined twice; the first is database.maxConns on line 1"},
		{"properties, two keys", "properties", "two.maxConns=1", "1:1 (l): is ambiguous: it can mean two.max_conns or two.maxconns; the keys of the struct must not differ only in case, '-' and '_'"},
		{"properties, unknown", "properties", "database.maxCons=1", "1:1 (l) database.maxCons: unknown key, did you mean data_base.max_conns?"},
		{"properties, a list", "properties", "TAGS=a,b", "tags=a,b"},
		{"dotenv", "dotenv", "DATABASE_MAXCONNS=1\nDATA_BASE_DIAL_TIMEOUT=2\nHOSTS_0_HOSTNAME=h", "data_base.max_conns=1 data_base.dialTimeout=2 hosts[0].host_name=h"},
		{"dotenv, levels", "dotenv", "DATABASE__DIAL_TIMEOUT=2", "data_base.dialTimeout=2"},
		{"dotenv, no spelling", "dotenv", "TWO_MAX_CONNS=1", "two.max_conns=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := relaxed(layer.Policy{}, source.Document{Format: c.format, Data: []byte(c.text)})
			got := lines(d.Problems)
			if d.Problems == nil {
				got = strings.Join(leaves(nil, root(d)), " ")
				if hasRefused(root(d)) {
					got += " unknown"
				}
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if strict := (layer.Decoder{}).DecodeBy(layer.Policy{}, "l", "r", source.Document{Name: "d", Format: c.format, Data: []byte(c.text)}, spelled); strict.Deprecated != nil && d.Deprecated == nil {
				t.Errorf("the use of an old name is not reported any more: %v", strict.Deprecated)
			}
		})
	}
}

// hasRefused reports whether a tree has a key that binding reports as unknown.
func hasRefused(n *tree.Node) bool {
	for _, e := range n.Entries {
		if e.Verdict == tree.Refused || hasRefused(e.Value) {
			return true
		}
	}
	return false
}

// TestSpellingsAreNotOldNames holds that another spelling is normal, and an old name is reported.
func TestSpellingsAreNotOldNames(t *testing.T) {
	t.Parallel()
	d := relaxed(layer.Policy{Shared: true}, source.Document{Format: "yaml", Data: []byte("dataBase: {oldDsn: a, maxConns: 1, unheardOf: 2}")})
	if got := lines(d.Deprecated); got != "1:12 (l) dataBase.oldDsn: old name of data_base.url; write data_base.url instead" {
		t.Errorf("old names are reported as %s", got)
	}
	if got := lines(d.Unused); got != "1:36 (l) dataBase.unheardOf: unused key" {
		t.Errorf("unused keys are reported as %s", got)
	}
	if d := relaxed(layer.Policy{Shared: true}, source.Document{Format: "yaml", Data: []byte("data_base: {maxCons: 1, maxConns: 2}")}); hasRefused(root(d)) {
		t.Error("a key is taken for a misspelling of one that the document has in another spelling")
	}
	if d := relaxed(layer.Policy{Shared: true}, source.Document{Format: "yaml", Data: []byte("data_base: {maxCons: 1}")}); !hasRefused(root(d)) {
		t.Error("a misspelled key of a shared document is accepted")
	}
}

func TestSpellingsOfADecodedDocument(t *testing.T) {
	t.Parallel()
	d := relaxed(layer.Policy{}, source.Document{Tree: map[string]any{"LABELS": source.Text("a=1,b=2"), "dataBase": source.Text(`{"maxConns":1}`)}})
	if got := strings.Join(leaves(nil, root(d)), " "); d.Problems != nil || got != "data_base.max_conns=1 labels.a=1 labels.b=2" && got != "labels.a=1 labels.b=2 data_base.max_conns=1" {
		t.Errorf("the tree is %s, %v", got, d.Problems)
	}
}

// FuzzSpellings checks that another spelling of every key of a struct gives the same tree.
func FuzzSpellings(f *testing.F) {
	f.Add("max_conns", "1", uint8(3))
	f.Add("two", "{max_conns: 1}", uint8(7))
	f.Fuzz(func(t *testing.T, key, value string, how uint8) {
		spell := func(key string) string {
			if how&1 != 0 {
				key = strings.ReplaceAll(key, "_", "-")
			}
			if how&2 != 0 {
				key = strings.ToUpper(key)
			}
			if how&4 != 0 {
				key = strings.ReplaceAll(key, "_", "")
			}
			return key
		}
		for _, text := range []string{key + ": " + value, value} {
			sane(t, "yaml", []byte(text), spelled)
			relaxed(layer.Policy{}, source.Document{Format: "yaml", Data: []byte(text)})
			relaxed(layer.Policy{}, source.Document{Format: "properties", Data: []byte(text)})
			relaxed(layer.Policy{}, source.Document{Format: "dotenv", Data: []byte(text)})
		}
		exact := relaxed(layer.Policy{}, source.Document{Format: "json", Data: []byte(`{"data_base": {"max_conns": 1, "dialTimeout": 2}}`)})
		other := relaxed(layer.Policy{}, source.Document{Format: "json", Data: []byte(`{"` + spell("data_base") + `": {"` + spell("max_conns") + `": 1, "` + spell("dialTimeout") + `": 2}}`)})
		if other.Problems != nil || !tree.Equal(root(exact), root(other)) {
			t.Fatalf("another spelling (%d) gives %v, %v", how, root(other).Plain(), other.Problems)
		}
	})
}
