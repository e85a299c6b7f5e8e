package validate_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

type token struct{ text string }

func (t token) Reveal() string { return t.text }

type region string

// A rule gets the value behind pointers, a secret as its text, and the parameter of the tag; a nil
// pointer has no value.
func TestTagGetsTheValueAndTheParameter(t *testing.T) {
	t.Parallel()
	type config struct {
		Plain  int     `config:"plain" validate:"rule=a"`
		Behind **int   `config:"behind" validate:"rule=b"`
		Token  token   `config:"token" validate:"rule=c"`
		Named  region  `config:"named" validate:"rule"`
		Items  []int   `config:"items" validate:"dive,rule=d"`
		Nil    *int    `config:"nil" validate:"rule=e"`
		Any    any     `config:"any" validate:"rule=f"`
		Float  float64 `config:"float" validate:"omitempty,rule=g"`
	}
	n := 2
	behind := &n
	got := map[string]any{}
	err := validate.Struct(config{Plain: 1, Behind: &behind, Token: token{"hunter2"}, Named: "eu", Items: []int{3}, Any: "x"}, nil,
		validate.Tag("rule", func(value reflect.Value, param string) bool {
			got[param] = value.Interface()
			return true
		}, "must hold"))
	want := map[string]any{"a": 1, "b": 2, "c": "hunter2", "": region("eu"), "d": 3, "f": "x"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the rule got %v, must get %v", got, want)
	}
	if err == nil || err.Error() != "nil: must hold, but is not set" || !errors.Is(err, source.Missing) {
		t.Errorf("a nil pointer gives %v", err)
	}
}

// What validator's own rules on structs and types did is done by Validate methods, which name keys.
func TestRulesOnStructsAndTypes(t *testing.T) {
	t.Parallel()
	err := validate.Struct(struct {
		Limits Limits  `config:"limits"`
		Zone   zone    `config:"zone"`
		Zones  []*zone `config:"zones"`
	}{Limits{Soft: 2, Hard: 1}, "mars", []*zone{new(zone)}})
	want := "limits.soft: must be at most hard\nzone: must be a zone on earth\nzones[0]: must be a zone on earth"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

type zone string

func (z zone) Validate() error {
	if z != "earth" {
		return errors.New("must be a zone on earth")
	}
	return nil
}
