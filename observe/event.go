package observe

import (
	"time"

	"github.com/nacre-go/nacre/source"
)

// Cause is one content that made a version: which layer and document, in which revision. A version that nobody's content
// made (a rollback) has a Cause whose Layer is "" and whose Document says what happened.
type Cause struct {
	Layer    string
	Document string
	// Revision is the origin's, or "keyed-…" in its place; see [LayerHealth].
	Revision source.Revision
	// Release is what the publisher declared, where the origin has such a thing.
	Release string
}

// Received is new content of a layer.
type Received struct {
	Layer     string
	Documents []string
	Revision  source.Revision
}

// Applied is a new live version.
type Applied struct {
	Version int64
	Sum     string // as in [Health]
	// KeyedSum is as in [Health].
	KeyedSum string
	Causes   []Cause
	Changed  []string      // paths of the keys that differ from the version before, at most 100
	Took     time.Duration // from the start of the decision to the swap
}

// Unchanged is content that was accepted without changing anything.
type Unchanged struct {
	Version int64 // which stays live
	Causes  []Cause
}

// Rejected is content that was refused.
type Rejected struct {
	Version  int64 // which stays live; 0 at boot
	Causes   []Cause
	Problems source.Problems
}

// Held is content that waits: the config is pinned, or a guard wants a person to look at it.
type Held struct {
	Version int64 // which stays live
	Causes  []Cause
	Reasons []string
}

// Tripped is a layer that had so many bad changes that the next ones are held, until it says again what was good or is released.
type Tripped struct {
	Layer  string
	Bad    int
	Within time.Duration
}

// PendingRestart are fields that take effect only after a restart, and whose layers want them otherwise than they are.
type PendingRestart struct {
	Version int64
	Keys    []Pending
}

// Pending is a key that waits for a restart.
type Pending struct {
	Key string `json:"key"`
	// Position is where the value stands that waits.
	source.Position
}

// String returns "server.addr config.yaml:3:9 (file)".
func (p Pending) String() string { return p.Key + " " + p.Position.String() }

// Reverted is a version that a probe has taken back.
type Reverted struct {
	// Version is what is live now; From is the version that was taken back, and To the one that came back, under the number Version.
	Version, From, To int64
	// Causes are the contents that made From; they are held from now on.
	Causes []Cause
	// Why is the probe's error.
	Why error
	// Err is why one could not go back; then From is still live.
	Err error
}

// Absent is a document that is gone from its origin.
type Absent struct {
	Layer    string
	Document string
}

// Missing is a document that is not at its origin and was not applied before, or whose layer falls back: none of its
// content is in use.
type Missing struct {
	Layer    string
	Document string
	// Location is where the source looked, in its own terms, such as an absolute path; empty where it does not say.
	Location string
}

// LayerDown is a source that fails.
type LayerDown struct {
	Layer string
	Err   error
	Since time.Time
}

// LayerUp is a source that answers again.
type LayerUp struct {
	Layer string
	Down  time.Duration
}

// Delivered is a call of a subscriber that has ended.
type Delivered struct {
	Subscriber string
	Version    int64
	Took       time.Duration
	// Err is what the subscriber returned, or a [PanicError]; nil if all went well.
	Err error
}

// Late is a call of a subscriber that has not ended within its deadline. Delivered follows when it does.
type Late struct {
	Subscriber string
	Version    int64
	Deadline   time.Duration
}

// Built is a build of a derived resource that has ended, or was given up.
type Built struct {
	Resource string
	Took     time.Duration
	// Err is what the build returned, or a [PanicError]; nil if all went well. Then the resource may still not come into use,
	// where another one could not be built.
	Err error
}

// Released is a derived resource that was replaced, and is closed now.
type Released struct {
	Resource string
	// Users is how many still had it: more than none when the grace time was over.
	Users int64
	// Err is what its close returned, or a [PanicError].
	Err error
}

// PanicError is the panic of a subscriber, a build or a close. It is counted and reported, and harms nobody else.
type PanicError struct {
	// Text is the panic's value as text, without the values of secret fields.
	Text string
	// Stack is where it happened: function names, files and lines.
	Stack string
}

// Error returns "panic: text".
func (e *PanicError) Error() string { return "panic: " + e.Text }

// Booted is the end of a successful Open.
type Booted struct {
	Version int64
	// Sum and KeyedSum are as in [Health].
	Sum, KeyedSum string
	// Stale lists the layers whose content came from the last known good copy on disk; Age is that copy's, and zero
	// where it is not known, since the clock was set back.
	Stale []string
	Age   time.Duration
	Took  time.Duration
}

// LastGood is an attempt to read, own or save the copy on disk; or a Warning, once at the start.
type LastGood struct {
	Path    string
	Version int64
	Err     error
	// Warning is what other users of the machine may do to the copy; empty otherwise.
	Warning string
}

// String returns "orders.yaml (nacos)".
func (c Cause) String() string {
	if c.Layer == "" {
		return c.Document
	}
	return c.Document + " (" + c.Layer + ")"
}
