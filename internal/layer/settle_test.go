package layer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// renamed is a struct with old names at every kind of place.
var renamed = func() *tree.Shape {
	leaf := func() *tree.Shape { return &tree.Shape{Kind: tree.Leaf} }
	structOf := func(aliases map[string]string, fields map[string]*tree.Shape) *tree.Shape {
		s := &tree.Shape{Kind: tree.StructOf, Fields: fields, Aliases: aliases}
		for key := range fields {
			s.Order = append(s.Order, key)
		}
		slices.Sort(s.Order)
		return s
	}
	host := structOf(map[string]string{"name": "host"}, map[string]*tree.Shape{"host": leaf(), "port": leaf()})
	db := structOf(map[string]string{"dsn": "url", "conn": "url"}, map[string]*tree.Shape{"url": leaf(), "pool": leaf(), "max_conns": leaf(), "ipv4": leaf(),
		"dial_timeout": leaf(), "connection": structOf(nil, map[string]*tree.Shape{"limit": leaf()})})
	old := leaf()
	old.Deprecated = "use db.pool"
	return structOf(map[string]string{"database": "db"}, map[string]*tree.Shape{
		"db": db, "hosts": {Kind: tree.ListOf, Elem: host}, "by": {Kind: tree.MapOf, Elem: host}, "size": old,
		"server": structOf(nil, map[string]*tree.Shape{"timeout": leaf()}),
	})
}()

func settled(t *testing.T, policy layer.Policy, format, text string) layer.Decoded {
	t.Helper()
	return layer.Decoder{}.DecodeBy(policy, "l", "r", source.Document{Name: "d", Format: format, Data: []byte(text)}, renamed)
}

// root returns the tree of a document, or nil.
func root(d layer.Decoded) *tree.Node {
	if len(d.Roots) == 0 {
		return nil
	}
	return d.Roots[0]
}

func lines(problems source.Problems) string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = strings.TrimPrefix(p.Error(), "d:")
	}
	return strings.Join(all, "; ")
}

// Old names become keys in every format and at every place, and each use is reported by the name in
// the document.
func TestOldNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format, text string
		want         map[string]any
		used         string
		problems     string
	}{
		"a key":         {"yaml", "db: {dsn: a}", map[string]any{"db": map[string]any{"url": "a"}}, "1:6 (l) db.dsn: old name of db.url; write db.url instead", ""},
		"a section":     {"json", `{"database": {"pool": 1}}`, map[string]any{"db": map[string]any{"pool": int64(1)}}, "1:2 (l) database: old name of db; write db instead", ""},
		"both, equal":   {"toml", "[db]\nurl = 'a'\ndsn = 'a'", map[string]any{"db": map[string]any{"url": "a"}}, "3:1 (l) db.dsn: old name of db.url; write db.url instead", ""},
		"two old names": {"yaml", "db: {dsn: a, conn: a}", map[string]any{"db": map[string]any{"url": "a"}}, "1:6 (l) db.dsn: old name of db.url; write db.url instead; 1:14 (l) db.conn: old name of db.url; write db.url instead", ""},
		"in a list":     {"yaml", "hosts: [{name: a}, {host: b}]", map[string]any{"hosts": []any{map[string]any{"host": "a"}, map[string]any{"host": "b"}}}, "1:10 (l) hosts[0].name: old name of hosts[0].host; write hosts[0].host instead", ""},
		"in a map":      {"yaml", "by: {name: {name: a}}", map[string]any{"by": map[string]any{"name": map[string]any{"host": "a"}}}, "1:13 (l) by.name.name: old name of by.name.host; write by.name.host instead", ""},
		"deprecated":    {"yaml", "size: 1", map[string]any{"size": int64(1)}, "1:1 (l) size: deprecated: use db.pool", ""},
		"null is a use": {"yaml", "db: {dsn: }", map[string]any{"db": map[string]any{"url": nil}}, "1:6 (l) db.dsn: old name of db.url; write db.url instead", ""},
		"properties":    {"properties", "database.dsn=a", map[string]any{"db": map[string]any{"url": "a"}}, "1:1 (l) database: old name of db; write db instead; 1:1 (l) database.dsn: old name of db.url; write db.url instead", ""},
		"dotenv":        {"dotenv", "DB_DSN=a\nDATABASE_POOL=1", map[string]any{"db": map[string]any{"url": "a", "pool": "1"}}, "1:1 (l) db.dsn: old name of db.url; write db.url instead; 2:1 (l) database: old name of db; write db instead", ""},
		"properties by both names, of different keys": {"properties", "db.url=a\ndatabase.pool=1", map[string]any{"db": map[string]any{"url": "a", "pool": "1"}}, "2:1 (l) database: old name of db; write db instead", ""},
		"maps by both names, of different keys": {"yaml", "db: {url: a}\ndatabase: {pool: 1}", nil, "2:1 (l) database: old name of db; write db instead",
			"2:1 (l) database: is an old name of db, and db is set to another value on line 1; keep one of them, or give both the same value"},
		"both, different": {"yaml", "db: {url: a,\n dsn: b}", nil, "2:2 (l) db.dsn: old name of db.url; write db.url instead",
			"2:2 (l) db.dsn: is an old name of db.url, and db.url is set to another value on line 1; keep one of them, or give both the same value"},
		"dotenv, different": {"dotenv", "DB_URL=a\nDB_DSN=b", nil, "2:1 (l) db.dsn: old name of db.url; write db.url instead",
			"2:1 (l) db.dsn: is an old name of db.url, and db.url is set to another value on line 1; keep one of them, or give both the same value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := settled(t, layer.Policy{}, c.format, c.text)
			if lines(got.Problems) != c.problems || lines(got.Deprecated) != c.used {
				t.Errorf("problems\n%s\nwant\n%s\nused\n%s\nwant\n%s", lines(got.Problems), c.problems, lines(got.Deprecated), c.used)
			}
			if plain := root(got).Plain(); c.want != nil && fmt.Sprint(plain) != fmt.Sprint(any(c.want)) {
				t.Errorf("the tree is %v, want %v", plain, c.want)
			}
		})
	}
}

// In a document that several versions share, a misspelled key is refused and another unknown one is
// unused. The same document is refused where unknown keys are not allowed.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct{ unused, refused string }{
		"db: {pol: 1}":                          {refused: "db.pol"},
		"db: {Pool: 1}":                         {refused: "db.Pool"},
		"db: {dns: a}":                          {refused: "db.dns"}, // of an old name
		"db: {connectionn: {limit: 1}}":         {refused: "db.connectionn"},
		"db: {maxconns: 1}":                     {refused: "db.maxconns"},
		"db: {max_cons: 1}":                     {refused: "db.max_cons"},
		"by: {a: {prot: 1}}":                    {refused: "by.a.prot"},
		"hosts: [{hots: a}]":                    {refused: "hosts[0].hots"},
		"db.pool: 1":                            {refused: `"db.pool"`},
		"db: {pool: 2, pol: 1}":                 {unused: "db.pol"}, // the document has the key, and means another one
		"db: {dsn: a, dns: a}":                  {unused: "db.dns"},
		"db: {min_conns: 1}":                    {unused: "db.min_conns"},
		"db: {read_timeout: 1}":                 {unused: "db.read_timeout"},
		"db: {ipv6: a}":                         {unused: "db.ipv6"},
		"db: {legacy: {a: {b: 1}, c: 2}}":       {unused: "db.legacy"},
		"timeout: 1":                            {unused: "timeout"}, // of server
		"db: {server: {timeout: 1}}":            {unused: "db.server"},
		"audit: {on: true}":                     {unused: "audit"},
		"audit: ":                               {unused: "audit"},
		"x-owner: {a: 1}\ndb: {x-note: 1}":      {},
		"$schema: a\nhosts: [{$schema: b}]":     {},
		"by: {x-a: {host: a}, $schema: {}}":     {}, // keys of a map
		"x: 1\ndb: {x_note: 1}":                 {unused: "db.x_note; x"},
		"db: {url: a}\nby: {other: {port: 1}}":  {},
		"db: {connection: {limit: 1, size: 2}}": {unused: "db.connection.size"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := settled(t, layer.Policy{Shared: true}, "yaml", text)
			var unused []string
			for _, p := range got.Unused {
				unused = append(unused, p.Key)
			}
			slices.Sort(unused)
			if refused := verdicts(nil, root(got), tree.Refused); strings.Join(refused, "; ") != c.refused || strings.Join(unused, "; ") != c.unused {
				t.Errorf("refused are %q, want %q; unused %q, want %q", refused, c.refused, unused, c.unused)
			}
			if accepted := verdicts(nil, root(settled(t, layer.Policy{AllowUnknown: true}, "yaml", text)), tree.Refused); accepted != nil {
				t.Errorf("all unknown keys are allowed, but %v are refused", accepted)
			}
		})
	}
}

// verdicts returns the keys with a verdict.
func verdicts(at tree.Path, n *tree.Node, verdict tree.Verdict) (all []string) {
	for _, e := range n.Entries {
		if e.Verdict == verdict {
			all = append(all, at.Join(e.Key).String())
			continue
		}
		all = append(all, verdicts(at.Join(e.Key), e.Value, verdict)...)
	}
	for i, item := range n.Items {
		all = append(all, verdicts(at.Join(tree.Item(i)), item, verdict)...)
	}
	return all
}

// Names in documents without levels are judged as keys are.
func TestVerdictsOnNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, text, unused, problems string }{
		{"properties", "db.pol=1", "", `1:1 (l) db.pol: unknown key (AllowUnknown("db.pol") would accept it), did you mean db.pool?`},
		{"properties", "db.pol=1\ndb.pool=2", "1:1 (l) db.pol: unused key, did you mean db.pool?", ""},
		{"properties", "db.min-conns=1", "1:1 (l) db.min-conns: unused key, did you mean db.max_conns?", ""},
		{"properties", "db.connectionn.limit=1", "", `1:1 (l) db.connectionn.limit: unknown key (AllowUnknown("db.connectionn.limit") would accept it), did you mean db.connection.limit?`},
		{"properties", "audit.level=1", "1:1 (l) audit.level: unused key", ""},
		{"properties", "limit=1", "1:1 (l) limit: unused key, did you mean db.connection.limit?", ""},
		{"properties", "x-owner=a\ndb.x-note=b\n$schema=c", "", ""},
		{"properties", "hosts[0].hots=a", "", `1:1 (l) hosts[0].hots: unknown key (AllowUnknown("hosts[0].hots") would accept it), did you mean hosts[0].host?`},
		{"dotenv", "DB_POL=1", "", `1:1 (l) DB_POL: unknown key (AllowUnknown("db_pol") would accept it), did you mean DB_POOL?`},
		{"dotenv", "DB_LEGACY_MODE=1", "1:1 (l) DB_LEGACY_MODE: unused key", ""},
	} {
		got := settled(t, layer.Policy{Shared: true}, c.format, c.text)
		if lines(got.Unused) != c.unused || lines(got.Problems) != c.problems {
			t.Errorf("%q: unused\n%s\nwant\n%s\nproblems\n%s\nwant\n%s", c.text, lines(got.Unused), c.unused, lines(got.Problems), c.problems)
		}
	}
}

// Names and allowed keys count from the root of the config, also for documents under a key, and
// each YAML document of a text has its own.
func TestNoticesUnderAKey(t *testing.T) {
	t.Parallel()
	policy := layer.Policy{Shared: true, Allowed: []tree.Path{{"db", "legacy"}}}
	for name, c := range map[string]struct {
		at, format, text                  string
		trees, unused, deprecated, faults string
	}{
		"a YAML stream": {"db", "yaml", "dsn: a\nlegacy: 1\nnew: 2\n---\nconn: b\nmin_conns: 3\n",
			"map[db:map[legacy:1 new:2 url:a]] map[db:map[min_conns:3 url:b]]", "3:1 (l) db.new: unused key; 6:1 (l) db.min_conns: unused key, did you mean db.max_conns?",
			"1:1 (l) db.dsn: old name of db.url; write db.url instead; 5:1 (l) db.conn: old name of db.url; write db.url instead", ""},
		"an old name above": {"database", "yaml", "dsn: a", "map[db:map[url:a]]", "", "1:1 (l) db.dsn: old name of db.url; write db.url instead", ""},
		"a key elsewhere":   {"db", "yaml", "size: 1\ntimeout: 2", "map[db:map[size:1 timeout:2]]", "1:1 (l) db.size: unused key, did you mean size?; 2:1 (l) db.timeout: unused key, did you mean server.timeout?", "", ""},
		"two values": {"db", "yaml", "url: a\ndsn: b", "map[db:map[dsn:b url:a]]", "", "2:1 (l) db.dsn: old name of db.url; write db.url instead",
			"2:1 (l) db.dsn: is an old name of db.url, and db.url is set to another value on line 1; keep one of them, or give both the same value"},
		"properties": {"db", "properties", "dsn=a\nlegacy.x=1\naudit=1\npol=3", "map[db:map[url:a]]", "3:1 (l) db.audit: unused key",
			"1:1 (l) db.dsn: old name of db.url; write db.url instead", `4:1 (l) db.pol: unknown key (AllowUnknown("db.pol") would accept it), did you mean pool?`},
		"a list": {"hosts", "json", `[{"name": "a", "other": 1}]`, "map[hosts:[map[host:a other:1]]]", "1:16 (l) hosts[0].other: unused key",
			"1:3 (l) hosts[0].name: old name of hosts[0].host; write hosts[0].host instead", ""},
		"no field": {"audit", "json", `{"on": 1}`, "map[audit:map[on:1]]", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, _ := tree.ParsePath(c.at)
			got := layer.Decoder{At: at, Stream: true}.DecodeBy(policy, "l", "r", source.Document{Name: "d", Format: c.format, Data: []byte(c.text)}, renamed)
			trees := make([]string, len(got.Roots))
			for i, root := range got.Roots {
				trees[i] = fmt.Sprint(root.Plain())
			}
			for _, pair := range [][2]string{{strings.Join(trees, " "), c.trees}, {lines(got.Unused), c.unused}, {lines(got.Deprecated), c.deprecated}, {lines(got.Problems), c.faults}} {
				if pair[0] != pair[1] {
					t.Errorf("it is\n%s\nwant\n%s", pair[0], pair[1])
				}
			}
		})
	}
}

// Allowed keys are accepted with what is below them, in every format, and nothing else is.
func TestAllowedKeys(t *testing.T) {
	t.Parallel()
	policy := layer.Policy{Allowed: []tree.Path{{"db", "legacy"}, {"audit", "on"}}}
	for text, refused := range map[string]string{
		"db: {legacy: {a: 1}}": "", "db: {legacy: 1}": "", "audit: {on: true}": "", "audit: {on: true, off: 1}": "audit",
		"audit: {}": "audit", "db: {legacies: 1}": "db.legacies", "legacy: 1": "legacy",
	} {
		got := settled(t, policy, "yaml", text)
		if all := strings.Join(verdicts(nil, root(got), tree.Refused), "; "); all != refused || got.Unused != nil {
			t.Errorf("%q: refused are %q, want %q; unused %v", text, all, refused, got.Unused)
		}
	}
	for _, text := range []string{"db.legacy=1\ndb.legacy.a=2", "audit.on=1"} {
		if got := settled(t, policy, "properties", text); got.Problems != nil || got.Unused != nil {
			t.Errorf("%q: %v, unused %v", text, got.Problems, got.Unused)
		}
	}
	if got := settled(t, policy, "dotenv", "DB_LEGACY_A=1\nDB_LEGACIES=1"); len(got.Problems) != 1 {
		t.Errorf("one variable is not allowed, but there is %v", got.Problems)
	}
}

// FuzzSettle checks that settling loses no value and that its result does not depend on the order
// of keys: the same document in another order has the same tree, or also has a problem.
func FuzzSettle(f *testing.F) {
	f.Add("db: {url: a, dsn: a, conn: a}\nhosts: [{name: 1}]", uint64(1))
	f.Add("database: {url: a}\ndb: {dsn: a}", uint64(2))
	f.Add("DB: {maxConns: 1, max-conns: 1, DSN: a}\nby: {MaxConns: {Host: x}}", uint64(4))
	f.Add("database: {dsn: a, conn: b}\nby: {name: {name: x, host: x}}\nother: 1", uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		doc := source.Document{Name: "d", Format: "yaml", Data: []byte(text)}
		plain, problems := layer.Decode("l", "r", doc, nil)
		if problems != nil || plain == nil {
			return
		}
		for _, policy := range []layer.Policy{{}, {Shared: true}, {AllowUnknown: true}} {
			for _, relaxed := range []bool{false, true} {
				settleShuffled(t, layer.Decoder{Relaxed: relaxed}, policy, doc, plain, seed)
			}
		}
	})
}

func settleShuffled(t *testing.T, decoder layer.Decoder, policy layer.Policy, doc source.Document, plain *tree.Node, seed uint64) {
	t.Helper()
	got := decoder.DecodeBy(policy, "l", "r", doc, renamed)
	shuffled := source.Document{Name: "d", Tree: map[string]any{}}
	if root, ok := shuffle(plain, rand.New(rand.NewPCG(seed, 1))).Plain().(map[string]any); ok {
		shuffled.Tree = root
	}
	again := decoder.DecodeBy(policy, "l", "r", shuffled, renamed)
	if (got.Problems == nil) != (again.Problems == nil) {
		t.Fatalf("in another order, the problems %v become %v", got.Problems, again.Problems)
	}
	if got.Problems == nil && (!tree.Equal(root(got), root(again)) || len(got.Deprecated) != len(again.Deprecated)) {
		t.Fatalf("in another order, %v becomes %v", root(got).Plain(), root(again).Plain())
	}
	have := map[string]bool{}
	scalars(root(got), have)
	want := map[string]bool{}
	scalars(plain, want)
	for value := range want {
		if !have[value] {
			t.Fatalf("the value %s of %q is lost in %v", value, doc.Data, root(got).Plain())
		}
	}
}

func shuffle(n *tree.Node, r *rand.Rand) *tree.Node {
	if n.Kind != tree.Map {
		return n
	}
	entries := slices.Clone(n.Entries)
	r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	for i := range entries {
		entries[i].Value = shuffle(entries[i].Value, r)
	}
	return tree.NewMap(n.Doc, n.Line, n.Column, entries)
}

// scalars collects the values of a tree.
func scalars(n *tree.Node, into map[string]bool) {
	switch n.Kind {
	case tree.Scalar:
		into[fmt.Sprintf("%T %v", n.Value, n.Value)] = true
	case tree.List:
		for _, item := range n.Items {
			scalars(item, into)
		}
	case tree.Map:
		for _, e := range n.Entries {
			scalars(e.Value, into)
		}
	}
}

// A document that is written in another format than its own has keys, and none that a field has.
func TestADocumentWithoutAnyKnownKeyIsReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, format, text, want string }{
		{"YAML in properties", "properties", "db:\n  url: x\n  pool: 3\n", "d (l): no field has any of its keys; check that it is written in its format, properties"},
		{"strangers", "yaml", "cache: {size: 3}\nother: 1\n", "d (l): no field has any of its keys; check that it is written in its format, yaml"},
		{"properties in YAML", "yaml", "db.max_conns: 3\nhosts.count: 1\n", "d (l): no field has any of its keys; check that it is written in its format, yaml"},
		{"one known key", "yaml", "cache: {size: 3}\nsize: 1\n", ""},
		{"one known name", "properties", "cache.size=3\ndb.pool=1\n", ""},
		{"an extension", "yaml", "x-anchors: 1\n", ""},
		{"empty", "yaml", "# nothing\n", ""},
		{"an empty file of names", "properties", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := settled(t, layer.Policy{AllowUnknown: true}, c.format, c.text)
			if got := lines(slices.Concat(d.Problems, d.Unused)); got != c.want {
				t.Errorf("reported %q, want %q", got, c.want)
			}
			if d := settled(t, layer.Policy{}, c.format, "db.url=x"); len(d.Unused) > 0 {
				t.Errorf("a strict layer reports %q", lines(d.Unused))
			}
		})
	}
}

func TestLostTextIsReported(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{
		"yaml": "size: 1\nby: {ab\ufffd: {port: 1}}\n", "properties": "size=1\ndb.url\ufffd=1\ndb.url=\ufffd\n", "json": "{\n \"si\\u\ufffd\": 1}",
	} {
		d := settled(t, layer.Policy{AllowUnknown: true}, format, text)
		if got := lines(d.Unused); !strings.Contains(got, "(l): has the character U+FFFD") || strings.Count(got, "U+FFFD") != 1 {
			t.Errorf("%s: reported %q, want one notice", format, got)
		}
	}
	if d := settled(t, layer.Policy{}, "yaml", "size: 1\ndb: \ufffd\n"); !strings.Contains(lines(d.Unused), "2:5 (l): has") {
		t.Errorf("reported %q, want its line and column", lines(d.Unused))
	}
	if d := settled(t, layer.Policy{}, "yaml", "size: \"\\uFFFD\"\n"); len(d.Unused) > 0 {
		t.Errorf("an escape is deliberate, and reported as %q", lines(d.Unused))
	}
}
