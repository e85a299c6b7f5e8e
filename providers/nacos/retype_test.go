package nacos_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// A data ID without an extension has the format of its type, so a publish that changes the type
// alone is a change of the document.
func TestAPublishThatChangesTheTypeAloneIsAChange(t *testing.T) {
	t.Parallel()
	onEachConfig(t, func(t *testing.T, cfg nacos.Config, id string) {
		t.Helper()
		id = "retyped-" + id[6:14]
		c := newClient(t, cfg, nacos.ReconcileEvery(time.Second))
		t.Cleanup(func() { _ = c.Delete(context.WithoutCancel(t.Context()), id) })
		ctx := within(t)
		publish := func(typ string) {
			t.Helper()
			if err := c.Publish(ctx, id, []byte(`{"v": 1}`), nacos.Type(typ)); err != nil {
				t.Fatal(err)
			}
		}
		publish("text")
		r := follow(t, c.Config(id))
		for {
			_, err := r.next()
			if errors.Is(err, nacos.UnknownFormat) && strings.Contains(err.Error(), "the config has the type text") {
				break
			}
			if err != nil {
				t.Fatalf("Next returned %v, want that the type text does not name a format", err)
			}
		}
		publish("properties")
		for {
			d, err := r.next()
			if err == nil && d.Format == source.FormatProperties {
				break
			}
		}
		for _, typ := range []string{source.FormatYAML, source.FormatJSON} {
			began := time.Now()
			publish(typ)
			for {
				d, err := r.next()
				if err != nil {
					t.Fatal(err)
				}
				if d.Format == typ {
					break
				}
			}
			t.Logf("%s: after %v", typ, time.Since(began))
		}
	})
}
