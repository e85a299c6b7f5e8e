// Package gate decides whether nacre has become slower: it compares ratios with recorded ones.
package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Record is a ratio that was measured once: what nacre takes for a work, of what another peer takes
// for it in the same passes.
type Record struct {
	Work string `json:"work"`
	N    int    `json:"n"`
	Of   string `json:"of"`
	// Ratio is that of processor time, which is the same on a busy machine, and sees no wait.
	Ratio float64 `json:"ratio"`
	// Tolerance is how many times the recorded ratio a measured one may be.
	Tolerance float64 `json:"tolerance"`
	// Latency is the ratio of the fastest operations by the clock, which sees a wait.
	Latency          float64 `json:"latency"`
	LatencyTolerance float64 `json:"latency_tolerance"`
}

// String shows what was measured.
func (r Record) String() string {
	return fmt.Sprintf("%s with %d: processor time %.4g and latency %.4g of those of %s", r.Work, r.N, r.Ratio, r.Latency, r.Of)
}

// The tolerances of a new record.
const (
	DefaultTolerance        = 1.5
	DefaultLatencyTolerance = 4
)

// Read reads records from a file.
func Read(path string) ([]Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w; -record writes it", err)
	}
	var all []Record
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, r := range all {
		if r.Ratio <= 0 || r.Latency <= 0 || r.Tolerance < 1 || r.LatencyTolerance < 1 {
			return nil, fmt.Errorf("%s: %s with %d needs a ratio and a latency above 0, and tolerances of 1 or more", path, r.Work, r.N)
		}
	}
	return all, nil
}

// Write writes records into a file. Those that the file has already keep their tolerances.
func Write(path string, records []Record) error {
	if old, err := Read(path); err == nil {
		for i := range records {
			if r, ok := find(old, records[i]); ok {
				records[i].Tolerance, records[i].LatencyTolerance = r.Tolerance, r.LatencyTolerance
			}
		}
	}
	data, err := json.MarshalIndent(records, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func find(all []Record, like Record) (Record, bool) {
	for _, r := range all {
		if r.Work == like.Work && r.N == like.N {
			return r, true
		}
	}
	return Record{}, false
}

// Judge compares a measured ratio with the record of its work. It returns an error if the ratio is
// too high, and for a work without a record.
func Judge(records []Record, measured Record) error {
	r, ok := find(records, measured)
	if !ok {
		return fmt.Errorf("%s with %d has no recorded ratio; -record writes one", measured.Work, measured.N)
	}
	if r.Of != measured.Of {
		return fmt.Errorf("%s with %d: the recorded ratio is to %s and not to %s; -record writes another", r.Work, r.N, r.Of, measured.Of)
	}
	return errors.Join(
		within(r, "processor time", measured.Ratio, r.Ratio, r.Tolerance),
		within(r, "latency", measured.Latency, r.Latency, r.LatencyTolerance),
	)
}

func within(r Record, what string, measured, recorded, tolerance float64) error {
	if limit := recorded * tolerance; measured > limit {
		return fmt.Errorf("%s with %d has a %s of %.4g of that of %s, and may have %.4g: %.4g was recorded, with a tolerance of %g",
			r.Work, r.N, what, measured, r.Of, limit, recorded, tolerance)
	}
	return nil
}

// Run measures each work and judges it. A work that fails is measured once more before it counts.
// The errors are those of the works that failed twice.
func Run(records []Record, works []Work, tell func(format string, args ...any)) (failed []error, err error) {
	for _, w := range works {
		measured, err := w.Measure()
		if err != nil {
			return nil, err
		}
		verdict := Judge(records, measured)
		if verdict != nil {
			tell("measured again: %v", verdict)
			if measured, err = w.Measure(); err != nil {
				return nil, err
			}
			verdict = Judge(records, measured)
		}
		if verdict != nil {
			failed = append(failed, verdict)
			continue
		}
		tell("ok: %v", measured)
	}
	return failed, nil
}

// Work is what is measured and judged.
type Work struct {
	Measure func() (Record, error)
}
