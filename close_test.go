package nacre_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// A source that does not return from Next takes the time of Close, and not that of the resources,
// which close after it.
func TestAStuckSourceLeavesResourcesTimeToClose(t *testing.T) {
	for range 20 { // which of two timers comes first is chance
		synctest.Test(t, func(t *testing.T) {
			end := make(chan struct{})
			stuck := &badlyBehaved{"stuck", func(context.Context) (source.Content, error) { <-end; return source.Content{}, nil }}
			o := quiet
			o.LastKnownGoodDisabled = true
			cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, memoryLayer("config.yaml", "db: one"), nacre.Layer(stuck, nacre.MayBeDown()))
			if err != nil {
				t.Fatal(err)
			}
			closed := make(chan struct{})
			if _, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB },
				func(context.Context, string) (string, error) { return "resource", nil },
				func(string) error { close(closed); return nil }); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err = cfg.Close()
			if err == nil || !strings.Contains(err.Error(), "stuck") || strings.Contains(err.Error(), "resource") || time.Since(began) > 5*time.Second {
				t.Errorf("Close took %v and returned %v, want an error about the source alone", time.Since(began), err)
			}
			select {
			case <-closed:
			default:
				t.Error("the resource is not closed")
			}
			close(end)
		})
	}
}
