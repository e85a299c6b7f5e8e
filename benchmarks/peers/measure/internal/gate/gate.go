// Package gate decides whether nacre has become slower: it compares ratios with recorded ones.
package gate

import (
	"encoding/json"
	"fmt"
	"os"
)

// Record is a ratio that was measured once: what nacre takes for a work, of what another peer takes
// for it in the same passes.
type Record struct {
	Work  string  `json:"work"`
	N     int     `json:"n"`
	Of    string  `json:"of"`
	Ratio float64 `json:"ratio"`
	// Tolerance is how many times the recorded ratio a measured one may be.
	Tolerance float64 `json:"tolerance"`
}

// DefaultTolerance is that of a new record.
const DefaultTolerance = 1.5

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
		if r.Ratio <= 0 || r.Tolerance < 1 {
			return nil, fmt.Errorf("%s: %s with %d has ratio %g and tolerance %g, want a ratio above 0 and a tolerance of 1 or more", path, r.Work, r.N, r.Ratio, r.Tolerance)
		}
	}
	return all, nil
}

// Write writes records into a file. Those that the file has already keep their tolerances.
func Write(path string, records []Record) error {
	if old, err := Read(path); err == nil {
		for i := range records {
			if r, ok := find(old, records[i]); ok {
				records[i].Tolerance = r.Tolerance
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
// too high, or if there is no record.
func Judge(records []Record, measured Record) error {
	r, ok := find(records, measured)
	if !ok {
		return fmt.Errorf("%s with %d has no recorded ratio; -record writes one", measured.Work, measured.N)
	}
	if r.Of != measured.Of {
		return fmt.Errorf("%s with %d: the recorded ratio is to %s and not to %s; -record writes another", r.Work, r.N, r.Of, measured.Of)
	}
	if limit := r.Ratio * r.Tolerance; measured.Ratio > limit {
		return fmt.Errorf("%s with %d takes %.4g of %s, and may take %.4g: %.4g were recorded, with a tolerance of %g",
			r.Work, r.N, measured.Ratio, r.Of, limit, r.Ratio, r.Tolerance)
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
		tell("ok: %s with %d takes %.4g of %s", measured.Work, measured.N, measured.Ratio, measured.Of)
	}
	return failed, nil
}

// Work is what is measured and judged.
type Work struct {
	Measure func() (Record, error)
}
