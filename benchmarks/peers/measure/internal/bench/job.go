// Package bench measures jobs in interleaved passes: in a pass, each peer is measured once, and
// ratios are taken inside the pass, so that a machine that is slow for a while is slow for all.
package bench

import "time"

// Job is one work at one size, for the peers that can do it.
type Job struct {
	Work string // as in "key/yaml/first"
	N    int    // keys, or what else the work grows with
	// Base is the peer that ratios are of. Limit is a reference that shows what is possible; it may
	// be empty.
	Base, Limit string
	Entries     []Entry
}

// Entry is a peer in a job.
type Entry struct {
	Peer    string
	Measure func(Budget) (Sample, error)
}

// Budget is how long a measurement takes.
type Budget struct {
	Time time.Duration // of what is timed
	// Peer is how long all passes of one peer may take. A peer that takes longer has fewer passes,
	// and one at the least; 0 means no limit.
	Peer time.Duration
}

// Sample is what one measurement found, for one operation. What a work does not measure is 0.
type Sample struct {
	NS     float64 // by the clock
	CPU    float64 // ns of the processors, whatever else the machine does
	Least  float64 // ns by the clock of the fastest operation
	Allocs float64
	Bytes  float64 // allocated, live on the heap, or of a binary

	Opened   float64 // bytes live on the heap before the first change
	Packages float64 // in a binary
	Modules  float64 // in a binary
}
