package oncesim

import "time"

// Scenario says what happens in a run, and how likely each fault is. Probabilities are from 0 to 1.
type Scenario struct {
	Name      string
	Instances int           // at most
	Versions  int           // at most
	Term      time.Duration // of the hook
	Length    time.Duration // faults end then
	Attempts  int

	LoseRequest, LoseAnswer, Duplicate float64
	// VagueConflict is how likely the store answers a lost swap with an error that says nothing, as
	// a node of a cluster does.
	VagueConflict float64
	// LongLag is how likely a node of the store is behind for minutes.
	LongLag float64
	// Skew is by how much the rate of a clock may differ from 1.
	Skew float64

	Kill     float64 // that an instance is killed at a step; another one starts
	Pause    float64 // that an instance is paused at a step
	MaxPause time.Duration
	Fail     float64 // that a run fails, before or after its effect
	MaxRun   time.Duration
	// Outages is how often the store cannot be reached, for up to MaxOutage.
	Outages   int
	MaxOutage time.Duration
	// Touches is how often the record gets another revision and stays the same.
	Touches int
	// Operators is how often an operator looks, and has a version tried again that has failed.
	Operators int
	// Undated leaves out the times at which versions were published.
	Undated bool
	// Rollbacks lets a version be that of earlier content.
	Rollbacks bool
}

// Result is what happened in a run.
type Result struct {
	Claims  []Claim
	Runs    int
	Effects []Effect
	// Accepted are the effects that a target which checks tokens has accepted.
	Accepted []Effect
	// Overlaps are the times at which two instances ran at once.
	Overlaps []time.Duration
	// Killed, LongPauses and Failed count faults that hit a run.
	Killed, LongPauses, Failed int
	// TakeOvers counts claims that follow one of another instance which had no end.
	TakeOvers int
	// TriedAgain counts versions that an operator had tried again.
	TriedAgain int
	// Problems are promises that broke whatever the faults.
	Problems []string
	Trace    []string
}

// Effect is one effect of a run on a target.
type Effect struct {
	At      time.Duration
	Version int // the publication, from 0
	Turn    int64
	Token   int64
}

// Claim is one compare-and-set of an instance, for a checker of linearizability.
type Claim struct {
	Client      int
	Prior, Next string // nonces
	Call        time.Duration
	Return      time.Duration // Unknown: the instance was killed before it knew
	Outcome     Outcome
}

// Outcome is what an instance believes of a compare-and-set.
type Outcome uint8

// The outcomes of a compare-and-set.
const (
	Unknown  Outcome = iota // it was killed before it knew
	Won                     // the record was written
	Lost                    // the record was not written
	Replaced                // not written, or written and replaced since
)

// Doubles returns the number of versions of which a target that checks nothing saw more than one
// effect.
func (r *Result) Doubles() int {
	count := map[int64]int{}
	n := 0
	for _, e := range r.Effects {
		if count[e.Turn]++; count[e.Turn] == 2 {
			n++
		}
	}
	return n
}
