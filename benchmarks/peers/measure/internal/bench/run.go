package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/stats"
)

// Row is what is known of a peer in a job: medians over the passes. A ratio is 0 if it is not
// known.
type Row struct {
	Work string
	N    int
	Peer string
	Sample
	Passes      int    // in which the peer was measured
	Base, Limit Ratios // to the base, and to the limit
}

// String shows the time, or the bytes where a work has no time.
func (r Row) String() string {
	if r.NS == 0 {
		return fmt.Sprintf("%14.0f B   %8.4f", r.Bytes, r.Base.Bytes)
	}
	return fmt.Sprintf("%14.1f ns  %8.4f  processor %8.4f", r.NS, r.Base.NS, r.Base.CPU)
}

// Ratios are those of a peer to another one. That of Least is of the fastest operations of all
// passes, which is what remains of a time by the clock where others use the machine.
type Ratios struct{ NS, CPU, Least, Bytes float64 }

// Run measures a job in passes. In each pass another peer begins.
func Run(j Job, passes int, budget Budget, log io.Writer) ([]Row, error) {
	samples := make([][]*Sample, len(j.Entries)) // by entries and passes; nil where an entry had none
	allowed := make([]int, len(j.Entries))
	for i := range j.Entries {
		samples[i], allowed[i] = make([]*Sample, passes), passes
	}
	for pass := range passes {
		for k := range j.Entries {
			i := (k + pass) % len(j.Entries)
			if pass >= allowed[i] {
				continue
			}
			runtime.GC()
			began := time.Now()
			s, err := j.Entries[i].Measure(budget)
			if err != nil {
				return nil, fmt.Errorf("%s with %d, %s: %w", j.Work, j.N, j.Entries[i].Peer, err)
			}
			samples[i][pass] = &s
			if took := time.Since(began); pass == 0 && budget.Peer > 0 {
				allowed[i] = max(1, min(passes, int(budget.Peer/max(took, 1))))
			}
		}
	}
	rows := summarize(j, samples)
	for _, r := range rows {
		_, _ = fmt.Fprintf(log, "peers: %-20s %7d  %-20s %s\n", r.Work, r.N, r.Peer, r)
	}
	return rows, nil
}

func summarize(j Job, samples [][]*Sample) []Row {
	base, limit := of(j, samples, j.Base), of(j, samples, j.Limit)
	var rows []Row
	for i, e := range j.Entries {
		r := Row{Work: j.Work, N: j.N, Peer: e.Peer, Base: ratios(samples[i], base), Limit: ratios(samples[i], limit)}
		r.Passes = len(each(samples[i], ns))
		for _, f := range fields {
			*f(&r.Sample) = stats.Median(each(samples[i], f))
		}
		rows = append(rows, r)
	}
	return rows
}

var fields = []func(*Sample) *float64{ns, cpu, least, allocs, bytes, opened, packages, modules}

func ns(s *Sample) *float64       { return &s.NS }
func cpu(s *Sample) *float64      { return &s.CPU }
func least(s *Sample) *float64    { return &s.Least }
func allocs(s *Sample) *float64   { return &s.Allocs }
func bytes(s *Sample) *float64    { return &s.Bytes }
func opened(s *Sample) *float64   { return &s.Opened }
func packages(s *Sample) *float64 { return &s.Packages }
func modules(s *Sample) *float64  { return &s.Modules }

func of(j Job, samples [][]*Sample, peer string) []*Sample {
	i := slices.IndexFunc(j.Entries, func(e Entry) bool { return e.Peer == peer })
	if i < 0 {
		return nil
	}
	return samples[i]
}

// each is a field of all samples that there are.
func each(samples []*Sample, field func(*Sample) *float64) (all []float64) {
	for _, s := range samples {
		if s != nil {
			all = append(all, *field(s))
		}
	}
	return all
}

// nothing is the number of nanoseconds or bytes up to which a measurement has no meaningful ratio.
const nothing = 0.01

// ratios are medians of those inside each pass in which both were measured.
func ratios(samples, base []*Sample) Ratios {
	of := func(field func(*Sample) *float64) float64 {
		var all []float64
		for i, b := range base {
			if s := samples[i]; s != nil && b != nil && *field(b) > nothing {
				all = append(all, *field(s) / *field(b))
			}
		}
		return stats.Median(all)
	}
	r := Ratios{NS: of(ns), CPU: of(cpu), Bytes: of(bytes)}
	if len(base) > 0 {
		if l := slices.Min(each(base, least)); l > 0 {
			r.Least = slices.Min(each(samples, least)) / l
		}
	}
	return r
}
