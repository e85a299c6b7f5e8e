package guard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/guard"
)

// A document is charged with what it takes away of what is gone, and with nothing else.
func TestCharge(t *testing.T) {
	live, later := m{"a": many(10), "b": m{"c": many(6), "d": 1}, "l": []any{1, 2, 3, 4}, "x": 1}, m{"b": m{"d": 1}, "l": []any{9}, "x": 2}
	for name, c := range map[string]struct {
		old, next any
		keys      int
		nulls     string
	}{
		"nothing":                     {m{"x": 1}, m{"x": 2}, 0, ""},
		"a document that comes":       {nil, m{"x": 2}, 0, ""},
		"a document that goes":        {m{"a": many(10)}, nil, 10, ""},
		"a part of a map":             {m{"a": many(4), "x": 1}, m{"x": 1}, 4, ""},
		"other keys":                  {m{"x": many(4)}, m{}, 0, ""},
		"a null":                      {m{"x": 1}, m{"a": nil}, 10, "a:10"},
		"a null in a new document":    {nil, m{"a": nil}, 10, "a:10"},
		"a null above":                {m{"b": m{"d": 1}}, m{"b": nil}, 6, "b:6"},
		"a null that was there":       {m{"a": nil}, m{"a": nil, "x": 1}, 0, ""},
		"a null over nothing":         {m{}, m{"y": nil}, 0, ""},
		"a list that shrinks":         {m{"l": []any{1, 2, 3, 4}}, m{"l": []any{9}}, 3, ""},
		"a list over a longer one":    {m{}, m{"l": []any{9}}, 3, ""},
		"a scalar over a map":         {m{}, m{"a": 1}, 10, ""},
		"more than one":               {m{"a": many(2)}, m{"b": m{"c": nil}, "l": []any{9}}, 11, "b.c:6"},
		"a map in place of a null":    {m{"a": nil}, m{"a": m{}}, 0, ""},
		"more keys than the live one": {m{"a": many(30)}, m{}, 10, ""},
	} {
		t.Run(name, func(t *testing.T) {
			gone := guard.Missing(plain(t, live), plain(t, later), nil)
			for range 2 { // it may be asked more than once
				charge := gone.Charge(plain(t, c.old), plain(t, c.next))
				var nulls []string
				for _, n := range charge.Nulls {
					nulls = append(nulls, fmt.Sprintf("%s:%d", n.Path, n.Keys))
				}
				if got := strings.Join(nulls, " "); charge.Keys != c.keys || got != c.nulls {
					t.Errorf("charged with %d keys, nulls %q; want %d, %q", charge.Keys, got, c.keys, c.nulls)
				}
			}
		})
	}
}

func TestUnsaid(t *testing.T) {
	for name, c := range map[string]struct {
		document, own, config any
		want                  int
	}{
		"said by nobody":             {many(5), m{}, m{}, 5},
		"by the layer":               {many(5), many(5), m{}, 0},
		"by the layer, otherwise":    {m{"a": 1, "b": 2}, m{"a": 7, "b": "x"}, m{}, 0},
		"by the layer, in part":      {many(5), many(2), m{}, 3},
		"null in the layer":          {m{"a": 1}, m{"a": nil}, m{}, 1},
		"by another layer":           {many(5), nil, many(5), 0},
		"by another, otherwise":      {m{"a": 1, "b": 2}, nil, m{"a": 1, "b": 3}, 1},
		"a list that shrinks":        {m{"l": []any{1, 2, 3}}, m{"l": []any{1}}, m{}, 2},
		"a map that a scalar hides":  {m{"a": many(5)}, m{"a": 1}, m{}, 0},
		"nothing was there":          {nil, many(5), many(5), 0},
		"a map that is said in part": {m{"a": many(5)}, nil, m{"a": many(3)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got := guard.Unsaid(plain(t, c.document), plain(t, c.own), plain(t, c.config), nil); got != c.want {
				t.Errorf("%d keys are said by nobody, want %d", got, c.want)
			}
		})
	}
}
