package nacosonce_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/fleetonce/fleetoncetest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
	"github.com/nacre-go/nacre/source"
)

func TestStoreConformance(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, cfg nacos.Config) {
		t.Helper()
		fleetoncetest.Run(t, func(t *testing.T) (a, b fleetonce.Store) {
			t.Helper()
			one, two := newClient(t, cfg), newClient(t, cfg)
			id := newRecord(t, one)
			return nacosonce.New(one, id, nacos.Group("ONCE")), nacosonce.New(two, id, nacos.Group("ONCE"))
		})
	})
}

type service struct {
	Cache struct {
		Size int `config:"size"`
	} `config:"cache"`
}

// TestRealFleet runs a hook in five instances, each with a config and a client of its own. One ends
// without a word while it runs the hook.
func TestRealFleet(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, cfg nacos.Config) {
		t.Helper()
		ctx := within(t)
		admin := newClient(t, cfg)
		document, record := newRecord(t, admin)+".yaml", newRecord(t, admin)
		t.Cleanup(func() { _ = admin.Delete(context.WithoutCancel(ctx), document) })
		if err := admin.Publish(ctx, document, []byte("cache: {size: 1}")); err != nil {
			t.Fatal(err)
		}
		if err := fleetonce.Create(ctx, nacosonce.New(admin, record), "warm"); err != nil {
			t.Fatal(err)
		}
		var (
			mu     sync.Mutex
			runs   []string
			tokens []int64
			killed atomic.Bool
			hooks  []*fleetonce.Hook
		)
		hang := make(chan struct{})
		for range 5 {
			client := newClient(t, cfg)
			instance, err := nacre.OpenWith[service](ctx, nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, client.Source(document))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = instance.Close() })
			hook, err := fleetonce.Do(instance, nacosonce.New(client, record), "warm", func(_ context.Context, run fleetonce.Run[service]) error {
				mu.Lock()
				runs, tokens = append(runs, fmt.Sprintf("size %d", run.Config.Cache.Size)), append(tokens, run.Token)
				mu.Unlock()
				if run.Config.Cache.Size == 2 && !killed.Swap(true) {
					_ = client.Close() // it does not reach the record any more
					<-hang
				}
				return nil
			}, fleetonce.Options{Keys: []string{"cache"}, Term: 2 * time.Second, Logger: silent})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = hook.Close() })
			hooks = append(hooks, hook)
		}
		t.Cleanup(func() { close(hang) })
		await := func(size int) {
			t.Helper()
			for i, hook := range hooks {
				s, err := hook.Wait(ctx, func(s fleetonce.Status) bool {
					mu.Lock()
					defer mu.Unlock()
					return s.State == fleetonce.Done && len(runs) >= size || errors.Is(s.Err, source.Closed)
				})
				if err != nil {
					t.Fatalf("instance %d: %v; it is %+v", i, err, s)
				}
			}
		}
		await(1)
		if err := admin.Publish(ctx, document, []byte("cache: {size: 2}")); err != nil {
			t.Fatal(err)
		}
		await(3)
		mu.Lock()
		defer mu.Unlock()
		if got := fmt.Sprint(runs); got != "[size 1 size 2 size 2]" {
			t.Errorf("the fleet ran %s, want size 1 once, and size 2 again after the instance that ended", got)
		}
		for i := range tokens[1:] {
			if tokens[i] >= tokens[i+1] {
				t.Errorf("the tokens are %v, want rising ones", tokens)
			}
		}
	})
}

func TestAServerWithoutCompareAndSetIsRefused(t *testing.T) {
	t.Parallel()
	srv, cfg := startServer(t)
	ctx := within(t)
	client := newClient(t, cfg)
	store := nacosonce.New(client, "record")
	srv.IgnoreIfMD5(true)
	if err := fleetonce.Create(ctx, store, "hook"); !errors.Is(err, nacos.NotSupported) {
		t.Errorf("Create: %v, want not supported", err)
	}
	srv.IgnoreIfMD5(false)
	if err := fleetonce.Create(ctx, store, "hook"); err != nil {
		t.Fatal(err)
	}
	before, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	srv.IgnoreIfMD5(true) // the server was replaced
	if _, err := store.CompareAndSwap(ctx, before.Revision, []byte("{}")); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("CompareAndSwap: %v, want invalid argument", err)
	}
	if text, _ := srv.Get("", "DEFAULT_GROUP", "record"); text != string(before.Data) {
		t.Errorf("the record became %q", text)
	}
}

// TestRealCreationIsNotAtomic shows why an instance never creates the record: of several swaps of a
// config that does not exist, more than one succeeds. The server in the process is atomic.
func TestRealCreationIsNotAtomic(t *testing.T) {
	t.Parallel()
	cfg := realnacos.Config(t)
	if os.Getenv("NACRE_NACOS_CLUSTER") != "" {
		t.Skip("a cluster answers most creations with an error that does not say whether they succeeded")
	}
	ctx := within(t)
	const rounds, writers = 30, 12
	var clients []*nacos.Client
	for range writers {
		c := newClient(t, cfg)
		if err := c.WaitReady(ctx); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	several := 0
	for range rounds {
		id := newRecord(t, clients[0])
		var winners atomic.Int32
		var all sync.WaitGroup
		start := make(chan struct{})
		for i, c := range clients {
			all.Go(func() {
				<-start
				if c.Publish(ctx, id, fmt.Appendf(nil, "writer %d", i), nacos.IfMD5("0123456789abcdef0123456789abcdef")) == nil {
					winners.Add(1)
				}
			})
		}
		close(start)
		all.Wait()
		if winners.Load() > 1 {
			several++
		}
	}
	t.Logf("several creations succeeded in %d of %d rounds", several, rounds)
	if several == 0 && !realnacos.Is3(t) {
		t.Error("one creation won in each round; if that is so on every server, instances could create records")
	}
}

// A creation that comes late replaces a claim, so that two instances run: why instances must not
// create the record. The token shows a target which run is the later one.
func TestALateCreationLetsTwoInstancesRun(t *testing.T) {
	t.Parallel()
	srv, cfg := startServer(t)
	ctx := within(t)
	admin := newClient(t, cfg)
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "cache: {size: 1}"); err != nil {
		t.Fatal(err)
	}
	if err := fleetonce.Create(ctx, nacosonce.New(admin, "record"), "warm"); err != nil {
		t.Fatal(err)
	}
	created, _ := srv.Get("", "DEFAULT_GROUP", "record")
	tokens := make(chan int64, 2)
	for range 2 {
		client := newClient(t, cfg)
		instance, err := nacre.OpenWith[service](ctx, nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, client.Source("orders.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = instance.Close() })
		hook, err := fleetonce.Do(instance, nacosonce.New(client, "record"), "warm", func(ctx context.Context, run fleetonce.Run[service]) error {
			tokens <- run.Token
			<-ctx.Done()
			return ctx.Err()
		}, fleetonce.Options{Logger: silent})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hook.Close() })
	}
	first := <-tokens
	// What another instance had sent before it knew of the record: Nacos does not refuse it.
	late := strings.Replace(created, fmt.Sprint(`"token": `, first-1), fmt.Sprint(`"token": `, first+10), 1)
	if late == created {
		t.Fatalf("the record has no token %d: %s", first-1, created)
	}
	if err := srv.Publish("", "DEFAULT_GROUP", "record", late); err != nil {
		t.Fatal(err)
	}
	select {
	case second := <-tokens:
		if second <= first {
			t.Errorf("the second run has token %d after %d", second, first)
		}
	case <-ctx.Done():
		t.Error("the second instance did not run: if a creation cannot replace a claim, instances could create the record")
	}
}

// An instance whose record is deleted does not create it by a swap.
func TestADeletedRecordIsNotCreated(t *testing.T) {
	t.Parallel()
	srv, cfg := startServer(t)
	ctx := within(t)
	client := newClient(t, cfg)
	store := nacosonce.New(client, "record")
	if _, err := store.CompareAndSwap(ctx, "0123456789abcdef0123456789abcdef", []byte("{}")); !errors.Is(err, source.NotFound) {
		t.Errorf("a swap of a record that does not exist: %v, want not found", err)
	}
	if text, exists := srv.Get("", "DEFAULT_GROUP", "record"); exists {
		t.Errorf("a swap created the record %q", text)
	}
}
