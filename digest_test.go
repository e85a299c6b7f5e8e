package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// The fix of a change that was rolled back is a content of its own: no two trees that say different
// things are one for the quarantine.
func TestTheFixOfATreeIsNotTheBadTree(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]any{
		{[]any{"a b"}, []any{"a", "b"}}, {"1", 1}, {"true", true}, {"<nil>", nil}, {"[]", []any{}}, {"map[]", map[string]any{}},
		{1.0, 1}, {map[string]any{"a": "b c:d"}, map[string]any{"a": "b", "c": "d"}}, {[]any{[]any{"a"}, "b"}, []any{[]any{"a", "b"}}},
	} {
		for _, order := range [][2]any{pair, {pair[1], pair[0]}} {
			bad, good := order[0], order[1]
			t.Run(fmt.Sprintf("%#v to %#v", bad, good), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := memory.New("tree", nil)
					set := func(x any) {
						t.Helper()
						if err := m.SetTree(map[string]any{"more": map[string]any{"x": x, "y": 1}}); err != nil {
							t.Fatal(err)
						}
						time.Sleep(5 * time.Second) // a window, and a few calls of the probe
						synctest.Wait()
					}
					set("at first")
					cfg := layered[guardConfig](t, unguarded(quiet), m)
					nacre.AutoRollback(cfg, func(_ context.Context, c *guardConfig) error {
						if x, there := c.More["x"]; reflect.DeepEqual(x, plain(bad)) && there == (bad != nil) {
							return errors.New("no request succeeds")
						}
						return nil
					})
					set(bad)
					if x := cfg.Get().More["x"]; !reflect.DeepEqual(x, "at first") {
						t.Fatalf("the bad change is live: %#v", x)
					}
					set(good)
					if held := cfg.Health().Layers[0].Held; held != nil || !reflect.DeepEqual(cfg.Get().More["x"], plain(good)) {
						t.Errorf("the fix is held as what was rolled back: %q", held)
					}
				})
			})
		}
	}
}

// plain is a value as a field of type any has it.
func plain(v any) any {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}
