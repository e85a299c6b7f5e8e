package layer_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// A name in the options of a source must be that of a key, set or not.
func TestWhatIsToBeReadIsAKey(t *testing.T) {
	t.Parallel()
	node := structOf("value")
	node.Fields["child"], node.Order = node, append(node.Order, "child") // a recursive type
	rest := structOf("name")
	rest.Kind, rest.Elem = tree.RemainderOf, leaf
	wide := structOf()
	wide.Fields = map[string]*tree.Shape{}
	for i := range 5000 {
		wide.Fields["key"+itoa(i)] = leaf
	}
	db := structOf("db", structOf("pool", "pool_size"), "port")
	none := "no key matches this pattern, which the source is configured to read"
	unknown := "unknown key, although the source is configured to read it"
	for _, c := range []struct {
		name, key string
		shape     *tree.Shape
		want      string
	}{
		{"key", "DB_POOL", db, ""},
		{"levels", "DB__POOL_SIZE", db, ""},
		{"misspelt", "DB_POL", db, unknown + ", did you mean APP_DB_POOL?"},
		{"section", "DB", db, "db: has keys below it; APP_DB_* is all of them, and APP_DB* the name itself too"},
		{"ambiguous", "A_B_C", structOf("a_b", structOf("c"), "a", structOf("b_c")), ""},
		{"no shape", "DB_POL", nil, ""},
		{"no keys", "A", structOf(), unknown},
		{"recursive", "CHILD_CHILD_VALUE", node, ""},
		{"recursive, misspelt", "CHILD_CHILD_VALU", node, unknown + ", did you mean APP_CHILD_CHILD_VALUE?"},
		{"remainder", "OTHER", rest, ""},

		{"all of a section", "DB_*", db, ""},
		{"all of a section, levels", "DB__*", db, ""},
		{"part of a name", "D*L", db, ""},
		{"stars at both ends", "*POOL*", db, ""},
		{"stars in a row", "**_POOL", db, ""},
		{"files", "DB_*_FILE", db, ""},
		{"no such section", "DP_*", db, none + ", did you mean APP_DB_*?"},
		{"no such end", "DB_*_SIZES", db, none},
		{"overlap is no match", "DB_POOL*POOL", db, none},
		{"nothing near", "QQQQ_*", db, none},
		{"below a scalar", "PORT_X*", db, none},
		{"no shape, pattern", "X_*", nil, ""},
		{"no keys, pattern", "A*", structOf(), none},
		{"recursive, pattern", "CHILD_*_VALUE", node, ""},
		{"recursive, deeper than anybody looks", "CHILD_CHILD_CHILD_CHILD_CHILD_CHILD_CHILD_CHILD_CHILD_CHILD_*", node, ""},
		{"remainder, pattern", "OTHER_*", rest, ""},
		{"list", "HOSTS_*", structOf("hosts", listOf(leaf)), ""},
		{"keys of a list's items", "S_*_ADDR", structOf("s", listOf(structOf("addr"))), ""},
		{"map", "LABELS_*_X", structOf("labels", mapOf(leaf)), ""},
		{"anything", "X_*_Y", structOf("x", (*tree.Shape)(nil)), ""},
		{"more keys than anybody looks at", "ZZZ_*", wide, ""},
		{"a key with a dash", "READ_*_OUT", structOf("read-time-out"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, allowed := range []bool{false, true} { // it makes no difference
				data, ok := environ.Append(nil, environ.Variable{Key: c.key, Name: "APP_" + c.key, Unset: true})
				if !ok {
					t.Fatal("it cannot be a variable")
				}
				n, ps := layer.Decode("env", "", source.Document{Name: "environment", Format: "environ", Data: data, AllowUnknown: allowed}, c.shape)
				want := c.want
				if want != "" {
					if c.key == "DB" {
						want = " " + want
					} else {
						want = ": " + want
					}
					want = "$APP_" + c.key + want
				}
				if got := told(ps); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if ps == nil && len(leaves(nil, n)) != 0 {
					t.Errorf("what is not set, sets %q", leaves(nil, n))
				}
			}
		})
	}
}

// A variable that is named to be read is not a stranger's.
func TestANamedVariableIsAKeyWhereUnknownOnesAreAllowed(t *testing.T) {
	t.Parallel()
	shape := structOf("db", structOf("pool", "dsn"))
	for _, c := range []struct {
		vs   []environ.Variable
		want string
	}{
		{[]environ.Variable{{Key: "DB_POOL", Name: "DB_POOL", Value: "5", Named: true}}, ""},
		{[]environ.Variable{{Key: "DB_POL", Name: "DB_POL", Value: "5"}}, ""},
		{[]environ.Variable{{Key: "DB_POL", Name: "DB_POL", Value: "5", Named: true}}, "$DB_POL: unknown key, did you mean DB_POOL?"},
		{[]environ.Variable{{Key: "DB", Name: "DB", Value: "5"}}, ""},
		{[]environ.Variable{{Key: "DB", Name: "DB", Value: "5", Named: true}}, "$DB db: has keys below it and cannot be set to a text, except to JSON in braces"},
		{[]environ.Variable{{Key: "DB_DSM_FILE", Name: "DB_DSM_FILE", Value: "/x"}, {Key: "DB_DSM", Name: "DB_DSM_FILE", File: true}}, ""},
		{[]environ.Variable{{Key: "DB_DSM_FILE", Name: "DB_DSM_FILE", Value: "/x", Named: true}, {Key: "DB_DSM", Name: "DB_DSM_FILE", File: true}},
			"$DB_DSM_FILE: unknown key, did you mean DB_DSN_FILE?"},
	} {
		var data []byte
		for _, v := range c.vs {
			data, _ = environ.Append(data, v)
		}
		_, ps := layer.Decode("env", "", source.Document{Name: "environment", Format: "environ", Data: data, AllowUnknown: true}, shape)
		if got := told(ps); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
