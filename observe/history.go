package observe

import (
	"time"

	"github.com/nacre-go/nacre/source"
)

// HistoryEntry is one change, or one act of an operator, in the history of a config. It carries no
// value of the configuration except in Diff, which holds no secrets.
type HistoryEntry struct {
	// Kind is [Applied], [Rejected], or [RolledBack] for the version that replaced one that was
	// rolled back; and [Approved], [Pinned], [Unpinned] or [Refreshed] for an act of an operator.
	// If an approval or a pin made a version, that version has an entry before it.
	Kind EventKind `json:"kind"`
	Time time.Time `json:"time"`
	// Version is the new version; for a rejected change the one that stayed live, and for an act
	// the one that was live after it, or pinned until it.
	Version int64 `json:"version"`
	// Sum and KeyedSum are as in [Health]; empty for a rejected change.
	Sum      string  `json:"sum,omitempty"`
	KeyedSum string  `json:"keyed_sum,omitempty"`
	Causes   []Cause `json:"causes"`
	// Diff has the keys that differ from the version before, at most 100.
	Diff []KeyChange `json:"diff,omitempty"`
	// By is the operator of an act, as named in the call.
	By By `json:"by,omitzero"`
	// Problems say why a change was rejected, or why the version before was rolled back.
	Problems source.Problems `json:"-"`
}

// KeyChange is a key before and after a change.
type KeyChange struct {
	Key string `json:"key"`
	// Old and New are texts as in [LayerValue]; empty where nothing set the key, "******" for a
	// secret.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}
