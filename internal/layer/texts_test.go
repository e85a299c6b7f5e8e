package layer_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// textCases are the texts of the variables, one a line, the tree that they mean, and the problem.
var textCases = []struct {
	name, env string
	want      any
	problem   string
}{
	{"list", `HOSTS=["a","b"]`, plain{"hosts": list{"a", "b"}}, ""},
	{"list with space", `HOSTS= [ "a" , "b" ] `, plain{"hosts": list{"a", "b"}}, ""},
	{"list without items", `HOSTS=[]`, plain{"hosts": list{}}, ""},
	{"list with commas in items", `HOSTS=["a,b"]`, plain{"hosts": list{"a,b"}}, ""},
	{"numbers keep their type", `HOSTS=[1,1.5,true,18446744073709551615]`, plain{"hosts": list{int64(1), 1.5, true, uint64(18446744073709551615)}}, ""},
	{"plain text", `HOSTS=a,b`, plain{"hosts": "a,b"}, ""},
	{"addresses", `HOSTS=[::1]:80,[fe80::1]`, plain{"hosts": "[::1]:80,[fe80::1]"}, ""},
	{"one pattern", `HOSTS=[a-z]+,b`, plain{"hosts": "[a-z]+,b"}, ""},
	{"YAML", `HOSTS=[a,b]`, nil, "hosts: begins like JSON and is not valid JSON; put its strings in double quotes, or write a list as a,b"},
	{"cut off", `HOSTS=["a","b"`, nil, "hosts: begins like JSON and is not valid JSON; put its strings in double quotes, or write a list as a,b"},
	{"list of structs", `SERVERS=[{"addr":"a"},{"addr":"b"}]`, plain{"servers": list{plain{"addr": "a"}, plain{"addr": "b"}}}, ""},
	{"item of a list of structs", `SERVERS_0={"addr":"a"}`, plain{"servers": list{plain{"addr": "a"}}}, ""},
	{"map", `LABELS=a=1, b = x=y`, plain{"labels": plain{"a": "1", "b": "x=y"}}, ""},
	{"map with an escape", `LABELS=a=1\,2,b=`, plain{"labels": plain{"a": "1,2", "b": ""}}, ""},
	{"map in JSON", `LABELS={"App.Name":"x","n":null}`, plain{"labels": plain{"App.Name": "x", "n": nil}}, ""},
	{"map without entries", `LABELS=`, plain{"labels": plain{}}, ""},
	{"map without =", `LABELS=a`, nil, "labels: must be a map, written key=value,key=value or as JSON"},
	{"map with a part without =", `LABELS=a=1,b`, nil, "labels: must be a map, written key=value,key=value or as JSON"},
	{"map with a key twice", `LABELS=a=1,a=2`, nil, "labels: has a key twice"},
	{"map with a key twice in JSON", `LABELS={"a":1,"b":{"c":1,"c":2}}`, nil, "labels: has a key twice"},
	{"map in broken JSON", `LABELS={a:1}`, nil, "labels: begins like JSON and is not valid JSON; put its keys and strings in double quotes"},
	{"half of a pair", `LABELS={"a":"\ud800"}`, nil, `labels: has a \u that is not a character; a character beyond \uffff is a pair of them`},
	{"number too wide", `LABELS={"a":18446744073709551616}`, nil, "labels: is a whole number that does not fit in 64 bits; quote it if it is a text"},
	{"too deep", `LABELS={"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, nil, "labels: is nested deeper than 100"},
	{"struct", `DB={"pool":5}`, plain{"db": plain{"pool": int64(5)}}, ""},
	{"struct as pairs", `DB=pool=5`, nil, "db: has keys below it and cannot be set to a text, except to JSON in braces"},
	{"whole and part", "DB={\"pool\":5}\nDB_DSN=x", nil, "db.dsn: is below a key that is set as a whole by $APP_DB"},
	{"map of structs", `DBS_EU_MAIN={"pool":5}`, plain{"dbs": plain{"eu_main": plain{"pool": int64(5)}}}, ""},
	{"key in a map of structs", `DBS_EU_POOL=5`, plain{"dbs": plain{"eu": plain{"pool": "5"}}}, ""},
	{"map of structs in JSON", `DBS={"eu":{"pool":5}}`, plain{"dbs": plain{"eu": plain{"pool": int64(5)}}}, ""},
	{"map of lists", "M__EU__0=a\nM__EU__1=b", plain{"m": plain{"eu": list{"a", "b"}}}, ""},
	{"map of lists, long key", "M__EU_WEST__0=a", plain{"m": plain{"eu_west": list{"a"}}}, ""},
	{"map of lists, one text", "M__EU=a,b", plain{"m": plain{"eu": "a,b"}}, ""},
	{"map of lists, one underscore", "M_EU=a,b", plain{"m": plain{"eu": "a,b"}}, ""},
	{"map of lists, JSON for one", `M_EU=["a"]`, plain{"m": plain{"eu": list{"a"}}}, ""},
	{"map of lists in JSON", `M={"eu":["a"]}`, plain{"m": plain{"eu": list{"a"}}}, ""},
	{"map of lists, ambiguous", "M_EU_0=a", nil, "is ambiguous: it can mean m.eu[0] or m.eu_0; write __ between levels to tell them apart, or in front of a name that is one key"},
	{"map of maps", "MM__EU__A=1", plain{"mm": plain{"eu": plain{"a": "1"}}}, ""},
	{"map of maps as pairs", "MM__EU=a=1,b=2", plain{"mm": plain{"eu": plain{"a": "1", "b": "2"}}}, ""},
	{"text stays text where anything goes", `ANY={"a":1}`, plain{"any": `{"a":1}`}, ""},
	{"text stays text in a text", `NAME={"a":1}`, plain{"name": `{"a":1}`}, ""},
}

type (
	plain = map[string]any
	list  = []any
)

func textShape() *tree.Shape {
	pool := structOf("pool", "dsn")
	return structOf("hosts", listOf(leaf), "labels", mapOf(leaf), "servers", listOf(structOf("addr")), "db", pool, "dbs", mapOf(pool),
		"m", mapOf(listOf(leaf)), "mm", mapOf(mapOf(leaf)), "any", &tree.Shape{}, "name", leaf)
}

func TestTextsMeanMapsAndLists(t *testing.T) {
	t.Parallel()
	for _, c := range textCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, ps := layer.Decode("env", "r", source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, strings.Split(c.env, "\n")...))}, textShape())
			checkTexts(t, c.env, n, ps, c.want, c.problem)
		})
	}
}

func checkTexts(t *testing.T, text string, n *tree.Node, ps source.Problems, want any, problem string) {
	t.Helper()
	if problem != "" || len(ps) > 0 {
		if len(ps) != 1 || !strings.HasSuffix(ps[0].Error(), problem) || problem == "" {
			t.Errorf("%s has the problems\n%v\nwant\n%s", text, told(ps), problem)
		}
		return
	}
	if got := n.Plain(); !reflect.DeepEqual(got, want) {
		t.Errorf("%s means %#v, want %#v", text, got, want)
	}
}

// The formats without types read the same text in the same way.
func TestTextsMeanTheSameInEachFormat(t *testing.T) {
	t.Parallel()
	for format, line := range map[string]string{"properties": "%s=%s\n", "dotenv": "%s='%s'\n"} {
		for _, text := range []struct {
			key, value string
			want       any
			problem    string
		}{
			{"hosts", `["a","b"]`, list{"a", "b"}, ""},
			{"hosts", "[a,b]", nil, "begins like JSON"},
			{"labels", "a=1,b=2", plain{"a": "1", "b": "2"}, ""},
			{"labels", `{"a":"1"}`, plain{"a": "1"}, ""},
			{"labels", "a", nil, "must be a map"},
			{"db", `{"pool":5}`, plain{"pool": int64(5)}, ""},
			{"db", "5", nil, "JSON in braces"},
		} {
			n, ps := read(format, fmt.Sprintf(line, text.key, text.value), textShape())
			switch {
			case text.problem != "":
				if len(ps) != 1 || !strings.Contains(ps[0].Message, text.problem) || ps[0].Position.Line != 1 {
					t.Errorf("%s in %s has the problems %v, want %s", text.value, format, ps, text.problem)
				}
			case len(ps) > 0 || !reflect.DeepEqual(n.Plain(), any(plain{text.key: text.want})):
				t.Errorf("%s in %s means %#v, %v", text.value, format, n.Plain(), ps)
			}
		}
	}
	n, ps := layer.Decode("koanf", "r", source.Document{Name: "tree", Tree: plain{
		"labels": source.Text("a=1"), "dbs": plain{"eu": source.Text(`{"pool":5}`)}, "hosts": source.Text("a"), "name": source.Text("{}"),
	}}, textShape())
	want := plain{"labels": plain{"a": "1"}, "dbs": plain{"eu": plain{"pool": int64(5)}}, "hosts": "a", "name": "{}"}
	if ps != nil || !reflect.DeepEqual(n.Plain(), any(want)) {
		t.Errorf("the texts of a tree mean %#v, %v, want %#v", n.Plain(), ps, want)
	}
	if _, ps := layer.Decode("koanf", "r", source.Document{Name: "tree", Tree: plain{"dbs": plain{"eu": source.Text(`{"pool":`)}}}, textShape()); len(ps) != 1 || ps[0].Key != "dbs.eu" {
		t.Errorf("broken JSON in a tree has the problems %v", ps)
	}
}

// In the whole environment, a variable of another program with the name of a map is not ours.
func TestATextOfAnotherProgramIsNotAMap(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"x", "a=1,b"} {
		d := source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, "LABELS="+value)), AllowUnknown: true}
		if n, ps := layer.Decode("env", "", d, textShape()); ps != nil || len(n.Entries) != 0 {
			t.Errorf("LABELS=%s of another program gives %v, %v", value, n.Plain(), ps)
		}
	}
}

// A list, map or struct as one text counts each of its values.
func TestATextIsCounted(t *testing.T) {
	t.Parallel()
	one := `HOSTS=["` + strings.Repeat(`a","`, layer.MaxNodes/2) + `b"]`
	d := source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, one, "LABELS="+one[len("HOSTS="):len(one)-1]+`]`))}
	if _, ps := layer.Decode("env", "", d, structOf("hosts", listOf(leaf), "labels", listOf(leaf))); len(ps) != 1 || ps[0].Kind != source.TooLarge {
		t.Errorf("two texts with too many values together have the problems %v", ps)
	}
}
