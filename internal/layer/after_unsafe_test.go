package layer_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func wayOf(t *testing.T, name string) *way {
	t.Helper()
	for i := range ways {
		if ways[i].name == name {
			return &ways[i]
		}
	}
	t.Fatalf("no way %q", name)
	return nil
}

// unsafeChanges are changes of which a part means something else alone than in the whole text, or
// changes what other parts mean.
var unsafeChanges = []struct {
	name, way, format string
	texts             []string
}{
	{"an alias elsewhere", "no shape", "yaml", []string{"a: &x\n  k: 1\nb: *x\n", "a: &x\n  k: 2\nb: *x\n"}},
	{"a merge key elsewhere", "no shape", "yaml", []string{"a: &x\n  k: 1\nb:\n  <<: *x\n  y: 1\n", "a: &x\n  k: 2\nb:\n  <<: *x\n  y: 1\n", "a: &x\n  k: 2\nb:\n  <<: *x\n  y: 2\n"}},
	{"an anchor comes and is changed", "no shape", "yaml", []string{"a: 1\nb: 1\n", "a: &x {k: 1}\nb: *x\n", "a: &x {k: 2}\nb: *x\n"}},
	{"an anchor at a key", "no shape", "yaml", []string{"&x a: 1\nb:\n  k: *x\n", "&x aa: 1\nb:\n  k: *x\n"}},
	{"an alias as a key", "no shape", "yaml", []string{"l:\n- &x a: 1\n- *x : 2\n", "l:\n- &x b: 1\n- *x : 2\n"}},
	{"an anchor is declared twice", "no shape", "yaml", []string{"a: 1\nb: &x 1\nc: 3\n", "a: &x 2\nb: &x 1\nc: *x\n", "a: &x 2\nb: 1\nc: *x\n"}},
	{"a tag that a directive declares", "no shape", "yaml", []string{"%TAG ! tag:yaml.org,2002:\n---\na: 1\nb: 1\n", "%TAG ! tag:yaml.org,2002:\n---\na: 1\nb: !str 1\n", "%TAG ! tag:yaml.org,2002:\n---\na: 1\nb: !str 2\n"}},
	{"a comment after a directive", "no shape", "yaml", []string{"%YAML 1.2\n---\na: 1\n", "%YAML 1.2\n # c\n---\na: 1\n"}},
	{"another directive", "no shape", "yaml", []string{"%TAG !x! y\n---\na: 1\n", "%TAG !x! y\n # c\n---\na: 1\n"}},
	{"a line ends with CR", "no shape", "yaml", []string{"a: 1\rb: 2\nc: 3\nd: 4\ne: 5\n", "a: 1\rb: 2\nz: 3\nd: 4\ne: 5\n"}},
	{"a line ends with CR from now on", "no shape", "yaml", []string{"a: 1\nb: 2\nc: 3\n", "a: 1\rz: 1\nb: 2\nc: 3\n", "a: 1\rz: 1\ny: 2\nc: 3\n"}},
	{"the last line ends with CR from now on", "no shape", "yaml", []string{"a: 1\nb: 2\n", "a: 1\nb: 2\rc: 3\n", "a: 1\nb: 2\rd: 3\n"}},
	{"a comment ends with CR from now on", "no shape", "yaml", []string{"# x\na: 1\n", "# x\r# y\na: 1\n"}},
	{"a CR", "no shape", "json", []string{"{\"a\":1,\r\"b\":2,\n\"c\":3}", "{\"a\":1,\r\"b\":2,\n\"c\":4}"}},
	{"a CR from now on", "no shape", "json", []string{"{\"a\":1,\n\"b\":2,\n\"c\":3}", "{\"a\":1,\r\n\r\"b\":2,\n\"c\":3}", "{\"a\":1,\r\n\r\"b\":2,\n\"c\":4}"}},
	{"a CR", "no shape", "properties", []string{"a=1\rb=2\nc=3\n", "a=1\rb=2\nc=4\n"}},
	{"a CR from now on", "no shape", "properties", []string{"a=1\nb=2\nc=3\n", "a=1\n\rb=2\nc=3\n", "a=1\n\rb=2\nc=4\n"}},
	{"a key without a value, marked as one", "no shape", "yaml", []string{"b:\n  x: 1\n  y: 1\nc: 2\n", "b:\n  x: 1\n  ? y\nc: 2\n", "b:\n  x: 2\n  ? y\nc: 2\n"}},
	{"a key without a value, marked on its own line", "no shape", "yaml", []string{"b:\n  x: 1\n  y: 1\nc: 2\n", "b:\n  x: 1\n  ?\n    y\nc: 2\n"}},
	{"a Unicode line end", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: \"x\u2028y\"\nb: 1\n"}},
	{"a Unicode line end in a comment at the head", "no shape", "yaml", []string{"# x\na: 1\n", "# x\u2028\na: 1\n"}},
	{"a control character at the head", "no shape", "yaml", []string{"# x\na: 1\n", "# x\x01\na: 1\n"}},
	{"a NUL", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: x\x00\nb: 1\n"}},
	{"not UTF-8", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: \xff\nb: 1\n"}},
	{"not UTF-8", "no shape", "json", []string{`{"a": "x"}`, "{\"a\": \"\xff\"}"}},
	{"a NUL", "no shape", "json", []string{`{"a": "x"}`, "{\"a\": \"\x00\"}"}},
	{"not UTF-8", "no shape", "properties", []string{"a=x\n# c\n", "a=x\n# \xff\n"}},
	{"a NUL", "no shape", "properties", []string{"a=x\n# c\n", "a=x\n# \x00\n"}},
	{"a byte order mark comes", "no shape", "properties", []string{"\n\ufeffa=1\nb=2\n", "\ufeffa=1\nb=2\n"}},
	{"a line comes before a byte order mark", "paths allowed", "properties", []string{"\ufeffdbs.us.dsn=1\n", " \n\ufeffdbs.us.dsn=1\n"}},
	{"a byte order mark", "no shape", "json", []string{"\ufeff{\"a\":1,\"b\":2}", "\ufeff{\"a\":1,\"b\":3}", "\ufeff{\"a\":1,\"bb\":3}"}},
	{"text that a conversion lost", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: \ufffd\nb: 1\n", "a: \ufffd\nb: 2\n", "a: x\nb: 2\n"}},
	{"no key is known from now on", "unknown allowed", "yaml", []string{"a: 1\nodd: 1\n", "odd: 1\nstrange: 1\n", "odd: 2\nstrange: 1\n", "odd: 2\na: 1\n"}},
	{"no key is known from now on", "unknown allowed", "json", []string{"{\n\"a\": 1,\n\"odd\": 1\n}", "{\n\"odd\": 1\n}", "{\n\"odd\": 2\n}", "{\n\"odd\": 2,\n\"a\": 1\n}"}},
	{"no key is known from now on", "unknown allowed", "properties", []string{"a=1\nodd=1\n", "odd=1\n", "odd=2\n", "odd=2\na=1\n"}},
	{"a second document", "no shape", "yaml", []string{"a: 1\nb: 2\n", "a: 1\n---\nb: 2\n"}},
	{"a second document at the end", "no shape", "yaml", []string{"a: 1\n", "a: 1\n---\nb: 2\n"}},
	{"the end of the document", "no shape", "yaml", []string{"a: 1\nb: 2\n", "a: 1\n...\nb: 2\n"}},
	{"the end of the document, and a directive", "no shape", "yaml", []string{"a: 1\n", "a: 1\n...\n%YAML 1.3\n"}},
	{"two documents", "relaxed and strict", "yaml", []string{"a: 1\n---\nb: 2\n", "a: 1\n---\nb: 3\n", "a: 2\n---\nb: 3\n"}},
	{"a map in brackets over several lines", "no shape", "yaml", []string{"a:\n  {\n  b: 1,\n  c: 2 }\n", "a:\n  {\n  b: 5,\n  c: 2 }\n"}},
	{"a list in brackets over several lines", "no shape", "yaml", []string{"a: [x\n   - y, 5]\n", "a: [x\n   - y, 6]\n"}},
	{"the sign of an item goes", "no shape", "yaml", []string{"l:\n- a: 1\n  b: 1\n- c: 1\n", "l:\n  a: 2\n  b: 1\n- c: 1\n"}},
	{"an item below its sign", "no shape", "yaml", []string{"l:\n- 1\n-\n  a: 1\n", "l:\n- 2\n-\n  a: 1\n", "l:\n- 2\n-\n  a: 2\n"}},
	{"a comment before a key", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: x\n# c\nb: 1\n", "a: |\n# c\nb: 1\n"}},
	{"a quote is opened", "no shape", "yaml", []string{"a: 1\nb: 'x'\n", "a: '1\nb: 'x'\n"}},
	{"a bracket is opened", "no shape", "yaml", []string{"a: 1\nb: [x]\n", "a: [1\nb: [x]\n"}},
	{"a text ends with the document", "no shape", "yaml", []string{"a: 1\nb: |\n  x", "a: 1\nb: |\n  x\n", "a: 1\nb: |\n  y"}},
	{"a text ends in the line of a key", "no shape", "yaml", []string{"a: 1\nb: 2", "a: 1\nb: 3", "a: 1\nb: 3\nc: 4", "a: 1\nb: 3\nd: 4"}},
	{"a text ends in the line of a key", "no shape", "properties", []string{"a=1\nb=2", "a=1\nb=3", "a=1\nb=3\nc=4"}},
	{"a list becomes a key's value", "no shape", "yaml", []string{"a:\nb: 1\n", "a:\n- b\n", "a:\n- b\n- c\n"}},
	{"a key on the first column of a list", "no shape", "yaml", []string{"a:\n- 1\n- 2\nb: 1\n", "a:\n- 1\nc: 2\nb: 1\n"}},
	{"a text in several lines", "no shape", "yaml", []string{"a: x\nb: 1\n", "a: x\n  y\nb: 1\n", "a: x\n  y: 2\nb: 1\n"}},
	{"a key twice", "no shape", "yaml", []string{"a: 1\nb: 2\nc: 3\n", "a: 1\na: 2\nc: 3\n"}},
	{"a key twice, the later one first", "no shape", "yaml", []string{"a: 1\nb: 2\nc: 3\n", "c: 1\nb: 2\nc: 3\n"}},
	{"a key twice", "no shape", "json", []string{`{"a":1,"b":2}`, `{"a":1,"a":2}`}},
	{"a key under two names", "aliases", "yaml", []string{"a: 1\nb: 2\n", "a: 1\nalpha: 2\n"}},
	{"a key under two names, in one part", "aliases", "yaml", []string{"a: 1\nb: 2\n", "alpha: 2\na: 1\nb: 2\n", "alpha: 2\na: 3\nb: 2\n"}},
	{"a key under two names with one value", "aliases", "yaml", []string{"a: 1\nb: 1\nalpha: 1\nx: 1\n", "a: 1\nb: 2\nalpha: 1\nx: 1\n", "a: 1\nb: 2\nalpha: 2\nx: 1\n"}},
	{"a key under two names with one value, the old one above", "aliases", "yaml", []string{"alpha: 1\nb: 1\na: 1\nx: 1\n", "alpha: 1\nb: 1\na: 2\nx: 1\n"}},
	{"a key under two names with one value, the old one above", "aliases", "yaml", []string{"x: 1\nalpha: 1\nb: 1\na: 1\n", "x: 1\nalpha: 1\nb: 1\na: 2\n"}},
	{"an old name comes", "aliases", "yaml", []string{"a: 1\nb: 2\n", "alpha: 1\nb: 2\n", "alpha: 1\nb: 3\n", "\nalpha: 1\nb: 3\n", "\na: 1\nb: 3\n"}},
	{"an unused key goes", "shared", "yaml", []string{"db:\n  odd: 1\nb: 1\n", "db:\n  dsn: 1\nb: 1\n"}},
	{"an unused key moves", "shared", "yaml", []string{"b: 1\ndb:\n  odd: 1\n", "b: 1\n\n\ndb:\n  odd: 1\n"}},
	{"an unused key moves in its line", "shared", "json", []string{`{"b":1,"db":{"odd":1}}`, `{"b":1000,"db":{"odd":1}}`}},
	{"a misspelled key gets its sibling", "shared", "yaml", []string{"db:\n  pool_siz: 1\n  dsn: x\n", "db:\n  pool_siz: 1\n  dsn: x\n  pool_size: 2\n", "db:\n  pool_siz: 1\n  dsn: x\n"}},
	{"a misspelled key gets its sibling, above it", "shared", "yaml", []string{"db:\n  dsn: x\n  pool_siz: 1\n", "db:\n  dsn: x\n  pool_size: 2\n  pool_siz: 1\n"}},
	{"a key in two spellings, in one part", "relaxed", "yaml", []string{"x-y: 1\nb: 2\n", "max_conns: 1\nmaxConns: 2\nb: 2\n"}},
	{"a misspelled key gets its sibling, in one part", "shared", "yaml", []string{"db:\n  pool_siz: 1\n", "db:\n  pool_siz: 1\n  pool_size: 2\n"}},
	{"a misspelled key loses its sibling", "shared", "yaml", []string{"db:\n  pool_siz: 1\n  pool_size: 2\n  dsn: x\n", "db:\n  pool_siz: 1\n  dsn: x\n"}},
	{"a path that is allowed, and one that is not", "paths allowed", "yaml", []string{"odd:\n  x: 1\n", "odd:\n  x: 1\n  y: 1\n"}},
	{"an item that is allowed moves", "paths allowed", "yaml", []string{"servers:\n- name: a\n- name: b\n  extra: 1\n", "servers:\n- name: c\n- name: a\n- name: b\n  extra: 1\n"}},
	{"an item with an unused key moves", "shared", "yaml", []string{"servers:\n- name: a\n- name: b\n  oddity: 1\n", "servers:\n- name: c\n- name: a\n- name: b\n  oddity: 1\n"}},
	{"an entry without a value", "aliases", "yaml", []string{"dbs:\n  eu: {dsn: x}\n  us: {dsn: y}\n", "dbs:\n  eu:\n  us: {dsn: y}\n", "dbs:\n  eu:\n  us: {dsn: z}\n", "dbs:\n  eu: {}\n  us: {dsn: z}\n"}},
	{"an entry without a value, in a list", "aliases", "yaml", []string{"pools:\n- eu: {dsn: x}\n  us:\n- x:\n", "pools:\n- uk:\n  us:\n- x:\n"}},
	{"another spelling in a list", "relaxed", "yaml", []string{"servers:\n- maxConns: 1\n- name: x\n", "servers:\n- maxConns: 2\n- name: x\n"}},
	{"a document's start goes", "no shape", "yaml", []string{"---\na: 1\n", "# c\na: 1\n"}},
	{"nulls in lists", "aliases", "yaml", []string{"m:\n  x:\n    y:\n    - 1\n    z: [1]\n", "m:\n  x:\n    y:\n    z: [1]\n", "m:\n  x:\n    y:\n    - ~\n    z: [1]\n"}},
	{"the only null goes", "no shape", "yaml", []string{"a: ~\nb: 1\n", "a: 1\nb: 1\n"}},
	{"a number grows over a comma", "no shape", "json", []string{`{"a":[1,740,true]}`, `{"a":[1,7true]}`}},
	{"the last member goes, and its comma stays", "no shape", "json", []string{`{"a":1,"b":2}`, `{"a":1,}`}},
	{"the first member goes, and its comma stays", "no shape", "json", []string{`{"a":1,"b":2}`, `{,"b":2}`}},
	{"a comma goes", "no shape", "json", []string{`{"a":1,"b":2}`, `{"a":1 "b":2}`}},
	{"a bracket goes", "no shape", "json", []string{`{"a":{"b":1},"c":2}`, `{"a":{"b":1,"c":2}`}},
	{"a bracket moves", "no shape", "json", []string{`{"a":{"b":1 } ,"c":2}`, `{"a":{"b":1,"e":{} },"c":2}`, `{"a":{"b":1},"e":2,"c":2}`}},
	{"a bracket comes", "no shape", "json", []string{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1},"c":2}}`, `{"a":{"b":1},"c":2}`}},
	{"what follows in the line moves", "no shape", "json", []string{"{\"a\":{\"b\":1,\n\"c\":1},\"d\":[1,\n2]}", "{\"a\":{\"b\":1,\n\"c\":1000},\"d\":[1,\n2]}", "{\"a\":{\"b\":1,\n\"c\":\n1000},\"d\":[1,\n2]}"}},
	{"a line continues", "no shape", "properties", []string{"a = 1 \\\n  b\nc=2\n", "a = 1 \\\n  bb\nc=2\n", "a = 1 \\\n  bb\\\nc=2\n", "a = 1 \\\n\nc=2\n"}},
	{"a name continues", "no shape", "properties", []string{"a\\\nb = 1\nc = 2\n", "a\\\nbb = 1\nc = 2\n", "a\nbb = 1\nc = 2\n"}},
	{"a text that is a map", "aliases", "properties", []string{"labels=a=1\nb=2\n", "labels=a=2,c=3\nb=2\n", "labels=plain\nb=2\n"}},
	{"a text that means nothing", "unknown allowed", "properties", []string{"labels=plain\nb=2\n", "labels={\"x\":\"y\"}\nb=2\n", "labels=plain\nb=2\n"}},
	{"a name that its value decides on", "unknown allowed", "properties", []string{"dbs.x=plain\nb=2\n", "dbs.x={\"dsn\":\"y\"}\nb=2\n", "dbs.x=plain\nb=2\n"}},
	{"a whole and a part", "aliases", "properties", []string{"labels=a=1\nb=2\n", "labels=a=1\nlabels.x=1\nb=2\n"}},
	{"a part and a whole", "aliases", "properties", []string{"labels.x=1\nb=2\n", "labels.x=1\nlabels=a=1\nb=2\n"}},
	{"a value below a value", "no shape", "properties", []string{"a=1\nb=2\n", "a=1\na.b=2\n"}},
	{"an item more", "aliases", "properties", []string{"hosts[0]=x\nb=2\n", "hosts[0]=x\nhosts[1]=y\nb=2\n", "hosts[0]=x\nhosts[2]=y\nb=2\n"}},
	{"the first of two settings goes", "no shape", "properties", []string{"x.a=1\ny.a=1\nx.b=2\n", "y.a=1\nx.b=2\n", "x.a=1\ny.a=1\nx.b=2\n"}},
	{"the only setting of a map goes", "no shape", "properties", []string{"x.a=1\ny.a=1\n", "y.a=1\n"}},
	{"a name under another one", "aliases", "properties", []string{"db.dsn=x\nb=1\n", "db.dsn=x\ndatabase.pool_size=2\nb=1\n", "db.dsn=x\ndatabase.pool_size=3\nb=1\n"}},
	{"another spelling with the same value", "relaxed", "properties", []string{"max_conns=1\nb=1\nmaxConns=1\n", "max_conns=1\nb=2\nmaxConns=1\n", "max_conns=1\nb=2\nmaxConns=2\n"}},
	{"an unused name", "shared", "properties", []string{"db.odd_thing=1\nb=1\n", "db.odd_thing=2\nb=1\n", "\ndb.odd_thing=2\nb=1\n", "db.dsn=2\nb=1\n"}},
	{"a misspelled name loses its sibling", "shared", "properties", []string{"db.pool_siz=1\nb=1\ndb.dsn=x\ndb.pool_size=2\n", "db.pool_siz=1\nb=1\ndb.dsn=x\n"}},
	{"comments move settings past each other's lines", "no shape", "properties", []string{"x.a=1\nx.b=2\ny.a=3\n", "# c\nx.a=1\nx.b=3\ny.a=3\n", "x.a=2\nx.b=3\n# c\ny.a=4\n"}},
	{"a name with two meanings comes", "aliases", "properties", []string{"m.u.x=1\nb=2\n", "m.u.x=1\nm.u.v.w=1\nb=2\n"}},
	{"a name with two meanings gets another value", "no shape", "properties", []string{"a.b=1\nc=2\n", "a.b=2\nc=2\n"}},
	{"the later of two equal settings goes", "relaxed", "properties", []string{"max_conns=1\nb=1\nmaxConns=1\nx-a=1\n", "max_conns=1\nb=1\nx-a=1\n"}},
	{"the first of two equal settings goes", "relaxed", "properties", []string{"max_conns=1\nb=1\nmaxConns=1\nx-a=1\n", "b=1\nmaxConns=1\nx-a=1\n"}},
	{"a key of an item comes and goes", "no shape", "properties", []string{"c[0].x=1\nb=2\n", "c[0].x=1\nc[0].y=2\nb=2\n", "c[0].x=1\nb=2\n"}},
	{"a key of an item comes and goes, before the others", "aliases", "properties", []string{"b=2\nservers[0].name=x\n", "servers[0].port=1\nb=2\nservers[0].name=x\n", "b=2\nservers[0].name=x\n"}},
	{"a key of a text that is a map goes", "aliases", "properties", []string{"dbs.eu={\"dsn\":\"x\",\"pool_size\":1}\nb=2\n", "dbs.eu={\"dsn\":\"x\"}\nb=2\n", "dbs.eu.dsn=x\nb=2\n", "b=2\n"}},
	{"a key comes to a text that is a map", "aliases", "properties", []string{"dbs={\"eu\":{\"dsn\":\"x\"}}\nb=2\n", "dbs={\"eu\":{\"dsn\":\"x\"}}\ndbs.us.dsn=y\nb=2\n", "dbs={\"eu\":{\"dsn\":\"x\"}}\nb=2\n"}},
	{"same bytes", "no shape", "toml", []string{"a = 1\n", "a = 1\n", "a = 2\n"}},
	{"same bytes", "aliases", environ.Format, []string{"", ""}},
}

func TestUnsafeChangesAreDecodedInFull(t *testing.T) {
	t.Parallel()
	for _, c := range unsafeChanges {
		w := wayOf(t, c.way)
		last := w.full(c.format, c.texts[0])
		if len(last.Problems) > 0 {
			t.Errorf("%s, %s begins with a problem: %v", c.format, c.name, last.Problems)
		}
		for i, now := range c.texts[1:] {
			was := c.texts[i]
			t.Run(c.format+", "+c.name, func(t *testing.T) { last = w.follows(t, &last, c.format, was, now) })
		}
	}
}

// The limits count for the whole document.
func TestLimitsOfDocumentsDecodedInPart(t *testing.T) {
	t.Parallel()
	w := wayOf(t, "aliases")
	few := 10
	values := `{"a":1,"any":[` + strings.Repeat("1,", layer.MaxNodes-few-1) + "1]"
	bytes := `{"a":1,"b":"` + strings.Repeat("x", layer.MaxSize-100) + `"`
	deep := `{"a":` + strings.Repeat("[", tree.MaxDepth-1)
	deeper := strings.Repeat("]", tree.MaxDepth-1) + "}"
	for _, c := range []struct {
		name, format, was, right, wrong string
	}{
		{"values of texts", "properties", "hosts=[" + strings.Repeat(`"x",`, layer.MaxNodes-few) + "\"x\"]\nlabels=a=1\n", "hosts=[" + strings.Repeat(`"x",`, layer.MaxNodes-few) + "\"x\"]\nlabels=a=2\n", "hosts=[" + strings.Repeat(`"x",`, layer.MaxNodes-few) + "\"x\"]\nlabels=a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1\n"},
		{"values", "json", values + `,"c":[1]}`, values + `,"c":[1,1]}`, values + `,"c":[1,1,1,1,1,1,1,1,1,1]}`},
		{"bytes", "json", bytes + `,"c":"x"}`, bytes + `,"c":"xx"}`, bytes + `,"c":"` + strings.Repeat("x", 100) + `"}`},
		{"depth", "json", deep + "1" + deeper, deep + "2" + deeper, deep + "[1]" + deeper},
	} {
		last := w.full(c.format, c.was)
		if len(last.Problems) > 0 {
			t.Fatalf("%s: %v", c.name, last.Problems)
		}
		for name, now := range map[string]string{"right": c.right, "wrong": c.wrong} {
			got := w.after(&last, c.format, now)
			if (len(got.Problems) > 0) != (name == "wrong") || layer.IsPart(&got) != (name == "right") {
				t.Errorf("%s, %s: %v", c.name, name, got.Problems)
			}
		}
	}
}

// What the text is read as is a part of what a document is decoded from.
func TestOtherInputsAreDecodedInFull(t *testing.T) {
	t.Parallel()
	shape := structOf("at", structOf("max_conns"), "max_conns")
	d := source.Document{Name: "doc", Format: "yaml", Data: []byte("maxConns: 1\nodd: 2\n")}
	base := layer.Policy{Shared: true}
	last := layer.Decoder{}.DecodeBy(base, "l", "r", d, shape)
	changed := source.Document{Name: "doc", Format: "yaml", Data: []byte("maxConns: 2\nodd: 2\n")}
	if got := (layer.Decoder{}).DecodeAfter(&last, base, "l", "r2", d, shape); !layer.IsPart(&got) || got.Unused[0].Position.Revision != "r2" || last.Unused[0].Position.Revision != "r" {
		t.Errorf("the same document in another revision is %+v, and was %+v", *got.Unused[0], *last.Unused[0])
	} else if got.Roots[0] != last.Roots[0] {
		t.Error("the same document has another tree")
	}
	for name, c := range map[string]struct {
		o      layer.Decoder
		policy layer.Policy
		layer  string
		name   string
		format string
		shape  *tree.Shape
		absent bool
		tree   map[string]any
	}{
		"layer":         {policy: base, layer: "m", name: "doc", format: "yaml", shape: shape},
		"name":          {policy: base, layer: "l", name: "other", format: "yaml", shape: shape},
		"format":        {policy: base, layer: "l", name: "doc", format: "properties", shape: shape},
		"shape":         {policy: base, layer: "l", name: "doc", format: "yaml", shape: structOf("odd")},
		"at":            {o: layer.Decoder{At: tree.Path{"at"}}, policy: base, layer: "l", name: "doc", format: "yaml", shape: shape},
		"relaxed":       {o: layer.Decoder{Relaxed: true}, policy: base, layer: "l", name: "doc", format: "yaml", shape: shape},
		"stream":        {o: layer.Decoder{Stream: true}, policy: base, layer: "l", name: "doc", format: "yaml", shape: shape},
		"allow unknown": {policy: layer.Policy{AllowUnknown: true, Shared: true}, layer: "l", name: "doc", format: "yaml", shape: shape},
		"not shared":    {layer: "l", name: "doc", format: "yaml", shape: shape},
		"allowed":       {policy: layer.Policy{Shared: true, Allowed: []tree.Path{{"odd"}}}, layer: "l", name: "doc", format: "yaml", shape: shape},
		"absent":        {policy: base, layer: "l", name: "doc", format: "yaml", shape: shape, absent: true},
		"tree and data": {policy: base, layer: "l", name: "doc", format: "yaml", shape: shape, tree: map[string]any{"odd": "3"}},
		"tree":          {policy: base, layer: "l", name: "doc", shape: shape, tree: map[string]any{"odd": "3"}},
	} {
		for _, of := range []source.Document{d, changed} {
			of.Name, of.Format, of.Absent, of.Tree = c.name, c.format, c.absent, c.tree
			if c.format == "" {
				of.Data = nil
			}
			got, want := c.o.DecodeAfter(&last, c.policy, c.layer, "r", of, c.shape), c.o.DecodeBy(c.policy, c.layer, "r", of, c.shape)
			if dump(&got) != dump(&want) || layer.IsPart(&got) {
				t.Errorf("with another %s, the document is\n%s\nwant\n%s", name, dump(&got), dump(&want))
			}
		}
	}
	if got := (layer.Decoder{}).DecodeAfter(nil, base, "l", "r", d, shape); dump(&got) != dump(&last) {
		t.Error("a first document is another one")
	}
	if got := (layer.Decoder{}).DecodeAfter(&layer.Decoded{}, base, "l", "r", d, shape); dump(&got) != dump(&last) {
		t.Error("a document after an absent one is another one")
	}
}

// Several goroutines can decode after the same document.
func TestDecodeAfterIsConcurrent(t *testing.T) {
	t.Parallel()
	w := wayOf(t, "shared")
	for format, texts := range map[string][2]string{
		"yaml": {"a: 1\nodd: 1\ndb:\n  dsn: x\n", "a: 2\n\nodd: 1\ndb:\n  dsn: x\n"}, "json": {`{"a":1,"odd":{},"b":1}`, `{"a":22,"odd":{},"b":1}`},
		"properties": {"a=1\nodd=1\ndb.dsn=x\n", "a=2\n\nodd=1\ndb.dsn=x\n"},
	} {
		last := w.full(format, texts[0])
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { w.follows(t, &last, format, texts[0], texts[1]) })
		}
		all.Wait()
	}
}
