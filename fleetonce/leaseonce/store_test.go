package leaseonce_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	clientv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	fakev1 "k8s.io/client-go/kubernetes/typed/coordination/v1/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/fleetonce/fleetoncetest"
	"github.com/nacre-go/nacre/fleetonce/leaseonce"
	"github.com/nacre-go/nacre/providers/memory"
)

// newLeases returns the fake of client-go, with what it leaves out: a resourceVersion that rises
// with each write, and updates that conflict if they have another one.
func newLeases(t *testing.T) clientv1.LeaseInterface {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := coordinationv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	tracker := clienttesting.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())
	fake := &clienttesting.Fake{}
	var mu sync.Mutex
	version := 0
	fake.AddReactor("*", "leases", func(action clienttesting.Action) (bool, runtime.Object, error) {
		mu.Lock()
		defer mu.Unlock()
		switch a := action.(type) {
		case clienttesting.UpdateAction: // a CreateAction has the same methods
			lease, ok := a.GetObject().(*coordinationv1.Lease)
			if !ok {
				return false, nil, nil
			}
			resource := a.GetResource().GroupResource()
			if action.GetVerb() == "update" {
				old, err := tracker.Get(a.GetResource(), a.GetNamespace(), lease.Name)
				if err != nil {
					return true, nil, err
				}
				if m, ok := old.(metav1.Object); !ok || m.GetResourceVersion() != lease.ResourceVersion {
					return true, nil, apierrors.NewConflict(resource, lease.Name, fmt.Errorf("another resourceVersion"))
				}
			}
			version++
			lease = lease.DeepCopy()
			lease.ResourceVersion = strconv.Itoa(version)
			if action.GetVerb() == "create" {
				return true, lease, tracker.Create(a.GetResource(), lease, a.GetNamespace())
			}
			return true, lease, tracker.Update(a.GetResource(), lease, a.GetNamespace())
		}
		return clienttesting.ObjectReaction(tracker)(action)
	})
	fake.AddWatchReactor("*", func(action clienttesting.Action) (bool, watch.Interface, error) {
		w, err := tracker.Watch(action.GetResource(), action.GetNamespace())
		return true, w, err
	})
	return checked{(&fakev1.FakeCoordinationV1{Fake: fake}).Leases("orders")}
}

// checked fails if the context has ended, as a real client does.
type checked struct{ clientv1.LeaseInterface }

func (c checked) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return c.LeaseInterface.Get(ctx, name, o)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fleetoncetest.Run(t, func(t *testing.T) (a, b fleetonce.Store) {
		t.Helper()
		leases := newLeases(t)
		return leaseonce.New(leases, "warm-cache"), leaseonce.New(leases, "warm-cache")
	})
}

func TestOthersKeepTheirLabels(t *testing.T) {
	t.Parallel()
	leases := newLeases(t)
	store := leaseonce.New(leases, "warm-cache")
	if err := fleetonce.Create(t.Context(), store, "warm"); err != nil {
		t.Fatal(err)
	}
	lease, err := leases.Get(t.Context(), "warm-cache", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lease = lease.DeepCopy()
	lease.Labels = map[string]string{"team": "orders"}
	if lease, err = leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.CompareAndSwap(t.Context(), lease.ResourceVersion, []byte(`{"holder": "orders-7"}`)); err != nil {
		t.Fatal(err)
	}
	lease, err = leases.Get(t.Context(), "warm-cache", metav1.GetOptions{})
	if err != nil || lease.Labels["team"] != "orders" || lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity != "orders-7" {
		t.Errorf("after a swap the Lease is %+v, %v; want its label, and the holder", lease, err)
	}
}

type config struct {
	Size int `config:"size"`
}

// TestFleet runs a hook while others touch the Lease, which gives it other revisions.
func TestFleet(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	silent := slog.New(slog.DiscardHandler)
	leases := newLeases(t)
	if err := fleetonce.Create(ctx, leaseonce.New(leases, "warm-cache"), "warm"); err != nil {
		t.Fatal(err)
	}
	document := memory.New("orders.yaml", []byte("size: 1"))
	var runs atomic.Int32
	for range 5 {
		cfg, err := nacre.OpenWith[config](ctx, nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, document)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		hook, err := fleetonce.Do(cfg, leaseonce.New(leases, "warm-cache"), "warm", func(ctx context.Context, _ fleetonce.Run[config]) error {
			runs.Add(1)
			lease, err := leases.Get(ctx, "warm-cache", metav1.GetOptions{})
			if err != nil {
				return err
			}
			lease = lease.DeepCopy()
			lease.Labels = map[string]string{"touched": strconv.Itoa(int(runs.Load()))}
			_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
			return err
		}, fleetonce.Options{Logger: silent})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hook.Close() })
		if s, err := hook.Wait(ctx, func(s fleetonce.Status) bool { return s.State == fleetonce.Done }); err != nil {
			t.Fatalf("%v; the status is %+v", err, s)
		}
	}
	if n := runs.Load(); n != 1 {
		t.Errorf("the fleet ran %d times for one version", n)
	}
}
