package observe_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

func Example() {
	o := &observe.Observer{
		Applied:  func(e observe.Applied) { fmt.Println("version", e.Version, "because of", e.Causes) },
		Rejected: func(e observe.Rejected) { fmt.Println("rejected:", e.Problems) },
	}
	// nacre.OpenWith[Config](ctx, nacre.Options{Observer: o}, …) tells it; here a test does.
	observe.Tell(o.Applied, observe.Applied{Version: 2, Causes: []observe.Cause{{Layer: "nacos", Document: "orders.yaml"}}})
	observe.Tell(o.Held, observe.Held{})
	// Output: version 2 because of [orders.yaml (nacos)]
}

// Join tells every observer of every event, in order; so an event that is added must be joined too.
func TestJoinTellsAllOfEverything(t *testing.T) {
	t.Parallel()
	var heard []string
	record := func(who string) *observe.Observer {
		o := &observe.Observer{}
		v := reflect.ValueOf(o).Elem()
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			v.Field(i).Set(reflect.MakeFunc(v.Field(i).Type(), func([]reflect.Value) []reflect.Value {
				heard = append(heard, who+" "+name)
				return nil
			}))
		}
		return o
	}
	joined := reflect.ValueOf(observe.Join(record("a"), nil, record("b"), &observe.Observer{})).Elem()
	for i := range joined.NumField() {
		f := joined.Field(i)
		name := joined.Type().Field(i).Name
		if f.IsNil() {
			t.Errorf("Join forgets %s", name)
			continue
		}
		heard = nil
		f.Call([]reflect.Value{reflect.Zero(f.Type().In(0))})
		if want := []string{"a " + name, "b " + name}; !reflect.DeepEqual(heard, want) {
			t.Errorf("%s was told to %v, want %v", name, heard, want)
		}
	}
	if o := observe.Join(); o.Applied != nil {
		t.Error("nobody joined and yet somebody is told")
	}
}

func TestAnObserverThatPanicsHarmsNobody(t *testing.T) {
	t.Parallel()
	told := false
	o := observe.Join(&observe.Observer{Booted: func(observe.Booted) { panic("no") }}, &observe.Observer{Booted: func(observe.Booted) { told = true }})
	observe.Tell(o.Booted, observe.Booted{})
	if !told {
		t.Error("a panic in one observer kept the next from hearing")
	}
}

func TestHealthGivesAllReasons(t *testing.T) {
	t.Parallel()
	if err := (observe.Health{}).Ready(); err != nil {
		t.Errorf("no reasons, and yet %v", err)
	}
	err := observe.Health{NotReady: []string{"one", "two"}}.Ready()
	if err == nil || err.Error() != "config is not ready: one; two" {
		t.Errorf("got %v", err)
	}
}

func TestExplanationReads(t *testing.T) {
	t.Parallel()
	at := source.Position{Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 9}
	below := source.Position{Layer: "file", Document: "config.yaml", Line: 2}
	for name, test := range map[string]struct {
		x    observe.Explanation
		want string
	}{
		"winner, loser, default": {observe.Explanation{Key: "db.pool", Known: true, Default: "10", HasDefault: true, LayerValues: []observe.LayerValue{
			{Position: at, Value: "20", Effective: true}, {Position: below, Value: "5"}}},
			"db.pool = 20   orders.yaml:7:9 (nacos)\n  over 5   config.yaml:2 (file)\n  over 10   default\n"},
		"two parts of a map": {observe.Explanation{Key: "db", Known: true, Value: "{3 keys}", LayerValues: []observe.LayerValue{
			{Position: at, Value: "{1 keys}", Effective: true}, {Position: below, Value: "{2 keys}", Effective: true}}},
			"db = {3 keys}\n  with {1 keys}   orders.yaml:7:9 (nacos)\n  with {2 keys}   config.yaml:2 (file)\n"},
		"only losers": {observe.Explanation{Key: "a.b", Known: true, LayerValues: []observe.LayerValue{{Position: at, Value: "5"}}}, "a.b: not set\n  over 5   orders.yaml:7:9 (nacos)\n"},
		"removed": {observe.Explanation{Key: "a.b", Known: true, Value: "1", Default: "1", HasDefault: true, RemovedBy: &observe.DecidingKey{Key: "a", Value: "null", Position: at},
			LayerValues: []observe.LayerValue{{Position: below, Value: "5"}}}, "a.b = 1   default\n  since a = null   orders.yaml:7:9 (nacos)\n  over 5   config.yaml:2 (file)\n"},
		"removed by the null at the key": {observe.Explanation{Key: "a", Known: true, RemovedBy: &observe.DecidingKey{Key: "a", Value: "null", Position: at},
			LayerValues: []observe.LayerValue{{Position: at, Value: "null"}, {Position: below, Value: "5"}}}, "a: not set\n  since a = null   orders.yaml:7:9 (nacos)\n  over 5   config.yaml:2 (file)\n"},
		"gone": {observe.Explanation{Key: "a[3].b", Known: true, Default: "1", HasDefault: true, Gone: true}, "a[3].b: not set\n"},
		"within a text": {observe.Explanation{Key: "a[0]", Known: true, Within: &observe.DecidingKey{Key: "a", Value: "x,y", Position: source.Position{Layer: "env", Document: "$A"}}},
			"a[0]: part of a = x,y   $A (env)\n"},
		"waits": {observe.Explanation{Key: "a", Known: true, Pending: true, Value: "1", LayerValues: []observe.LayerValue{{Position: at, Value: "2", Effective: true}, {Position: below, Value: "3"}}},
			"a = 1   until a restart\n  waits for a restart: 2   orders.yaml:7:9 (nacos)\n  over 3   config.yaml:2 (file)\n"},
		"default":     {observe.Explanation{Key: "a", Known: true, Default: "1", HasDefault: true}, "a = 1   default\n"},
		"not set":     {observe.Explanation{Key: "a", Known: true}, "a: no layer sets it\n"},
		"no such key": {observe.Explanation{Key: "a"}, "a: no such key\n"},
		"dead key": {observe.Explanation{Key: "a", LayerValues: []observe.LayerValue{{Position: at, Value: "******", Effective: true}}},
			"a = ******   orders.yaml:7:9 (nacos)\n  no field of the struct has this key\n"},
	} {
		if got := test.x.String(); got != test.want {
			t.Errorf("%s reads\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

func TestPanicErrorHasItsText(t *testing.T) {
	t.Parallel()
	var err error = &observe.PanicError{Text: "boom", Stack: "main.go:1"}
	if p := new(observe.PanicError); !errors.As(err, &p) || strings.Contains(err.Error(), "main.go") || err.Error() != "panic: boom" {
		t.Errorf("got %q", err)
	}
}
