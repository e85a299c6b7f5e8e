package content_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func TestDocumentsAreTheirStructs(t *testing.T) {
	for _, d := range []content.Doc{
		content.All(20, 1), content.All(200, 7), {From: 5, To: 12, State: 2}, {From: 0, To: 3, Weight: 77, WeightUnit: 2, Comment: "a comment"},
	} {
		var want, got content.Config
		d.Into(&want)
		if err := yaml.Unmarshal(d.Data("yaml"), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v as YAML is another config: %v\n%s", d, err, d.Data("yaml"))
		}
		var text content.ConfigOf[content.Text]
		if err := json.Unmarshal(d.Data("json"), &text); err != nil || !reflect.DeepEqual(content.Plain(&text), &want) {
			t.Errorf("%+v as JSON is another config: %v\n%s", d, err, d.Data("json"))
		}
	}
	var want, got content.Flat
	d := content.FlatDoc{From: 3, To: 7, State: 1}
	d.Into(&want)
	if err := yaml.Unmarshal(d.Data("yaml"), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v as YAML is another config: %v", d, err)
	}
}

func TestEveryValueDiffersInTheNextState(t *testing.T) {
	for state := range 2000 {
		a, b := reflect.ValueOf(content.NewUnit(3, state)), reflect.ValueOf(content.NewUnit(3, state+1))
		n := 0
		var walk func(a, b reflect.Value)
		walk = func(a, b reflect.Value) {
			if a.Kind() != reflect.Struct {
				n++
				if a.Equal(b) {
					t.Fatalf("state %d and the next have the same value %v", state, a)
				}
				return
			}
			for i := range a.NumField() {
				walk(a.Field(i), b.Field(i))
			}
		}
		walk(a, b)
		if n != content.UnitKeys {
			t.Fatalf("a unit has %d keys, want %d", n, content.UnitKeys)
		}
	}
}
