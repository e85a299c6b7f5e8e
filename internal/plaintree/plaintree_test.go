package plaintree_test

import (
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/plaintree"
	"github.com/nacre-go/nacre/source"
)

type level string

func TestCopy(t *testing.T) {
	t.Parallel()
	now, number := time.Now(), 5
	inner := map[any]any{1: "a", true: "b", "c": []string{"d"}, 1.5: nil, uint8(7): "e"}
	got, err := plaintree.Copy(map[string]any{
		"nil": nil, "string": "s", "named": level("l"), "text": source.Text("1"), "bool": true, "int": -1, "int8": int8(1), "uint": uint(1),
		"max": ^uint64(0), "float": float32(0.5), "time": now, "duration": time.Minute, "mode": fs.FileMode(0o640), "bytes": []byte("b"), "pointer": &number,
		"null": (*int)(nil), "array": [2]int{1, 2}, "map": inner, "a.b": map[string]int{"": 1}, "nothing": map[string]any(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"nil": nil, "string": "s", "named": "l", "text": source.Text("1"), "bool": true, "int": int64(-1), "int8": int64(1), "uint": uint64(1),
		"max": ^uint64(0), "float": 0.5, "time": now, "duration": "1m0s", "mode": "0640", "bytes": "b", "pointer": int64(5),
		"null": nil, "array": []any{int64(1), int64(2)}, "nothing": map[string]any{}, "a.b": map[string]any{"": int64(1)},
		"map": map[string]any{"1": "a", "true": "b", "c": []any{"d"}, "1.5": nil, "7": "e"},
	}
	for key, w := range want {
		if !reflect.DeepEqual(got[key], w) {
			t.Errorf("%s is %#v, must be %#v", key, got[key], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the copy has %d keys of %d", len(got), len(want))
	}
	inner["c"].([]string)[0] = "changed"
	if got["map"].(map[string]any)["c"].([]any)[0] != "d" {
		t.Error("the copy shares memory with the original")
	}
	if empty, err := plaintree.Copy(nil); err != nil || empty == nil {
		t.Error("no tree must become an empty one, which says that there is a document")
	}
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	loop := map[string]any{}
	loop["a"], loop["b"] = loop, []any{loop}
	type self *self
	var pointer self
	pointer = &pointer
	for want, tree := range map[string]map[string]any{
		`db.hosts[1]: a struct { Password string } has no place in a tree`: {"db": map[string]any{"hosts": []any{1, struct{ Password string }{secret}}}},
		`"a.b".c: a chan int has no place in a tree`:                       {"a.b": map[string]any{"c": make(chan int)}},
		`f: a func() has no place in a tree`:                               {"f": func() {}},
		`m: a map[[1]string]string has no place in a tree`:                 {"m": map[[1]string]string{{secret}: secret}},
		`m: a map[interface {}]string has no place in a tree`:              {"m": map[any]string{struct{}{}: secret}},
		`m.1: the key occurs twice`:                                        {"m": map[any]any{1: secret, "1": secret}},
		`nested deeper than 1000`:                                          loop,
		`nested deeper than 1000 `:                                         {"p": pointer},
	} {
		_, err := plaintree.Copy(tree)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("the error is %v, must say %q", err, want)
		}
		if strings.Contains(fmt.Sprintf("%+v %#v", err, err), secret) {
			t.Errorf("the error has a value in it: %v", err)
		}
	}
}

func TestCopyDepth(t *testing.T) {
	t.Parallel()
	tree := map[string]any{}
	for range plaintree.MaxDepth {
		tree = map[string]any{"x": tree}
	}
	if _, err := plaintree.Copy(tree); err != nil {
		t.Errorf("a tree of the greatest depth is refused: %v", err)
	}
	if _, err := plaintree.Copy(map[string]any{"x": tree}); err == nil {
		t.Errorf("a tree deeper than %d is taken", plaintree.MaxDepth)
	}
}

// Whatever bytes a decoder made a tree of, Copy neither panics nor shows them, and copying a copy
// changes nothing.
func FuzzCopy(f *testing.F) {
	f.Add("key", "value", 3)
	f.Add("", "\x00\xff", 0)
	f.Fuzz(func(t *testing.T, key, value string, depth int) {
		var v any = value
		for i := range depth & 1023 {
			if i%2 == 0 {
				v = map[any]any{key: v}
			} else {
				v = []any{v, value}
			}
		}
		c, err := plaintree.Copy(map[string]any{key: v})
		if err != nil {
			if depth&1023 < 999 {
				t.Errorf("a tree of strings is refused: %v", err)
			}
			return
		}
		again, err := plaintree.Copy(c)
		if err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("the copy of a copy is another: %v", err)
		}
	})
}

func ExampleCopy() {
	_, err := plaintree.Copy(map[string]any{"db": map[string]any{"pool": struct{ Size int }{5}}})
	fmt.Println(err)
	// Output: db.pool: a struct { Size int } has no place in a tree
}
