package observe

import (
	"time"

	"github.com/nacre-go/nacre/source"
)

// Result is what became of a change.
type Result string

// The results.
const (
	ResultApplied  Result = "applied"
	ResultRejected Result = "rejected"
	// ResultReverted is a version that took another one's place, which a probe had taken back.
	ResultReverted Result = "reverted"
)

// Entry is one change in the history of a config. It carries no value of the configuration.
type Entry struct {
	Result  Result    `json:"result"`
	At      time.Time `json:"at"`
	Version int64     `json:"version"` // the new one; for a rejected change the one that stayed live
	Sum     string    `json:"sum,omitempty"`
	Causes  []Cause   `json:"causes"`
	// Changed are the paths of the keys that differ from the version before, at most 100.
	Changed []string `json:"changed,omitempty"`
	// Problems are why a change was rejected, or the version before it taken back.
	Problems source.Problems `json:"-"`
}

// MaxChanged is the most paths that Entry.Changed and Applied.Changed hold.
const MaxChanged = 100
