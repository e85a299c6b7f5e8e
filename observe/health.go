package observe

import (
	"errors"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Health is the state of a config at one moment. It carries no value of the configuration.
type Health struct {
	Version int64 `json:"version"`
	// Sum is a digest of the canonical merged tree without the values of secrets, as "v2-" and 64 hexadecimal digits. It is equal
	// wherever the same program runs the same configuration.
	Sum string `json:"sum"`
	// KeyedSum also tells secrets apart. It is equal where Options.LastKnownGoodKey is too, and empty without one.
	KeyedSum string    `json:"keyed_sum,omitempty"`
	Since    time.Time `json:"since"`
	// Pinned says that changes are received and held.
	Pinned bool `json:"pinned"`
	// OnProbation says that probes watch the version, and may take it back.
	OnProbation bool `json:"on_probation,omitempty"`
	// Pending are keys that take effect only after a restart, and wait for one.
	Pending []Pending `json:"pending,omitempty"`
	Closed  bool      `json:"closed"`
	// NotReady says why the config should not be relied on, one reason an entry; empty when it may be.
	NotReady []string `json:"not_ready,omitempty"`
	// Sections are the keys that packages bind to types of their own, or that are reserved for that.
	Sections      []SectionHealth     `json:"sections,omitempty"`
	Layers        []LayerHealth       `json:"layers"`
	Subscribers   []SubscriberHealth  `json:"subscribers,omitempty"`
	Resources     []ResourceHealth    `json:"resources,omitempty"`
	LastKnownGood LastKnownGoodHealth `json:"last_known_good,omitzero"`
}

// Ready returns nil when a validated version is live and every layer was proven fresh within the bound, else an error that
// gives all reasons.
func (h Health) Ready() error {
	if len(h.NotReady) == 0 {
		return nil
	}
	return errors.New("config is not ready: " + strings.Join(h.NotReady, "; "))
}

// SectionHealth is a part of the configuration that is bound to a type of its own.
type SectionHealth struct {
	Key string `json:"key"`
	// Type is empty where the key is only reserved.
	Type string `json:"type,omitempty"`
	// Users is how many have asked for it and have not closed it.
	Users int `json:"users,omitempty"`
}

// LayerHealth is the state of one layer.
type LayerHealth struct {
	Name      string   `json:"name"`
	Identity  string   `json:"identity,omitempty"`
	Documents []string `json:"documents,omitempty"` // of the content in use
	// Applied is the revision in use, Latest the newest that the source gave; they differ while a change is held or was
	// rejected. Empty where there is none. A revision may be a digest of the document: where a secret stands in that, "keyed-…" is
	// in its place, a digest of the revision under Options.LastKnownGoodKey, or without one under a key of this process.
	Applied source.Revision `json:"applied,omitempty"`
	Latest  source.Revision `json:"latest,omitempty"`
	// VerifiedAt is when the latest content was last known to be the newest of its origin; zero is never.
	VerifiedAt time.Time `json:"verified_at,omitzero"`
	// Stale says that VerifiedAt is longer ago than the bound.
	Stale bool `json:"stale"`
	// FromLastKnownGood says that the content in use came from the copy on disk.
	FromLastKnownGood bool `json:"from_last_known_good,omitempty"`
	// Absent lists the documents that are not at their origin. The last content of one that Documents lists too stays in use.
	Absent []string `json:"absent,omitempty"`
	// Down is why the source fails at this moment, and since when; empty when it does not.
	Down      string    `json:"down,omitempty"`
	DownSince time.Time `json:"down_since,omitzero"`
	// Rejected is why the latest content, or the present value of a reference in the live one, is not in use; one problem an entry.
	Rejected []string `json:"rejected,omitempty"`
	// Held is why the latest content was not even looked at: it waits for another one, or for Approve.
	Held []string `json:"held,omitempty"`
}

// SubscriberHealth is the state of one subscriber.
type SubscriberHealth struct {
	Name        string    `json:"name"`
	Calls       int64     `json:"calls"`
	Failures    int64     `json:"failures"`
	Panics      int64     `json:"panics"`
	Late        int64     `json:"late"`                 // calls that did not end within their deadline
	LastVersion int64     `json:"last_version"`         // of the last ended call; 0 before the first
	LastError   string    `json:"last_error,omitempty"` // of the last ended call
	Running     time.Time `json:"running,omitzero"`     // since when a call runs
	Pending     bool      `json:"pending"`              // a newer version waits for it
}

// ResourceHealth is the state of what a service has derived from its config.
type ResourceHealth struct {
	Name     string        `json:"name"`
	Since    time.Time     `json:"since,omitzero"` // when what was built last was built
	Took     time.Duration `json:"took"`           // the last build, in nanoseconds
	Builds   int64         `json:"builds"`         // that succeeded
	Failures int64         `json:"failures"`       // builds that failed or were given up
	Panics   int64         `json:"panics"`         // of build and close
	Users    int64         `json:"users"`          // who have acquired what is live
	Old      int           `json:"old"`            // that were replaced and are still open
	Closed   int64         `json:"closed"`
	Forced   int64         `json:"forced"` // of them, those that were closed while somebody had them
	// LastError is why the last build or close failed; empty once one has succeeded.
	LastError string `json:"last_error,omitempty"`
}

// LastKnownGoodHealth is the state of the copy on disk.
type LastKnownGoodHealth struct {
	Path    string    `json:"path,omitempty"` // empty when none is kept
	SavedAt time.Time `json:"saved_at,omitzero"`
	Version int64     `json:"version,omitempty"` // saved by this process; 0 before the first
	Error   string    `json:"error,omitempty"`   // why the last attempt to own, read or save it failed
	// Warning is what other users of the machine may do to it, as at the start.
	Warning string `json:"warning,omitempty"`
}
