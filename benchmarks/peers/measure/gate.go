package main

import (
	"fmt"
	"io"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/gate"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/report"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/work"
)

// pass is the gate: an error if nacre has become slower.
func pass(o options, _, stderr io.Writer) error {
	records, err := gate.Read(o.recorded)
	if err != nil {
		return err
	}
	var works []gate.Work
	for _, j := range work.Gate() {
		works = append(works, gate.Work{Measure: func() (gate.Record, error) { return quick(j) }})
	}
	failed, err := gate.Run(records, works, func(format string, args ...any) { tell(stderr, format, args...) })
	if err != nil {
		return err
	}
	for _, f := range failed {
		tell(stderr, "slower: %v", f)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d works are slower than recorded; run with -record if that is intended", len(failed), len(works))
	}
	return nil
}

// record measures what the gate measures, and writes it down.
func record(o options, _, stderr io.Writer) error {
	var all []gate.Record
	for _, j := range work.Gate() {
		r, err := quick(j)
		if err != nil {
			return err
		}
		tell(stderr, "%v", r)
		all = append(all, r)
	}
	return gate.Write(o.recorded, all)
}

// quick measures the ratios of a job.
func quick(j bench.Job) (gate.Record, error) {
	rows, err := bench.Run(j, gatePasses, bench.Budget{Time: gateTime}, io.Discard)
	if err != nil {
		return gate.Record{}, err
	}
	for _, r := range rows {
		if r.Peer == peer.Nacre {
			return gate.Record{
				Work: j.Work, N: j.N, Of: j.Base, Ratio: report.Round(r.Base.CPU), Tolerance: gate.DefaultTolerance,
				Latency: report.Round(r.Base.Least), LatencyTolerance: gate.DefaultLatencyTolerance,
			}, nil
		}
	}
	return gate.Record{}, fmt.Errorf("%s: %s is not measured", j.Work, peer.Nacre)
}
