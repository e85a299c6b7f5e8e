package nacosonce_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

func TestMain(m *testing.M) {
	if settings := os.Getenv(childEnv); settings != "" {
		os.Exit(child(settings))
	}
	testrun.AtOnce(16)
	goleak.VerifyTestMain(m)
}

// childEnv is the variable with the settings of a process that a test starts.
const childEnv = "NACRE_ONCE_TEST_CHILD"

var silent = slog.New(slog.DiscardHandler)

// onEach runs a test with nacostest, and with a real server where the environment names one.
func onEach(t *testing.T, test func(t *testing.T, cfg nacos.Config)) {
	t.Helper()
	t.Run("nacostest", func(t *testing.T) {
		t.Parallel()
		_, cfg := startServer(t)
		test(t, cfg)
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		test(t, realnacos.Config(t))
	})
}

func startServer(t *testing.T) (*nacostest.Server, nacos.Config) {
	t.Helper()
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv, nacos.Config{Servers: []string{srv.Addr()}}
}

// newClient returns a client with a connection of its own, as another instance has.
func newClient(t *testing.T, cfg nacos.Config) *nacos.Client {
	t.Helper()
	cfg.AppName = fmt.Sprintf("instance-%08x", rand.Uint32())
	c, err := nacos.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// newRecord returns a data ID that is deleted in the end.
func newRecord(t *testing.T, c *nacos.Client) string {
	t.Helper()
	id := fmt.Sprintf("nacre-once-%08x", rand.Uint32())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_ = c.Delete(ctx, id)
	})
	return id
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
