package work

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// heapChanges is how many changes there are: more than the versions that nacre remembers.
const heapChanges = 25

// heap measures what is live on the heap after changes.
func heap() Group {
	return Group{
		Name: "heap", Title: "Live heap", Kind: Held, Passes: 1,
		Note: fmt.Sprintf("What is live on the heap with one YAML document of n keys, after opening and after %d changes: `heap/key` of one key each time, "+
			"`heap/all` of every value. nacre keeps a history of 20 versions, which no other library does. Peers that can keep an instance keep it, "+
			"as their documentation does.", heapChanges),
		Sizes: []int{20000},
		jobs: func(n int) []bench.Job {
			units := n / content.UnitKeys
			key := configChange{change[content.Config]{format: "yaml", apart: true, at: func(state int) []document[content.Config] {
				return one(content.Doc{To: units, Weight: layerApart + state, WeightUnit: state * 37 % units})
			}}}
			all := configChange{change[content.Config]{format: "yaml", apart: true, at: func(state int) []document[content.Config] { return one(content.All(n, state)) }}}
			return []bench.Job{
				jobOf("heap/key", n, "", func(p peer.Peer) func(bench.Budget) (bench.Sample, error) { return key.heap(p) }),
				jobOf("heap/all", n, "", func(p peer.Peer) func(bench.Budget) (bench.Sample, error) { return all.heap(p) }),
			}
		},
	}
}

// configChange is a change of a config of the usual type.
type configChange struct{ change[content.Config] }

// heap measures the live heap with a peer.
func (c configChange) heap(p peer.Peer) func(bench.Budget) (bench.Sample, error) {
	if p.Config == nil {
		return nil
	}
	return func(bench.Budget) (s bench.Sample, err error) {
		before := liveHeap()
		live, err := p.Config(c.documents(0))
		if err != nil {
			return s, fmt.Errorf("open: %w", err)
		}
		defer func() { err = errors.Join(err, live.Close()) }()
		s.Opened = liveHeap() - before
		for n := 1; n <= heapChanges; n++ {
			if err := live.Apply(peer.Change{Data: c.at(n)[0].Data(c.format)}); err != nil {
				return s, fmt.Errorf("change %d: %w", n, err)
			}
		}
		s.Bytes = liveHeap() - before
		return s, c.check(live, heapChanges)
	}
}

// liveHeap is what is live on the heap.
func liveHeap() float64 {
	bench.Idle()
	runtime.GC() // twice, for what a finalizer or a pool held at the first
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
