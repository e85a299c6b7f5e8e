// Package work has what is measured: the works of a live config, each for all peers that can do it.
package work

import (
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// Group is works of one kind.
type Group struct {
	Name   string
	Title  string
	Note   string // what the works are, in sentences, where the title does not say it
	Kind   Kind
	Sizes  []int // by default
	Fixed  bool  // it has no other sizes
	Passes int   // at most, where one measurement is exact; 0 means no limit
	jobs   func(n int) []bench.Job
	absent func() map[string]string // of peers, with the reason; nil where the peers say it
}

// Kind is what is measured.
type Kind int

// The kinds of works.
const (
	Timed   Kind = iota // time and allocations
	Called              // time
	Held                // the live heap
	Weighed             // binaries
)

// GroupOf is the group of a work, such as key for key/yaml/first.
func GroupOf(work string) (Group, bool) {
	name, _, _ := strings.Cut(work, "/")
	for _, g := range Groups() {
		if g.Name == name {
			return g, true
		}
	}
	return Group{}, false
}

// Gate are the works that are quick and say whether nacre has become slower.
func Gate() (jobs []bench.Job) {
	for _, w := range []struct {
		name string
		n    int
	}{
		{"read/1", 20}, {"reload", 200}, {"reload", 2000}, {peer.Layers, 2000}, {"key/yaml/middle", 20000}, {peer.Same, 20000},
	} {
		for _, j := range Jobs([]string{w.name}, []int{w.n}, func(name string) bool { return name == peer.Nacre }) {
			j.Entries = slices.DeleteFunc(j.Entries, func(e bench.Entry) bool { return e.Peer != peer.Nacre && e.Peer != j.Base })
			j.Limit = ""
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// Absent are the peers that have no part in a work of a job, and why.
func Absent(j bench.Job) map[string]string {
	all := map[string]string{}
	if j.Base == peer.Pointer { // everything can be read
		return all
	}
	if g, ok := GroupOf(j.Work); ok && g.absent != nil {
		all = g.absent()
		maps.DeleteFunc(all, func(_, why string) bool { return why == "" })
		return all
	}
	for _, p := range peer.All() {
		if why := p.Why(j.Work); why != "" && p.Name != peer.Checksum {
			all[p.Name] = why
		}
	}
	return all
}

// Groups are all works, in the order of the report.
func Groups() []Group {
	return []Group{
		read(), reload(), layers(), key(), same(), comment(), documents(), fanout(), file(), heap(), weight(),
	}
}

// Jobs are those of the groups with these names, all if there are none, with these sizes, or those
// of each group if there are none. Only peers that take accepts are in them, and the bases.
func Jobs(names []string, sizes []int, take func(peer string) bool) (jobs []bench.Job) {
	for _, g := range Groups() {
		if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return g.Name == name || strings.HasPrefix(name, g.Name+"/") }) {
			continue
		}
		of := orDefault(sizes, g.Sizes)
		if g.Fixed {
			of = g.Sizes
		}
		for _, n := range of {
			for _, j := range g.jobs(n) {
				if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return j.Work == name || strings.HasPrefix(j.Work, name+"/") }) {
					continue
				}
				j.Entries = slices.DeleteFunc(j.Entries, func(e bench.Entry) bool { return e.Peer != j.Base && e.Peer != j.Limit && !take(e.Peer) })
				jobs = append(jobs, j)
			}
		}
	}
	return jobs
}

func orDefault(sizes, byDefault []int) []int {
	if len(sizes) > 0 {
		return sizes
	}
	return byDefault
}

// configJob is a change for all peers that can do it.
func configJob(work string, n int, c change[content.Config]) bench.Job {
	return jobOf(work, n, peer.Struct, func(p peer.Peer) func(bench.Budget) (bench.Sample, error) {
		if p.Config == nil {
			return nil
		}
		return func(b bench.Budget) (bench.Sample, error) { return c.measure(p.Config, b) }
	})
}

// flatJob is a change for all peers that can do it.
func flatJob(work string, n int, c change[content.Flat]) bench.Job {
	return jobOf(work, n, peer.Struct, func(p peer.Peer) func(bench.Budget) (bench.Sample, error) {
		if p.Flat == nil {
			return nil
		}
		return func(b bench.Budget) (bench.Sample, error) { return c.measure(p.Flat, b) }
	})
}

// jobOf is a job with koanf as its base, for the peers for which measure returns a function.
func jobOf(work string, n int, limit string, measure func(peer.Peer) func(bench.Budget) (bench.Sample, error)) bench.Job {
	j := bench.Job{Work: work, N: n, Base: peer.Koanf, Limit: limit}
	for _, p := range peer.All() {
		if p.Why(work) != "" {
			continue
		}
		if m := measure(p); m != nil {
			j.Entries = append(j.Entries, bench.Entry{Peer: p.Name, Measure: m})
		}
	}
	return j
}
