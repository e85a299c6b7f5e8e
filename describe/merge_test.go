package describe_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/describe"
)

// A document of one layer may have a part of a list that several layers merge.
func TestListsOfSeveralLayers(t *testing.T) {
	t.Parallel()
	type config struct {
		Ups    []upstream            `config:"ups" merge:"key=host" validate:"min=2"`
		More   []string              `config:"more" merge:"append"`
		ByPos  []upstream            `config:"by_pos" merge:"index"`
		Pools  map[string][]upstream `config:"pools" merge:"key=host"`
		Others []upstream            `config:"others"`
	}
	d, err := describe.Of[config]()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| `ups` | list of map |  | `min=2` | layers merge by host |", "| `more` | list of string |  |  | layers append their items |",
		"| `by_pos` | list of map |  |  | layers merge by position |", "| `pools` | map of list of map |  |  | layers merge by host |",
		"| `others` | list of map |  |  |  |",
	} {
		if !strings.Contains(d.Markdown(), row+"\n") {
			t.Errorf("the table lacks %s:\n%s", row, d.Markdown())
		}
	}
	layer, whole := resolve(t, d.Schema()), resolve(t, d.WholeSchema())
	for doc, fits := range map[string][2]bool{
		`{"ups":[{"host":"a"}]}`:                        {true, false}, // one of two hosts; other layers have the rest
		`{"ups":[{"port":1}]}`:                          {false, false},
		`{"pools":{"eu":[{"port":1}]}}`:                 {false, false},
		`{"by_pos":[{"port":1}]}`:                       {true, false},
		`{"ups":[{"host":"a"},{"host":"b","port":80}]}`: {true, true},
	} {
		var v any
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{layer.Validate(v) == nil, whole.Validate(v) == nil}; got != fits {
			t.Errorf("%s fits a layer and the whole: %v, want %v", doc, got, fits)
		}
	}
}
