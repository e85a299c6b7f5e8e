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

// Entry is one change in the history of a config. It carries no value of the configuration but in Diff, and there none of a secret.
type Entry struct {
	Result  Result    `json:"result"`
	At      time.Time `json:"at"`
	Version int64     `json:"version"` // the new one; for a rejected change the one that stayed live
	// Sum and KeyedSum are as in [Health].
	Sum      string  `json:"sum,omitempty"`
	KeyedSum string  `json:"keyed_sum,omitempty"`
	Causes   []Cause `json:"causes"`
	// Changed are the paths of the keys that differ from the version before, at most 100.
	Changed []string `json:"changed,omitempty"`
	// Diff is what has become of the keys in Changed, for those that are scalars or lists and are not secret.
	Diff []KeyChange `json:"diff,omitempty"`
	// Problems are why a change was rejected, or the version before it taken back.
	Problems source.Problems `json:"-"`
}

// KeyChange is a key before and after a change.
type KeyChange struct {
	Key string `json:"key"`
	// Old and New are texts as in [LayerValue]; empty where no layer set it, "******" of a secret.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// MaxChanged is the most paths that Entry.Changed and Applied.Changed hold.
const MaxChanged = 100
