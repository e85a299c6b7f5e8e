package nacos_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// A server that answers the set-up with an error is named as such: the error is not
// that the client itself gave up.
func TestAServerThatRefusesTheSetUp(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"HealthCheckRequest", ""} {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{})
			srv.Faults().Fail(fakenacos.Always, 500, fakenacos.Match{Type: typ})
			log := newEvents()
			c := newClient(t, config(srv), log.hook(), nacos.Quick())
			log.wait(t, nacos.EventConnectFailed, 3)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := c.Get(ctx, "orders.yaml")
			if !errors.Is(err, nacos.ServerError) || errors.Is(err, context.Canceled) {
				t.Errorf("Get: %v, want %v", err, nacos.ServerError)
			}
		})
	}
}
