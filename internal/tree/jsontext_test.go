package tree_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// FuzzFromText holds that a text that is read as JSON has the value that the standard library gives
// it, and that every other text has the parts of SplitText.
func FuzzFromText(f *testing.F) {
	for _, text := range []string{`["a","b"]`, `[1,-2.5e3,true,null,{"a":[{}]}]`, "a=1,b=2", "[::1]:80,[::2]", `{"a":"\u00e4\ud83d\ude00"}`, `{"a":1,"a":2}`, "[a]", `{"`, `["\ud800"]`, " {} "} {
		f.Add(text, uint8(tree.ListOf))
		f.Add(text, uint8(tree.MapOf))
		f.Add(text, uint8(tree.StructOf))
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		n := tree.NewScalar(nil, 3, 4, source.Text(text))
		made, fault := tree.FromText(n, tree.ShapeKind(kind%6))
		if fault != "" {
			if made != nil {
				t.Fatalf("%q has the fault %s, and a value", text, fault)
			}
			return
		}
		if made == n {
			return
		}
		if made.Line != 3 || made.Column != 4 {
			t.Fatalf("%q becomes a value at %d:%d", text, made.Line, made.Column)
		}
		var want any
		if begin := strings.TrimSpace(text); tree.ShapeKind(kind%6) == tree.MapOf && !strings.HasPrefix(begin, "{") {
			if parts := tree.SplitText(text); made.Kind != tree.Map || len(made.Entries) != len(parts) {
				t.Fatalf("%q has %d parts and becomes %v", text, len(parts), made.Plain())
			}
			return
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q is read as JSON, and is not JSON to the standard library: %v", text, err)
		}
		var got any
		again, err := json.Marshal(made.Plain())
		if err == nil {
			err = json.Unmarshal(again, &got)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q becomes %v, and %v to the standard library (%v)", text, got, want, err)
		}
	})
}
