package layer_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// The same name is another path in another struct: the struct's keys tell.
func TestNamesMeanWhatTheStructHas(t *testing.T) {
	t.Parallel()
	secrets := &tree.Shape{Kind: tree.MapOf, Elem: &tree.Shape{Kind: tree.Leaf, Secret: true}}
	node := structOf("value")
	node.Fields["child"], node.Order = node, append(node.Order, "child") // a recursive type
	rest := structOf("name")
	rest.Kind, rest.Elem = tree.RemainderOf, leaf
	for _, c := range []struct {
		name, env string
		shape     *tree.Shape
		want      string // path=value, or the problem
	}{
		{"one key", "DB_POOL_SIZE=5", structOf("db", structOf("pool_size")), "db.pool_size=5"},
		{"three levels", "DB_POOL_SIZE=5", structOf("db", structOf("pool", structOf("size"))), "db.pool.size=5"},
		{"long section", "DB_POOL_SIZE=5", structOf("db_pool", structOf("size")), "db_pool.size=5"},
		{"top", "DB_POOL_SIZE=5", structOf("db_pool_size"), "db_pool_size=5"},
		{"dash", "DB_POOL_SIZE=5", structOf("db", structOf("pool-size")), "db.pool-size=5"},
		{"dot in the key", "APP_NAME=5", structOf("app.name"), `"app.name"=5`},
		{"letters", "DB_POOLSIZE=5", structOf("DB", structOf("poolSize")), "DB.poolSize=5"},
		{"small letters", "db_pool=5", structOf("db", structOf("pool")), "db.pool=5"},
		{"dots in the name", "db.pool=5", structOf("db", structOf("pool")), "db.pool=5"},
		{"backtracking", "A_B_C_D=5", structOf("a_b", structOf("x"), "a", structOf("b_c", structOf("d"))), "a.b_c.d=5"},
		{"ambiguous", "A_B_C=5", structOf("a_b", structOf("c"), "a", structOf("b_c")),
			"is ambiguous: it can mean a.b_c or a_b.c; write __ between levels to tell them apart, or in front of a name that is one key"},
		{"way out 1", "A__B_C=5", structOf("a_b", structOf("c"), "a", structOf("b_c")), "a.b_c=5"},
		{"way out 2", "A_B__C=5", structOf("a_b", structOf("c"), "a", structOf("b_c")), "a_b.c=5"},
		{"way out 3", "_A_B_C=5", structOf("a_b", structOf("c"), "a_b_c"), "a_b_c=5"},
		{"double everywhere", "_DB__POOL_SIZE=5", structOf("db", structOf("pool_size")), "db.pool_size=5"},
		{"led by one, levels by one", "_DB_POOL=5", structOf("db", structOf("pool")), "db.pool=5"},
		{"double, but not all levels", "DB__POOL_SIZE=5", structOf("db", structOf("pool", structOf("size"))), "db.pool.size=5"},
		{"key with a leading underscore", "A__B=5", structOf("a", structOf("_b")), "a._b=5"},
		{"two spellings of one key", "A_B=5", structOf("a_b", "a-b"),
			"is ambiguous: it can mean a-b or a_b; write __ between levels to tell them apart, or in front of a name that is one key"},
		{"list as text", "HOSTS=a,b", structOf("hosts", listOf(leaf)), "hosts=a,b"},
		{"list by items", "HOSTS_0=a HOSTS_1=b", structOf("hosts", listOf(leaf)), "hosts[0]=a hosts[1]=b"},
		{"items in any order", "HOSTS_1=b HOSTS_0=a", structOf("hosts", listOf(leaf)), "hosts[0]=a hosts[1]=b"},
		{"ten items", "H_0=a H_1=a H_10=a H_2=a H_3=a H_4=a H_5=a H_6=a H_7=a H_8=a H_9=a", structOf("h", listOf(leaf)),
			"h[0]=a h[1]=a h[2]=a h[3]=a h[4]=a h[5]=a h[6]=a h[7]=a h[8]=a h[9]=a h[10]=a"},
		{"items of structs", "SERVERS_0_ADDR=a SERVERS_0_TLS_CERT=b", structOf("servers", listOf(structOf("addr", "tls", structOf("cert")))),
			"servers[0].addr=a servers[0].tls.cert=b"},
		{"lists of lists", "M_0_0=a M_0_1=b", structOf("m", listOf(listOf(leaf))), "m[0][0]=a m[0][1]=b"},
		{"gap", "HOSTS_1=a", structOf("hosts", listOf(leaf)), "is item 1 of a list that has no item 0; a list is given as a whole, from 0 on"},
		{"one item twice", "HOSTS_0=a HOSTS__0=b", structOf("hosts", listOf(leaf)), "hosts[0]: is defined twice; the first is $APP_HOSTS_0"},
		{"leading zero is no item", "HOSTS_00=a", structOf("hosts", listOf(leaf)), "unknown key, did you mean APP_HOSTS?"},
		{"enormous item", "HOSTS_99999999999999999999=a", structOf("hosts", listOf(leaf)), "unknown key, did you mean APP_HOSTS?"},
		{"map", "LABELS_APP_NAME=a", structOf("labels", mapOf(leaf)), "labels.app_name=a"},
		{"map with levels", "LABELS__APP_NAME=a", structOf("labels", mapOf(leaf)), "labels.app_name=a"},
		{"map of structs", "DBS_EU_MAIN_POOL_SIZE=5", structOf("dbs", mapOf(structOf("pool_size"))), "dbs.eu_main.pool_size=5"},
		{"map of structs, ambiguous", "DBS_EU_A_B=5", structOf("dbs", mapOf(structOf("a", structOf("b"), "b"))),
			"is ambiguous: it can mean dbs.eu.a.b or dbs.eu_a.b; write __ between levels to tell them apart, or in front of a name that is one key"},
		{"map of structs, unknown", "DBS_EU_SIZE=5", structOf("dbs", mapOf(structOf("pool"))), "unknown key"},
		{"map of maps", "M__A_B__C=5", structOf("m", mapOf(mapOf(leaf))), "m.a_b.c=5"},
		{"anything", "X_A_B=5", structOf("x", (*tree.Shape)(nil)), "x.a_b=5"},
		{"anything with levels", "X__A_B__C=5", structOf("x", (*tree.Shape)(nil)), "x.a_b.c=5"},
		{"no shape", "DB__POOL_SIZE=5", nil, "db.pool_size=5"},
		{"remainder: a field", "NAME=5", rest, "name=5"},
		{"remainder: another", "OTHER_NAME=5", rest, "other_name=5"},
		{"recursive", "CHILD_CHILD_VALUE=5", node, "child.child.value=5"},
		{"recursive and unknown", strings.Repeat("CHILD_", 2000) + "VALU=5", node, "unknown key"},
		{"twice", "DB_POOL=1 DB__POOL=2", structOf("db", structOf("pool")), "db.pool: is defined twice; the first is $APP_DB_POOL"},
		{"section", "DB=1", structOf("db", structOf("pool")), "db: has keys below it and cannot be set to a text, except to JSON in braces"},
		{"unknown", "DB_POL=1", structOf("db", structOf("pool")), "unknown key, did you mean APP_DB_POOL?"},
		{"the nearest of two", "DB_POOLX=1", structOf("db", structOf("poo", "pool", "poolxyz")), "unknown key, did you mean APP_DB_POOL?"},
		{"unknown without its section", "POOL=1", structOf("db", structOf("pool")), "unknown key, did you mean APP_DB_POOL?"},
		{"unknown in a list", "SERVERS_12_ADR=1", structOf("servers", listOf(structOf("addr"))), "unknown key, did you mean APP_SERVERS_12_ADDR?"},
		{"unknown and far", "QQQQ=1", structOf("db", structOf("pool")), "unknown key"},
		{"only separators", "__=1", structOf("db"), "unknown key"},
		{"separator at the end", "DB_=1", structOf("db"), "unknown key, did you mean APP_DB?"},
		{"not UTF-8", "DB=\xff", structOf("db"), "db: is not UTF-8"},
		{"map of secrets", "S_A=1", structOf("s", secrets), "s.a=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, ps := layer.Decode("env", "r", source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, strings.Fields(c.env)...))}, c.shape)
			if ps != nil {
				if got := strings.TrimPrefix(ps[0].Error(), ps[0].Position.String()); len(ps) > 1 || strings.TrimLeft(got, ": ") != c.want {
					t.Errorf("%s: %v\nwant %s", c.env, ps, c.want)
				}
				return
			}
			if got := leaves(nil, n); strings.Join(got, " ") != c.want {
				t.Errorf("%s set %v, want %s", c.env, got, c.want)
			}
		})
	}
}

// leaves are path=value of all scalars.
func leaves(at tree.Path, n *tree.Node) (all []string) {
	switch n.Kind {
	case tree.Map:
		for _, e := range n.Entries {
			all = append(all, leaves(at.Join(e.Key), e.Value)...)
		}
	case tree.List:
		for i, item := range n.Items {
			all = append(all, leaves(at.Join(tree.Item(i)), item)...)
		}
	default:
		all = append(all, at.String()+"="+textOf(n))
	}
	return all
}

func TestEnvironPositions(t *testing.T) {
	t.Parallel()
	n, ps := layer.Decode("env", "r7", source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, "DB_POOL=5"))},
		structOf("db", structOf("pool")))
	if ps != nil {
		t.Fatal(ps)
	}
	want := source.Position{Layer: "env", Document: "$APP_DB_POOL"}
	e := n.Child("db").Entry("pool")
	if got := e.Position(); got != want || e.Value.Position() != want {
		t.Errorf("the key stands at %+v, want %+v", got, want)
	}
}

func TestEnvironIsStrictUnlessTold(t *testing.T) {
	t.Parallel()
	data := []byte(environData(t, "HOME=/root", "DB=x", "DB_POOL=5", "POL=1"))
	d := source.Document{Name: "environment", Format: "environ", Data: data}
	if _, ps := layer.Decode("env", "", d, structOf("db", structOf("pool"))); len(ps) != 3 {
		t.Errorf("strangers' variables with the prefix passed: %v", ps)
	}
	d.AllowUnknown = true
	if _, ps := layer.Decode("env", "", d, structOf("home", structOf("a"), "HOME", structOf("a"), "db", leaf)); ps != nil {
		t.Errorf("a stranger's variable that is called as two sections are: %v", ps)
	}
	n, ps := layer.Decode("env", "", d, structOf("db", structOf("pool")))
	if ps != nil || !reflect.DeepEqual(n.Plain(), any(map[string]any{"db": map[string]any{"pool": "5"}})) {
		t.Errorf("where strangers' variables are allowed: %v %v", n.Plain(), ps)
	}
}

func TestEnvironFiles(t *testing.T) {
	t.Parallel()
	shape := structOf("db", structOf("dsn"), "tls", structOf("cert_file", "cert"), "labels", mapOf(leaf),
		"secrets", mapOf(&tree.Shape{Kind: tree.Leaf, Secret: true}))
	file := func(key, content string) environ.Variable {
		return environ.Variable{Key: key, Name: "APP_" + key + "_FILE", Value: content, File: true}
	}
	fault := func(key string) environ.Variable {
		return environ.Variable{Key: key, Name: "APP_" + key + "_FILE", Value: "names a file that does not exist", Fault: source.NotFound, File: true}
	}
	plain := func(key string) environ.Variable {
		return environ.Variable{Key: key, Name: "APP_" + key, Value: "/path"}
	}
	for _, c := range []struct {
		name string
		vs   []environ.Variable
		want string
	}{
		{"content", []environ.Variable{plain("DB_DSN_FILE"), file("DB_DSN", "x y")}, "db.dsn=x y"},
		{"a key of that name", []environ.Variable{plain("TLS_CERT_FILE"), file("TLS_CERT", "x")}, "tls.cert_file=/path"},
		{"a key of that name, file missing", []environ.Variable{plain("TLS_CERT_FILE"), fault("TLS_CERT")}, "tls.cert_file=/path"},
		{"a key of that name beside the other", []environ.Variable{plain("TLS_CERT"), plain("TLS_CERT_FILE"), file("TLS_CERT", "x")},
			"tls.cert=/path tls.cert_file=/path"},
		{"missing", []environ.Variable{plain("DB_DSN_FILE"), fault("DB_DSN")}, "$APP_DB_DSN_FILE db.dsn: names a file that does not exist"},
		{"both", []environ.Variable{plain("DB_DSN"), plain("DB_DSN_FILE"), file("DB_DSN", "x")},
			"$APP_DB_DSN_FILE db.dsn: is set by both $APP_DB_DSN and $APP_DB_DSN_FILE; set only one of them"},
		{"both, the other way", []environ.Variable{plain("DB_DSN_FILE"), file("DB_DSN", "x"), plain("DB__DSN")},
			"$APP_DB__DSN db.dsn: is set by both $APP_DB_DSN_FILE and $APP_DB__DSN; set only one of them"},
		{"unknown", []environ.Variable{plain("DB_DSM_FILE"), file("DB_DSM", "x")}, "$APP_DB_DSM_FILE: unknown key, did you mean APP_DB_DSN_FILE?"},
		{"in a map", []environ.Variable{plain("LABELS_LOG_FILE"), file("LABELS_LOG", "x")}, "labels.log_file=/path"},
		{"in a map of secrets", []environ.Variable{plain("SECRETS_KEY_FILE"), file("SECRETS_KEY", "x")}, "secrets.key=x"},
		{"not UTF-8", []environ.Variable{plain("DB_DSN_FILE"), file("DB_DSN", "\xff")}, "$APP_DB_DSN_FILE db.dsn: is not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var data []byte
			for _, v := range c.vs {
				data, _ = environ.Append(data, v)
			}
			n, ps := layer.Decode("env", "", source.Document{Name: "environment", Format: "environ", Data: data}, shape)
			got := told(ps)
			if ps == nil {
				got = strings.Join(leaves(nil, n), " ")
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, p := range ps {
				if c.name == "missing" && p.Kind != source.NotFound || strings.HasPrefix(c.name, "both") && p.Kind != source.InvalidArgument {
					t.Errorf("the problem's kind is %v", p.Kind)
				}
			}
		})
	}
}

func TestEnvironMalformed(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"A", "A=1\x00", "A<B=1", "A<=1\x00", "<A=1\x00", "A<B<x=1\x00", "A<B<0=1\x00", "A<B<04=1\x00", "A<B<999=1\x00", "A<B<=1\x00"} {
		if _, ps := read("environ", data, nil); len(ps) != 1 || ps[0].Kind != source.Malformed {
			t.Errorf("%q passed as variables: %v", data, ps)
		}
	}
}

// textOf is the text of a scalar.
func textOf(n *tree.Node) string { return fmt.Sprint(n.Value) }
