package guard_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/guard"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// plain makes a tree of maps, lists and scalars.
func plain(t *testing.T, v any) *tree.Node {
	t.Helper()
	if v == nil {
		return nil
	}
	n, err := tree.FromPlain(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type m = map[string]any

// many is a map of n keys.
func many(n int) m {
	all := m{}
	for i := range n {
		all[fmt.Sprintf("k%02d", i)] = i
	}
	return all
}

func TestCompare(t *testing.T) {
	for name, c := range map[string]struct {
		old, next any
		want      []string
	}{
		"nothing was there":        {m{}, m{}, nil},
		"it was not there":         {nil, m{"a": 1}, nil},
		"the same":                 {many(20), many(20), nil},
		"another value":            {m{"a": 1}, m{"a": 2}, nil},
		"whole and broken numbers": {m{"a": 1}, m{"a": 2.5}, nil},
		"it empties":               {m{"a": 1}, m{}, []string{"is empty and had 1 key"}},
		"a map empties":            {m{"a": m{"b": 1, "c": []any{1, 2}}}, m{"a": m{}}, []string{"is empty and had 3 keys"}},
		"half of a small one":      {many(6), many(2), nil},
		"five of ten":              {many(10), many(5), nil},
		"six of ten":               {many(10), many(4), []string{"loses 6 of 10 keys"}},
		"all for others":           {many(10), m{"x": 1}, []string{"loses 10 of 10 keys"}},
		"nulls are gone":           {many(6), m{"k00": 1, "k01": nil, "k02": nil, "k03": nil, "k04": nil, "k05": nil}, []string{"loses 5 of 6 keys"}},
		"a list empties":           {m{"a": []any{1, 2, 3, 4, 5, 6, 7}}, m{"a": []any{}}, []string{"loses 7 of 7 keys"}},
		"a list shrinks":           {m{"a": []any{1, 2, 3, 4, 5, 6, 7}, "b": 1}, m{"a": []any{9, 8}, "b": 1}, []string{"loses 5 of 8 keys"}},
		"a list shrinks by half":   {m{"a": []any{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, m{"a": []any{1, 2, 3, 4, 5}}, nil},
		"items of a list shrink":   {m{"a": []any{many(5), many(5)}}, m{"a": []any{many(2), many(2)}}, []string{"loses 6 of 10 keys"}},
		"a short list empties":     {m{"a": []any{1, 2}}, m{"a": []any{}}, nil},
		"a list is reordered":      {m{"a": []any{many(5), many(2)}}, m{"a": []any{many(2), many(5)}}, nil},
		"types":                    {m{"a": 1, "b": m{"c": "x"}, "d": true}, m{"a": "1", "b": []any{}, "d": true}, []string{"a was a number and is a string", "b was a map and is a list"}},
		"a map for a scalar":       {m{"a": m{"b": 1}}, m{"a": 1}, []string{"a was a map and is a number"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := guard.Compare(plain(t, c.old), plain(t, c.next), nil).Reasons(0.5); !slices.Equal(got, c.want) {
				t.Errorf("reasons %q, want %q", got, c.want)
			}
		})
	}
}

// What a field makes of a value counts, and not how its document writes it.
func TestTypesOfFields(t *testing.T) {
	text := func(s string) source.Text { return source.Text(s) }
	leaf := &tree.Shape{Kind: tree.Leaf}
	hosts := &tree.Shape{Kind: tree.ListOf, Elem: leaf}
	limits := &tree.Shape{Kind: tree.MapOf, Elem: leaf}
	own := &tree.Shape{Kind: tree.Any, Go: reflect.TypeFor[time.Time]()} // a type with its own conversion
	anything := &tree.Shape{Kind: tree.Any, Go: reflect.TypeFor[any]()}
	raw := &tree.Shape{Kind: tree.Any, Go: reflect.TypeFor[json.RawMessage]()}
	for name, c := range map[string]struct {
		field     *tree.Shape
		old, next any
		want      string // reasons of the document
		lost      int    // of the whole configuration
	}{
		"a scalar":                {leaf, 0, "3s", "", 0},
		"a scalar for a map":      {leaf, many(6), "a:1", "", 0},
		"below a scalar":          {leaf, m{"x": 1}, m{"x": "1"}, "", 0},
		"its own conversion":      {own, many(6), "a:1", "", 0},
		"below its own":           {own, m{"x": 1}, m{"x": "1"}, "", 0},
		"any":                     {anything, 0, "3s", "a was a number and is a string", 0},
		"any, a map":              {anything, many(6), "x", "a was a map and is a string", 5},
		"raw":                     {raw, 0, "3s", "a was a number and is a string", 0},
		"reserved":                {&tree.Shape{Kind: tree.Leaf, Reserved: true}, 0, "3s", "a was a number and is a string", 0},
		"a list to text":          {hosts, []any{"1", "2", "3", "4", "5", "6"}, text("1,2,3,4,5,6"), "", 0},
		"text to a list":          {hosts, text("1,2,3,4,5,6"), []any{"1", "2", "3", "4", "5", "6"}, "", 0},
		"a list to less text":     {hosts, []any{"1", "2", "3", "4", "5", "6"}, text("1"), "loses 5 of 6 keys", 5},
		"text to less text":       {hosts, text("1,2,3,4,5,6"), text("1"), "loses 5 of 6 keys", 5},
		"text to no text":         {hosts, text("1,2,3,4,5,6"), text(" "), "loses 6 of 6 keys", 6},
		"a map to text":           {limits, many(6), text("a=1,b=2,c=3,d=4,e=5,f=6"), "", 0},
		"text to a map":           {limits, text("a=1,b=2,c=3,d=4,e=5,f=6"), many(6), "", 0},
		"a map to less text":      {limits, many(6), text("a=1"), "loses 5 of 6 keys", 5},
		"a text with commas":      {leaf, text("1,2,3,4,5,6"), text("1"), "", 0},
		"a list in a hook's text": {hosts, []any{"1", "2", "3", "4", "5", "6"}, "1,2,3,4,5,6", "", 0},
		"a null":                  {leaf, nil, 1, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			shape := &tree.Shape{Kind: tree.StructOf, Fields: map[string]*tree.Shape{"a": c.field}}
			old, next := plain(t, m{"a": c.old}), plain(t, m{"a": c.next})
			if got := strings.Join(guard.Compare(old, next, shape).Reasons(0.5), "; "); got != c.want {
				t.Errorf("reasons %q, want %q", got, c.want)
			}
			gone := guard.Missing(old, next, shape)
			if gone.Lost != c.lost {
				t.Errorf("the configuration loses %d keys, want %d", gone.Lost, c.lost)
			}
			if charge := gone.Charge(old, next); charge.Keys != c.lost {
				t.Errorf("the document is charged with %d keys, want %d", charge.Keys, c.lost)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	for name, c := range map[string]struct {
		old, next any
		lost      int
		places    string
	}{
		"nothing":                  {many(20), many(20), 0, ""},
		"other values":             {m{"a": 1}, m{"a": "x"}, 0, ""},
		"a key":                    {m{"a": 1, "b": 2}, m{"b": 2}, 1, "a:1"},
		"a map":                    {m{"a": m{"b": many(3), "c": many(4)}}, m{}, 7, "a:7"},
		"a part of a map":          {m{"a": m{"b": many(3), "c": many(4)}}, m{"a": m{"b": many(3)}}, 4, "a.c:4"},
		"items":                    {m{"a": []any{1, 2, 3}}, m{"a": []any{5}}, 2, "a:2"},
		"all items":                {m{"a": []any{1, 2, 3}}, m{"a": []any{}}, 3, "a:3"},
		"a scalar in place of one": {m{"a": many(6)}, m{"a": 1}, 5, "a:5"},
		"it was not there":         {nil, many(3), 0, ""},
		"a null in a list":         {m{"a": []any{1, nil}}, m{"a": []any{1}}, 1, "a:1"},
	} {
		t.Run(name, func(t *testing.T) {
			gone := guard.Missing(plain(t, c.old), plain(t, c.next), nil)
			var places []string
			for _, p := range gone.Places {
				places = append(places, fmt.Sprintf("%s:%d", p.Path, p.Keys))
			}
			if got := strings.Join(places, " "); gone.Lost != c.lost || got != c.places {
				t.Errorf("lost %d at %q, want %d at %q", gone.Lost, got, c.lost, c.places)
			}
		})
	}
}

func TestBreaker(t *testing.T) {
	var now time.Time
	b := guard.Breaker{Max: 3, Window: time.Minute}
	if b.Bad(now) || b.Bad(now.Add(30*time.Second)) || b.Bad(now.Add(time.Minute)) {
		t.Error("two within the window open it")
	}
	if !b.Bad(now.Add(80*time.Second)) || !b.Open() {
		t.Error("three within the window do not open it")
	}
	if b.Bad(now.Add(81 * time.Second)) {
		t.Error("an open one opens again")
	}
	if b.Reset(); b.Open() || b.Bad(now.Add(82*time.Second)) {
		t.Error("a reset one remembers")
	}
	var never guard.Breaker
	for range 100 {
		if never.Bad(now) {
			t.Fatal("the zero breaker opens")
		}
	}
}

func TestFreeze(t *testing.T) {
	static := &tree.Shape{Kind: tree.Leaf, Static: true, Defaulted: true, Default: ":80"}
	inner := &tree.Shape{Kind: tree.StructOf, Order: []string{"addr", "timeout"}, Fields: map[string]*tree.Shape{"addr": static, "timeout": {Kind: tree.Leaf}}}
	shape := &tree.Shape{Kind: tree.StructOf, Order: []string{"server", "pool", "many", "list", "tags"}, Fields: map[string]*tree.Shape{
		"server": inner, "pool": {Kind: tree.Leaf}, "many": {Kind: tree.MapOf, Elem: inner}, "list": {Kind: tree.ListOf, Elem: inner},
		"tags": {Kind: tree.MapOf, Elem: &tree.Shape{Kind: tree.Leaf}, Static: true},
	}}
	f := guard.NewFreezer(shape)
	for name, c := range map[string]struct{ live, next, want, pending any }{
		"nothing static":   {m{"pool": 1}, m{"pool": 2}, m{"pool": 2}, ""},
		"changed":          {m{"server": m{"addr": ":1", "timeout": 1}, "pool": 1}, m{"server": m{"addr": ":2", "timeout": 2}, "pool": 2}, m{"server": m{"addr": ":1", "timeout": 2}, "pool": 2}, "server.addr"},
		"the same":         {m{"server": m{"addr": ":1"}}, m{"server": m{"addr": ":1", "timeout": 2}}, m{"server": m{"addr": ":1", "timeout": 2}}, ""},
		"said anew":        {m{}, m{"server": m{"addr": ":2"}}, m{"server": m{}}, "server.addr"},
		"the default said": {m{}, m{"server": m{"addr": ":80"}}, m{"server": m{"addr": ":80"}}, ""},
		"no longer said":   {m{"server": m{"addr": ":1", "timeout": 1}, "pool": 1}, m{"pool": 2}, m{"pool": 2, "server": m{"addr": ":1"}}, "server.addr"},
		"all gone":         {m{"server": m{"addr": ":1"}}, m{}, m{"server": m{"addr": ":1"}}, "server.addr"},
		"a map that is":    {m{"tags": m{"a": 1}}, m{"tags": m{"a": 1, "b": 2}, "pool": 2}, m{"tags": m{"a": 1}, "pool": 2}, "tags"},
		"in a map":         {m{"many": m{"x": m{"addr": ":1"}}}, m{"many": m{"x": m{"addr": ":2"}, "y": m{"addr": ":3"}}}, m{"many": m{"x": m{"addr": ":1"}, "y": m{"addr": ":3"}}}, "many.x.addr"},
		"out of a map":     {m{"many": m{"x": m{"addr": ":1"}}}, m{"many": m{}}, m{"many": m{}}, ""},
		"in a list":        {m{"list": []any{m{"addr": ":1"}}}, m{"list": []any{m{"addr": ":2", "timeout": 3}}}, m{"list": []any{m{"addr": ":1", "timeout": 3}}}, "list[0].addr"},
		"a longer list":    {m{"list": []any{m{"addr": ":1"}}}, m{"list": []any{m{"addr": ":2"}, m{"addr": ":3"}}}, m{"list": []any{m{"addr": ":2"}, m{"addr": ":3"}}}, ""},
		"of another kind":  {m{"server": m{"addr": ":1"}}, m{"server": 3}, m{"server": 3}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			live, next := plain(t, c.live), plain(t, c.next)
			got, pending := f.Freeze(live, next)
			var texts []string
			for _, p := range pending {
				texts = append(texts, p.String())
			}
			if !tree.Equal(got, plain(t, c.want)) || strings.Join(texts, " ") != c.pending {
				t.Errorf("it is %v, and %q wait, want %v and %q", got.Plain(), texts, c.want, c.pending)
			}
			if pending == nil && got != next {
				t.Error("a tree that is not changed is copied")
			}
		})
	}
}

// A type that contains itself ends.
func TestFreezeOfARecursiveType(t *testing.T) {
	node := &tree.Shape{Kind: tree.StructOf, Order: []string{"addr", "next"}}
	node.Fields = map[string]*tree.Shape{"addr": {Kind: tree.Leaf, Static: true}, "next": node}
	f := guard.NewFreezer(node)
	live := plain(t, m{"addr": 1, "next": m{"addr": 2}})
	got, pending := f.Freeze(live, plain(t, m{"addr": 1, "next": m{"addr": 3, "next": m{"addr": 4}}}))
	if len(pending) != 2 || !tree.Equal(got, plain(t, m{"addr": 1, "next": m{"addr": 2, "next": m{}}})) {
		t.Errorf("it is %v, pending %v", got.Plain(), pending)
	}
}
