package provider_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/observe/otelobserve/internal/provider"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner uses a name until it is set to 0.
type owner struct{ uses atomic.Int32 }

func (o *owner) InUse() bool { return o.uses.Load() == 1 }

func newOwner() *owner {
	o := &owner{}
	o.uses.Store(1)
	return o
}

// pointer is a provider that can be told from another one; unlike is one that cannot.
type (
	pointer struct {
		noop.MeterProvider
		_ int // so that two have two addresses
	}
	unlike struct {
		noop.MeterProvider
		f func()
	}
)

func TestANameHasOneOwner(t *testing.T) {
	t.Parallel()
	name := provider.Name{Meters: &pointer{}, What: "config", Text: "one"}
	first, second := newOwner(), newOwner()
	claims := func(what string, n provider.Name, o *owner, want bool) {
		t.Helper()
		if err := n.Claim(o); (err == nil) != want || err != nil && !errors.Is(err, source.Conflict) {
			t.Errorf("%s: the claim returns %v", what, err)
		}
	}
	claims("the first", name, first, true)
	claims("the first again", name, first, true)
	claims("a second", name, second, false)
	claims("another provider", provider.Name{Meters: &pointer{}, What: "config", Text: "one"}, second, true)
	claims("another kind", provider.Name{Meters: name.Meters, What: "client", Text: "one"}, second, true)
	claims("a provider that cannot be compared", provider.Name{Meters: unlike{f: func() {}}, What: "config", Text: "one"}, second, true)
	if name.Taken(first) || !name.Taken(second) {
		t.Error("the name is not that of the first")
	}
	name.Release(second) // it is not its name
	claims("a second after its own release", name, second, false)
	first.uses.Store(0)
	claims("a second once the first is done", name, second, true)
	name.Release(second)
	claims("the first once the second has released it", name, first, true)
}

// Of owners that claim a name at once, one gets it.
func TestConcurrentClaims(t *testing.T) {
	t.Parallel()
	for range 50 {
		name := provider.Name{Meters: &pointer{}, What: "config", Text: "many"}
		var got atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if name.Claim(newOwner()) == nil {
					got.Add(1)
				}
			})
		}
		all.Wait()
		if n := got.Load(); n != 1 {
			t.Errorf("%d owners have the name", n)
		}
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("orders.yaml")
	f.Add(strings.Repeat("ä", 40) + "\xff\x00")
	f.Fuzz(func(t *testing.T, name string) {
		got := provider.Label(name)
		if got == "" || len(got) > 64 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r") || provider.Label(got) != got {
			t.Errorf("the label of %q is %q", name, got)
		}
	})
}
