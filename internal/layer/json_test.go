package layer_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestJSONValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"5": int64(5), "-5": int64(-5), "0": int64(0), "-0": int64(0), "9223372036854775807": int64(math.MaxInt64),
		"9223372036854775808": uint64(math.MaxInt64 + 1), "18446744073709551615": uint64(math.MaxUint64), "-9223372036854775808": int64(math.MinInt64),
		"1.5": 1.5, "5.0": 5.0, "1e3": 1000.0, "1E-2": 0.01, "true": true, "false": false, "null": nil,
		`"a"`: "a", `"a\n\"\\\u00e9\ud83d\ude00"`: "a\n\"\\é😀", `""`: "", `"a/\/b"`: "a//b",
		"[]": []any{}, "[1,[2,null],{}]": []any{int64(1), []any{int64(2), nil}, map[string]any{}}, `{"a":{"b.c":1}}`: map[string]any{"a": map[string]any{"b.c": int64(1)}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			n := must(t, "json", "\ufeff\n { \"k\" :\t"+text+" } \r\n", nil)
			if got := n.Child("k").Plain(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
			}
		})
	}
	for _, empty := range []string{"", " \n", "{}", "\ufeff"} {
		if n := must(t, "json", empty, nil); n.Kind != tree.Map || len(n.Entries) != 0 {
			t.Errorf("%q is not an empty map", empty)
		}
	}
}

func TestJSONProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"list", " [1]", "doc:1:2 (l): is a list (type json), not a map of keys; nacre.Under puts a document under a key"},
		{"all duplicates and wide numbers", "{\"a\":1,\n\"b\":{\"c\":1, \"c\":2},\n \"a\":18446744073709551616, \"d\":1e999}",
			"doc:2:13 (l) b.c: is defined twice; the first is on line 2\n" +
				"doc:3:2 (l) a: is defined twice; the first is on line 1\n" +
				"doc:3:6 (l) a: is a whole number that does not fit in 64 bits; quote it if it is a text\n" +
				"doc:3:32 (l) d: is a number beyond the range of a float of 64 bits"},
		{"escaped duplicate", `{"a":1,"\u0061":2}`, "doc:1:8 (l) a: is defined twice; the first is on line 1"},
		{"trailing comma", "{\"a\":1,\n}", "doc:2:1 (l): is not valid JSON"},
		{"missing comma", "{\"a\":1\n \"b\":2}", "doc:2:2 (l): is not valid JSON"},
		{"comment", "{\"a\":1}\n// x", "doc:2:1 (l): is not valid JSON"},
		{"trailing data", "{\"a\":1}\n{\"b\":2}", "doc:2:1 (l): is not valid JSON"},
		{"single quotes", "{'a':1}", "doc:1:2 (l): is not valid JSON"},
		{"cut", "{\"a\":\n[1,", "doc:2:4 (l): is not valid JSON: it ends too early"},
		{"cut in a text", "{\"a\":\"b", "doc:1:8 (l): is not valid JSON: it ends too early"},
		{"cut in a number", "{\"a\":1", "doc:1:7 (l): is not valid JSON: it ends too early"},
		{"leading zero", "{\"a\":01}", "doc:1:7 (l): is not valid JSON: it has a number that starts with 0; JSON has no octal numbers; quote it if it is text"},
		{"NaN", "{\"a\":NaN}", "doc:1:6 (l): is not valid JSON"},
		{"a line in a text", "{\"a\":\"b\nc\"}", "doc:1:8 (l): is not valid JSON"},
		{"too deep", strings.Repeat("{\"a\":", 1002) + "1" + strings.Repeat("}", 1002), "doc:1:5006 (l): is nested deeper than 1000"},
		{"far too deep", strings.Repeat("[", 20000), "doc:1:10001 (l): is nested deeper than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, ps := read("json", c.text, nil)
			want(t, ps, c.want)
		})
	}
}

func TestJSONPositions(t *testing.T) {
	t.Parallel()
	n := must(t, "json", "{\n  \"a\": 1,\n  \"b\": {\"é\": [true,\n null]}}\n", nil)
	a, b := n.Entry("a"), n.Child("b").Entry("é")
	for what, c := range map[string][2]string{
		"key a": {a.Position().String(), "doc:2:3 (l)"}, "value a": {a.Value.Position().String(), "doc:2:8 (l)"},
		"key é": {b.Position().String(), "doc:3:9 (l)"}, "é[0]": {b.Value.Items[0].Position().String(), "doc:3:16 (l)"},
		"é[1]": {b.Value.Items[1].Position().String(), "doc:4:2 (l)"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s stands at %s, want %s", what, c[0], c[1])
		}
	}
}
