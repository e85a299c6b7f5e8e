package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
)

func TestLossIsCountedAsTheChangeGuardDoes(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ old, now, want string }{
		"nothing":                               {"a: 1", "a: 2", "0 of 1, 1 left"},
		"a key":                                 {"a: 1\nb: 2", "a: 1", "1 of 2, 1 left"},
		"a map":                                 {"a: {b: 1, c: 2}\nd: 3", "d: 3", "2 of 3, 1 left"},
		"all":                                   {"a: {b: 1, c: 2}", "", "2 of 2, 0 left"},
		"a new document":                        {"", "a: 1", "0 of 0, 1 left"},
		"items":                                 {"a: [1, 2, 3]", "a: [3]", "2 of 3, 1 left"},
		"an item in the middle":                 {"a: [1, 2, 3]", "a: [1, 3]", "1 of 3, 2 left"},
		"all items":                             {"a: [1, 2, 3]", "a: []", "3 of 3, 1 left"},
		"a null":                                {"a: {b: 1, c: 2}\nd: 3", "a: null\nd: 3", "2 of 3, 1 left, nulls a"},
		"a null of a lower layer":               {"d: 3", "a: {b: null}\nd: 3", "0 of 1, 1 left, nulls a.b"},
		"an old null":                           {"a: null\nd: 3", "a: null\nd: 3", "0 of 1, 1 left"},
		"a number as a string":                  {"a: 1", "a: '1'", "0 of 1, 1 left, a was a number and is a string"},
		"a whole number as one with a fraction": {"a: 1", "a: 1.5", "0 of 1, 1 left"},
		"a map as a list":                       {"a: {b: {c: 1}}", "a: {b: [1]}", "0 of 1, 1 left, a.b was a map and is a list"},
		"a scalar as a map":                     {"a: 1", "a: {b: 1}", "0 of 1, 1 left, a was a number and is a map"},
		"an item of another type":               {"a: [1]", "a: ['1']", "0 of 1, 1 left"}, // lists are compared by their length
	} {
		decode := func(text string) document.Keys {
			if text == "" {
				return nil
			}
			keys, err := document.Decode(t.Context(), "x.yaml", "", []byte(text))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			return keys
		}
		l := document.LossOf(decode(c.old), decode(c.now))
		got := fmt.Sprintf("%d of %d, %d left", l.Lost, l.Had, l.Left)
		for _, r := range l.Retyped {
			got += ", " + r.Key + " was " + r.Was + " and is " + r.Is
		}
		if l.Nulls != nil {
			got += ", nulls " + strings.Join(l.Nulls, " ")
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
