package observe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

func Example() {
	observer := func(e observe.Event) {
		switch e.Kind {
		case observe.Applied:
			fmt.Println("version", e.Version, "because of", e.Causes)
		case observe.Rejected:
			fmt.Println("rejected:", e.Problems)
		}
	}
	// The config calls it: nacre.Options{Observers: []observe.Observer{observer}}. Here the example
	// does.
	observer(observe.Event{Kind: observe.Applied, Version: 2,
		Causes: []observe.Cause{{Position: source.Position{Layer: "nacos", Document: "orders.yaml"}}}})
	// Output: version 2 because of [orders.yaml (nacos)]
}

// Numbers and names of kinds may stand in a database: a new kind is added at the end.
func TestKindsAreFrozen(t *testing.T) {
	t.Parallel()
	names := []string{"unknown", "content_received", "applied", "unchanged", "rejected", "held", "rolled_back",
		"rollback_failed", "breaker_opened", "pending_restart", "document_absent", "document_missing",
		"layer_down", "layer_up", "subscriber_called", "subscriber_slow", "resource_built",
		"resource_closed", "opened", "last_known_good_saved", "last_known_good_failed",
		"last_known_good_exposed", "layer_stale", "layer_fresh", "readiness_changed", "approved", "pinned",
		"unpinned", "open_waiting", "reference_unresolved", "unused_keys", "deprecated_keys", "refreshed", "closed",
		"self_check_failed", "unknown"}
	for i, want := range names {
		k := observe.EventKind(i)
		if got := k.String(); got != want {
			t.Errorf("kind %d is called %q, want %q", i, got, want)
		}
		var back observe.EventKind
		text, err := json.Marshal(k)
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if known := want != "unknown"; (err == nil) != known || known && back != k || string(text) != `"`+want+`"` {
			t.Errorf("%q is in JSON %s and comes back as %q: %v", want, text, back, err)
		}
	}
	for i, k := range []observe.EventKind{observe.ContentReceived, observe.Applied, observe.Unchanged, observe.Rejected, observe.Held,
		observe.RolledBack, observe.RollbackFailed, observe.BreakerOpened, observe.PendingRestart,
		observe.DocumentAbsent, observe.DocumentMissing, observe.LayerDown, observe.LayerUp,
		observe.SubscriberCalled, observe.SubscriberSlow, observe.ResourceBuilt, observe.ResourceClosed,
		observe.Opened, observe.LastKnownGoodSaved, observe.LastKnownGoodFailed,
		observe.LastKnownGoodExposed, observe.LayerStale, observe.LayerFresh, observe.ReadinessChanged,
		observe.Approved, observe.Pinned, observe.Unpinned, observe.OpenWaiting, observe.ReferenceUnresolved,
		observe.UnusedKeys, observe.DeprecatedKeys, observe.Refreshed, observe.Closed, observe.SelfCheckFailed} {
		if int(k) != i+1 {
			t.Errorf("%s has the number %d, and had %d", k, k, i+1)
		}
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

// JSON names follow the Go names, so that a reader of one knows the other.
func TestJSONNamesAreTheGoNamesInSnakeCase(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Slice, reflect.Pointer:
			look(of.Elem())
		case reflect.Struct:
			if seen[of] || of == reflect.TypeFor[time.Time]() {
				return
			}
			seen[of] = true
			for f := range of.Fields() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "-" {
					continue
				}
				look(f.Type)
				if want := snake(f.Name); !f.Anonymous && name != want {
					t.Errorf("%s.%s is %q in JSON, want %q", of, f.Name, name, want)
				}
			}
		}
	}
	look(reflect.TypeFor[observe.Health]())
	look(reflect.TypeFor[observe.Report]())
	look(reflect.TypeFor[observe.HistoryEntry]())
	if len(seen) < 11 {
		t.Errorf("only %d types were looked at: %v", len(seen), seen)
	}
}

func snake(name string) string {
	var b strings.Builder
	last := 'X'
	for _, r := range name {
		if unicode.IsUpper(r) && !unicode.IsUpper(last) { // ID is one word
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return b.String()
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
		"removed": {observe.Explanation{Key: "a.b", Known: true, Value: "1", Default: "1", HasDefault: true, RemovedBy: &observe.LayerValue{Key: "a", Value: "null", Position: at},
			LayerValues: []observe.LayerValue{{Position: below, Value: "5"}}}, "a.b = 1   default\n  since a = null   orders.yaml:7:9 (nacos)\n  over 5   config.yaml:2 (file)\n"},
		"removed by the null at the key": {observe.Explanation{Key: "a", Known: true, RemovedBy: &observe.LayerValue{Key: "a", Value: "null", Position: at},
			LayerValues: []observe.LayerValue{{Position: at, Value: "null"}, {Position: below, Value: "5"}}}, "a: not set\n  since a = null   orders.yaml:7:9 (nacos)\n  over 5   config.yaml:2 (file)\n"},
		"gone": {observe.Explanation{Key: "a[3].b", Known: true, Default: "1", HasDefault: true, ParentMissing: true}, "a[3].b: not set\n"},
		"within a text": {observe.Explanation{Key: "a[0]", Known: true, PartOf: &observe.LayerValue{Key: "a", Value: "x,y", Position: source.Position{Layer: "env", Document: "$A"}}},
			"a[0]: part of a = x,y   $A\n"},
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
