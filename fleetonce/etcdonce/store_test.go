package etcdonce_test

import (
	"context"
	"errors"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/fleetonce/etcdonce"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tests with a server are in ci/oncetest.
func TestErrors(t *testing.T) {
	t.Parallel()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	store := etcdonce.New(client, "/once/warm")
	if store.Name() != "/once/warm" {
		t.Errorf("the name is %q, want the key", store.Name())
	}
	for _, revision := range []string{"", "0", "-1", "x", "99999999999999999999"} {
		if _, err := store.CompareAndSwap(t.Context(), revision, []byte("record")); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("a swap of the revision %q: %v, want invalid argument", revision, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := store.Load(ctx); !errors.Is(err, source.Timeout) && !errors.Is(err, source.Unavailable) {
		t.Errorf("Load without a server: %v, want timeout or unavailable", err)
	}
}
