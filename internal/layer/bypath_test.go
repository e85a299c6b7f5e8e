package layer_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestVariablesWithAPath(t *testing.T) {
	t.Parallel()
	shape := structOf("db", structOf("dsn", "pool_size"), "hosts", listOf(leaf), "labels", mapOf(leaf), "any", (*tree.Shape)(nil),
		"servers", listOf(structOf("addr")), "port")
	flag := func(name, key, value string) environ.Variable {
		return environ.Variable{Key: key, Name: name, Value: value, Path: true, Flag: true}
	}
	variable := func(name, key, value string) environ.Variable {
		return environ.Variable{Key: key, Name: name, Value: value, Path: true}
	}
	for _, c := range []struct {
		name string
		vs   []environ.Variable
		want string // leaves, or the problem
	}{
		{"a variable", []environ.Variable{variable("DATABASE_URL", "db.dsn", "x")}, "db.dsn=x"},
		{"an item", []environ.Variable{variable("ADDR", "servers[0].addr", "x")}, "servers[0].addr=x"},
		{"a key of a map, as it is", []environ.Variable{variable("TEAM", `labels."app.io/Team"`, "x")}, `labels."app.io/Team"=x`},
		{"below an interface", []environ.Variable{variable("X", "any.A.b", "x")}, "any.A.b=x"},
		{"a struct as JSON", []environ.Variable{variable("X", "db", `{"dsn":1}`)}, "db.dsn=1"},
		{"a struct as text", []environ.Variable{variable("X", "db", "x")},
			"$X db: has keys below it and cannot be set to a text, except to JSON in braces"},
		{"unknown", []environ.Variable{variable("X", "db.dns", "x")}, "$X db.dns: unknown key, did you mean db.dsn?"},
		{"unknown section", []environ.Variable{variable("X", "database.pool_size", "x")}, "$X database.pool_size: unknown key, did you mean db.pool_size?"},
		{"below a single value", []environ.Variable{variable("X", "port.http", "x")}, "$X port.http: unknown key"},
		{"an item of no list", []environ.Variable{variable("X", "db[0]", "x")}, "$X db[0]: unknown key"},
		{"a key of a list", []environ.Variable{variable("X", "hosts.a", "x")}, "$X hosts.a: unknown key"},
		{"no path", []environ.Variable{variable("X", "db..dsn", "x")}, "$X db..dsn: unknown key"},
		{"not set", []environ.Variable{{Key: "db.dsn", Name: "X", Path: true, Unset: true}}, ""},
		{"not set and unknown", []environ.Variable{{Key: "db.dns", Name: "X", Path: true, Unset: true}},
			"$X db.dns: unknown key, although the source is configured to set it, did you mean db.dsn?"},
		{"a file", []environ.Variable{{Key: "db.dsn", Name: "X_FILE", Value: "x", Path: true, File: true}}, "db.dsn=x"},
		{"a missing file", []environ.Variable{{Key: "db.dsn", Name: "X_FILE", Value: "names a file that does not exist", Path: true, File: true, Fault: source.NotFound}},
			"$X_FILE db.dsn: names a file that does not exist"},
		{"a file too", []environ.Variable{variable("X", "db.dsn", "x"), {Key: "db.dsn", Name: "X_FILE", Value: "x", Path: true, File: true}},
			"$X_FILE db.dsn: is set by both $X and $X_FILE; set only one of them"},
		{"another variable", []environ.Variable{{Key: "DB_DSN", Name: "APP_DB_DSN", Value: "x"}, variable("X", "db.dsn", "x")},
			"$X db.dsn: is defined twice; the first is $APP_DB_DSN"},
		{"a flag", []environ.Variable{flag("db.dsn", "db.dsn", "x")}, "db.dsn=x"},
		{"an unknown flag", []environ.Variable{flag("p", "prt", "x")}, "--p (env) prt: unknown key, did you mean port?"},
		{"a flag twice", []environ.Variable{flag("p", "port", "1"), flag("port", "port", "2")}, "port=2"},
		{"a list twice", []environ.Variable{flag("hosts", "hosts", "a, b"), flag("hosts", "hosts", `["c"]`), flag("hosts", "hosts", "d")},
			"hosts[0]=a hosts[1]=b hosts[2]=c hosts[3]=d"},
		{"a list once", []environ.Variable{flag("hosts", "hosts", "a,b")}, "hosts=a,b"},
		{"a map twice", []environ.Variable{flag("l", "labels", "a=1,b=2"), flag("l", "labels", "b=3")}, "labels.a=1 labels.b=3"},
		{"a bad map", []environ.Variable{flag("l", "labels", "a")}, "--l (env) labels: " + tree.NotAMap},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var data []byte
			for _, v := range c.vs {
				var ok bool
				if data, ok = environ.Append(data, v); !ok {
					t.Fatalf("%+v cannot be a variable", v)
				}
			}
			d := source.Document{Name: "environment", Format: environ.Format, Data: data, AllowUnknown: true}
			n, ps := layer.Decode("env", "r", d, shape)
			got := told(ps)
			if ps == nil {
				got = strings.Join(leaves(nil, n), " ")
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
