package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// cannot is the same for every kind of document.
var cannot = map[string]string{
	"SameErrorWakesNobody":    "a memory has no errors: there is nothing between it and its document",
	"EndOfErrorIsTold":        "a memory has no errors",
	"ErrorAtFirst":            "a memory has no errors",
	"NoValueInErrors":         "a memory does not decode, so that there is no document that it cannot take",
	"LostWakeups":             "the wake-up is the closing of a channel in this process, which cannot be lost",
	"DoubledWakeups":          "a channel is closed once",
	"LateAndReorderedWakeups": "the closing of a channel cannot be late",
}

func TestMemoryKeepsTheRules(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]bool{"one source for all": false, "a tree": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
				m := memory.New("test.yaml", nil)
				return sourcetest.Harness{
					Source: func() source.Source { return m },
					Put: func(_ context.Context, v sourcetest.Values) error {
						if own {
							return m.SetTree(v.Tree())
						}
						m.Set(v.Encode(source.FormatYAML))
						return nil
					},
					Delete: func(context.Context) error { m.Remove(); return nil },
					Cannot: cannot,
				}
			})
		})
	}
}

func next(t *testing.T, s source.Source, prev source.Revision) source.Content {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := s.Next(ctx, prev)
	if err != nil {
		t.Fatalf("Next returned %v though there is something to see", err)
	}
	return c
}

func TestFormatComesFromName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a.yaml": "yaml", "a.json": "json", "a.toml": "toml", ".env": "dotenv", "overrides": "yaml", "": "yaml"} {
		d := next(t, memory.New(name, []byte("x")), "").Documents[0]
		if d.Format != want || d.Name != name {
			t.Errorf("a document called %q has the name %q and format %q, documented as %q", name, d.Name, d.Format, want)
		}
	}
}

func TestWhatIsSetIsCopied(t *testing.T) {
	t.Parallel()
	data := []byte("a: 1")
	m := memory.New("a.yaml", data)
	data[3] = '2'
	c := next(t, m, "")
	if string(c.Documents[0].Data) != "a: 1" {
		t.Error("a caller can change the document after New")
	}
	list := []string{"x"}
	tree := map[string]any{"list": list, "map": map[string]int{"n": 1}}
	if err := m.SetTree(tree); err != nil {
		t.Fatal(err)
	}
	list[0], tree["map"].(map[string]int)["n"], tree["new"] = "y", 2, true
	c = next(t, m, c.Revision)
	if got := fmt.Sprint(c.Documents[0].Tree); got != "map[list:[x] map:map[n:1]]" {
		t.Errorf("a caller can change the tree after SetTree: it is %s", got)
	}
	c.Documents[0].Name = "other"
	if next(t, m, "").Documents[0].Name != "a.yaml" {
		t.Error("one reader can change what the next one gets")
	}
}

type level int

func TestTreeTakesWhatGoPrograms(t *testing.T) {
	t.Parallel()
	m := memory.New("flags", nil)
	now := time.Now()
	if err := m.SetTree(map[string]any{
		"string": "s", "int": 1, "uint": uint8(2), "float": float32(0.5), "bool": true, "nil": nil, "time": now, "named": level(3),
		"duration": 3 * time.Second, "bytes": []byte("b"), "text": source.Text("4"), "pointer": new("p"), "a.b": map[string]any{"c": []any{1, "x"}},
		"max": uint64(1) << 63,
	}); err != nil {
		t.Fatal(err)
	}
	tree := next(t, m, "").Documents[0].Tree
	for key, want := range map[string]any{
		"string": "s", "int": int64(1), "uint": uint64(2), "float": 0.5, "bool": true, "nil": nil, "time": now, "named": int64(3),
		"duration": "3s", "bytes": "b", "text": source.Text("4"), "pointer": "p", "max": uint64(1) << 63,
	} {
		if got := tree[key]; got != want {
			t.Errorf("%s is %T %v, must be %T %v", key, got, got, want, want)
		}
	}
	if got := fmt.Sprint(tree["a.b"]); got != "map[c:[1 x]]" {
		t.Errorf("a key with a dot holds %s", got)
	}
}

func TestTreeRefuses(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["loop"] = loop
	type secret struct{ password string }
	for name, test := range map[string]struct {
		tree map[string]any
		want string
	}{
		"a struct":        {map[string]any{"db": []any{secret{"hunter2"}}}, `db[0]: a memory_test.secret has no place in a tree`},
		"a function":      {map[string]any{"f": func() {}}, `f: a func() has no place in a tree`},
		"keys of structs": {map[string]any{"m": map[secret]string{{}: "hunter2"}}, `m: a map[memory_test.secret]string has no place in a tree`},
		"a key twice":     {map[string]any{"m": map[any]any{1: "hunter2", "1": "hunter2"}}, `m.1: the key occurs twice`},
		"a loop":          {loop, "nested deeper than 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := memory.New("flags", []byte("a: 1"))
			before := next(t, m, "")
			err := m.SetTree(test.tree)
			if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "flags") {
				t.Fatalf("the error is %v; must be misused, name flags and say %s", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error has a value in it")
			}
			if next(t, m, "").Revision != before.Revision {
				t.Error("a tree that was refused changed the document")
			}
		})
	}
}

func TestSameContentKeepsRevision(t *testing.T) {
	t.Parallel()
	m := memory.New("a.yaml", nil)
	var seen []source.Revision
	for i, set := range []func(){
		func() { m.Set([]byte("a: 1")) }, func() { m.Set([]byte{}) }, m.Remove, func() { _ = m.SetTree(nil) }, func() { _ = m.SetTree(map[string]any{"a": 1}) },
	} {
		set()
		rev := next(t, m, "").Revision
		for _, old := range seen {
			if old == rev {
				t.Errorf("state %d has the revision of an earlier one", i)
			}
		}
		seen = append(seen, rev)
		set()
		if next(t, m, "").Revision != rev {
			t.Errorf("state %d set again has another revision, and would wake everyone", i)
		}
	}
	if a, b := next(t, memory.New("x", nil), ""), next(t, memory.New("x", nil), ""); a.Revision == b.Revision {
		t.Error("two memories have one revision; a stored revision of an earlier process would be taken for current")
	}
}

// Several configs on one memory all see the last value, whoever asks when. The name has it
// repeated.
func TestManyReadersConcurrentSafe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := memory.New("n.yaml", []byte("0"))
		const last = 500
		var readers, writers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				var prev source.Revision
				for {
					c, err := m.Next(t.Context(), prev)
					if err != nil {
						t.Error(err)
						return
					}
					if prev = c.Revision; string(c.Documents[0].Data) == strconv.Itoa(last) {
						return
					}
				}
			})
		}
		for w := range 4 {
			writers.Go(func() {
				for n := w; n < last; n += 4 {
					m.Set([]byte(strconv.Itoa(n)))
					m.Remove()
				}
			})
		}
		writers.Wait()
		m.Set([]byte(strconv.Itoa(last)))
		readers.Wait()
	})
}
