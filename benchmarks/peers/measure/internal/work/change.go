package work

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// document is a document of a config of type T.
type document[T any] interface {
	Data(format string) []byte
	Into(*T)
}

// change is a work in which one document of a config gets another content.
type change[T any] struct {
	format    string
	oneSource bool
	apart     bool // no document sets a key of another
	equal     bool // the values stay as they are
	changed   int  // the document that changes
	// at is all documents in a state.
	at func(state int) []document[T]
}

// deadline is how much longer than the budget all that is not timed may take.
const deadline = 10

// measure opens a config with a peer and changes it again and again, within the budget. It compares
// the live value with the expected struct after each change, which is not timed.
func (c change[T]) measure(open func(peer.Documents) (peer.Live[T], error), b bench.Budget) (s bench.Sample, err error) {
	live, err := open(c.documents(0))
	if err != nil {
		return s, fmt.Errorf("open: %w", err)
	}
	defer func() {
		if closed := live.Close(); err == nil && closed != nil {
			err = fmt.Errorf("close: %w", closed)
		}
	}()
	if err := c.check(live, 0); err != nil {
		return s, err
	}
	runtime.GC() // what the start has left behind
	n := 0
	var timed, used time.Duration
	least := time.Duration(math.MaxInt64)
	apply := func() error {
		n++
		next := peer.Change{Document: c.changed, Data: c.at(n)[c.changed].Data(c.format), Equal: c.equal}
		watch := bench.StartWatch()
		err := live.Apply(next)
		wall, cpu := watch.Stop()
		if err != nil {
			return fmt.Errorf("change %d: %w", n, err)
		}
		timed, used, least = timed+wall, used+cpu, min(least, wall)
		return c.check(live, n)
	}
	for began := time.Now(); n == 0 || timed < b.Time && time.Since(began) < deadline*b.Time; {
		if err := apply(); err != nil {
			return s, err
		}
	}
	s.NS, s.CPU, s.Least = float64(timed)/float64(n), float64(used)/float64(n), float64(least)
	s.Allocs, s.Bytes, err = c.allocated(live, n, times(timed/time.Duration(n)))
	return s, err
}

// times is how often the allocations of a change are counted that takes that long.
func times(each time.Duration) int {
	if each > 50*time.Millisecond {
		return 1
	}
	return 3
}

// allocated is what changes after the n-th allocate. Reading the counters stops all goroutines, so
// it is not done where time is measured.
func (c change[T]) allocated(live peer.Live[T], n, times int) (allocs, bytes float64, err error) {
	for i := n + 1; i <= n+times; i++ {
		next := peer.Change{Document: c.changed, Data: c.at(i)[c.changed].Data(c.format), Equal: c.equal}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := live.Apply(next)
		runtime.ReadMemStats(&after)
		if err != nil {
			return 0, 0, fmt.Errorf("change %d: %w", i, err)
		}
		allocs += float64(after.Mallocs-before.Mallocs) / float64(times)
		bytes += float64(after.TotalAlloc-before.TotalAlloc) / float64(times)
	}
	return allocs, bytes, nil
}

func (c change[T]) documents(state int) peer.Documents {
	d := peer.Documents{Format: c.format, OneSource: c.oneSource, Apart: c.apart}
	for _, doc := range c.at(state) {
		d.Data = append(d.Data, doc.Data(c.format))
	}
	return d
}

// check compares the live value with the struct that the documents in a state make together.
func (c change[T]) check(live peer.Live[T], state int) error {
	var want T
	for _, doc := range c.at(state) {
		doc.Into(&want)
	}
	got, err := live.Value()
	if err != nil {
		return fmt.Errorf("after change %d: %w", state, err)
	}
	if !equal(reflect.ValueOf(got).Elem(), reflect.ValueOf(&want).Elem()) {
		return fmt.Errorf("after change %d the live struct is not the expected one", state)
	}
	return nil
}

// equal is reflect.DeepEqual, except that a field with an empty map equals one with none.
func equal(a, b reflect.Value) bool {
	for i := range a.NumField() {
		x, y := a.Field(i), b.Field(i)
		if x.Kind() == reflect.Map && x.Len() == 0 && y.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			return false
		}
	}
	return true
}
