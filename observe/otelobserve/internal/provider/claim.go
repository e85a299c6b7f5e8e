package provider

import (
	"errors"
	"reflect"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/metric"

	"github.com/nacre-go/nacre/source"
)

// Name is the name of a config or client on a provider of meters. Two that have the same one would
// write the same series, of which a provider shows one or the sum.
type Name struct {
	// Meters is the provider; nil for the global one.
	Meters metric.MeterProvider
	// What is "config" or "client", and Text its name.
	What, Text string
}

// Owner has a name in use.
type Owner interface {
	// InUse reports whether the owner still needs the name.
	InUse() bool
}

// owners are those of all names in use. Only one process-wide map can tell two of one name apart.
var (
	mu     sync.Mutex
	owners = map[Name]Owner{}
)

// Claim gives the name to an owner until Release. It returns an error of kind source.Conflict if
// another owner uses it.
func (n Name) Claim(o Owner) error {
	if !n.comparable() {
		return nil
	}
	for {
		other := n.other(o)
		if other != nil && other.InUse() { // code of the service: not with mu held
			return &source.Error{Kind: source.Conflict, Op: "register the metrics of", Document: n.What + " " + strconv.Quote(n.Text),
				Err: errors.New("the provider has metrics of this name"),
				Fix: "give each one in the process a name of its own, or call Watch(nil) of the old one first"}
		}
		if n.replace(other, o) {
			return nil
		}
	}
}

// replace makes o the owner, and reports false if another one than old came first.
func (n Name) replace(old, o Owner) bool {
	mu.Lock()
	defer mu.Unlock()
	if now := owners[n]; now != old && now != o {
		return false
	}
	owners[n] = o
	return true
}

// Release gives the name back, if the owner has it.
func (n Name) Release(o Owner) {
	if !n.comparable() {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if owners[n] == o {
		delete(owners, n)
	}
}

// Taken reports whether another owner than o has the name.
func (n Name) Taken(o Owner) bool { return n.comparable() && n.other(o) != nil }

func (n Name) other(o Owner) Owner {
	mu.Lock()
	defer mu.Unlock()
	if other := owners[n]; other != o {
		return other
	}
	return nil
}

// comparable reports whether the provider can be told from others. Every SDK's is a pointer.
func (n Name) comparable() bool {
	return n.Meters == nil || reflect.ValueOf(n.Meters).Comparable()
}
