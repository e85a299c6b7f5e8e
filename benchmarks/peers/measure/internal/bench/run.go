package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/stats"
)

// Row is what is known of a peer in a job: medians over the passes. A ratio is 0 if it is not
// known.
type Row struct {
	Work string
	N    int
	Peer string
	Sample
	Base, Limit Ratios // to the base, and to the limit
}

// Ratios are those of a peer to another one. That of Least is of the fastest operations of all
// passes, which is what remains of a time by the clock where others use the machine.
type Ratios struct{ NS, CPU, Least, Bytes float64 }

// Run measures a job in passes. In each pass another peer begins.
func Run(j Job, passes int, budget Budget, log io.Writer) ([]Row, error) {
	samples := make([][]Sample, len(j.Entries))
	for pass := range passes {
		for k := range j.Entries {
			i := (k + pass) % len(j.Entries)
			runtime.GC()
			s, err := j.Entries[i].Measure(budget)
			if err != nil {
				return nil, fmt.Errorf("%s with %d, %s: %w", j.Work, j.N, j.Entries[i].Peer, err)
			}
			samples[i] = append(samples[i], s)
		}
	}
	rows := summarize(j, samples)
	for _, r := range rows {
		_, _ = fmt.Fprintf(log, "peers: %-20s %7d  %-20s %14.1f ns  %8.4f  processor %8.4f\n", r.Work, r.N, r.Peer, r.NS, r.Base.NS, r.Base.CPU)
	}
	return rows, nil
}

func summarize(j Job, samples [][]Sample) []Row {
	base, limit := of(j, samples, j.Base), of(j, samples, j.Limit)
	var rows []Row
	for i, e := range j.Entries {
		r := Row{Work: j.Work, N: j.N, Peer: e.Peer, Base: ratios(samples[i], base), Limit: ratios(samples[i], limit)}
		for _, f := range fields {
			*f(&r.Sample) = stats.Median(each(samples[i], f))
		}
		rows = append(rows, r)
	}
	return rows
}

var fields = []func(*Sample) *float64{ns, cpu, least, allocs, bytes}

func ns(s *Sample) *float64     { return &s.NS }
func cpu(s *Sample) *float64    { return &s.CPU }
func least(s *Sample) *float64  { return &s.Least }
func allocs(s *Sample) *float64 { return &s.Allocs }
func bytes(s *Sample) *float64  { return &s.Bytes }

func of(j Job, samples [][]Sample, peer string) []Sample {
	i := slices.IndexFunc(j.Entries, func(e Entry) bool { return e.Peer == peer })
	if i < 0 {
		return nil
	}
	return samples[i]
}

func each(samples []Sample, field func(*Sample) *float64) []float64 {
	all := make([]float64, len(samples))
	for i := range samples {
		all[i] = *field(&samples[i])
	}
	return all
}

// ratios are medians of those inside each pass.
func ratios(samples, base []Sample) Ratios {
	of := func(field func(*Sample) *float64) float64 {
		var all []float64
		for i := range base {
			if b := *field(&base[i]); b > 0 {
				all = append(all, *field(&samples[i])/b)
			}
		}
		return stats.Median(all)
	}
	r := Ratios{NS: of(ns), CPU: of(cpu), Bytes: of(bytes)}
	if len(base) > 0 {
		r.Least = slices.Min(each(samples, least)) / slices.Min(each(base, least))
	}
	return r
}
