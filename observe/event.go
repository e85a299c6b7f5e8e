package observe

import (
	"time"

	"github.com/nacre-go/nacre/source"
)

// Observer receives every event of a config. The package comment says what it may do.
type Observer func(Event)

// Event is one step of the flow. Kind says which fields are set besides Kind and Time; all other
// fields are zero. Event carries no value of the configuration, so that it may be logged as it is.
type Event struct {
	Kind EventKind
	// Time is when the event was reported.
	Time time.Time

	// Layer is the name of the layer.
	Layer string
	// Document is the name of the document.
	Document string
	// Documents are the names of the documents of a content.
	Documents []string
	// Location is where the source looked for the document, in its own terms, or the path of the
	// last known good copy. It is empty where the source does not say.
	Location string
	// Revision is the revision of a content; see [LayerHealth] for its form.
	Revision source.Revision

	// Version is the version that the event is about; for content that changes nothing the one that
	// stays live, 0 before the first.
	Version int64
	// From is the version that was live before, and To the one whose content is live again.
	From, To int64
	// Sum and KeyedSum are the digests of Version, as in [Health].
	Sum, KeyedSum string
	// Causes are the documents that the event is about.
	Causes []Cause
	// Changed are the paths of the keys that differ from the version before, at most 100.
	Changed []string
	// Reasons say why, one reason an entry.
	Reasons []string
	// Fix says what an operator can do about it.
	Fix string
	// By is the operator, as named in the call.
	By By
	// Problems are what is wrong with the content.
	Problems source.Problems
	// FromLastKnownGood are the names of the layers whose content came from the last known good
	// copy.
	FromLastKnownGood []string
	// FromSeed are the names of the layers whose content came from Options.LastKnownGoodSeed.
	FromSeed []string
	// Age is how old the last known good copy is; zero where that is unknown because the clock was
	// set back.
	Age time.Duration

	// Name is the name of the subscriber or resource.
	Name string
	// Count is a number of changes or users.
	Count int64
	// Took is how long the step took.
	Took time.Duration
	// Steps are the parts of a decision, in the order in which they ended.
	Steps []Step
	// Err is the error; a [PanicError] where the service's code panicked.
	Err error
}

// By says who asked for an approval, a pin, an unpin, a rollback or a refresh, and why. It is
// optional. The texts are recorded as given, at most 200 bytes of each, without secrets. nacre
// does not verify them.
type By struct {
	Who string `json:"who,omitempty"`
	Why string `json:"why,omitempty"`
	// Seen is the version that was live when the operator decided; 0 leaves it open. If another
	// version is live, the call changes nothing and returns an error of kind Conflict. It is not
	// recorded.
	Seen int64 `json:"-"`
}

// String returns "ann: too many errors", or what of it is given.
func (b By) String() string {
	if b.Who != "" && b.Why != "" {
		return b.Who + ": " + b.Why
	}
	return b.Who + b.Why
}

// Cause is one document that made a version, in one revision. A version that no document made, such
// as that of a rollback, has a Cause without a layer whose Document says what happened.
type Cause struct {
	// Position names the layer, document and revision; it has no line.
	source.Position
	// Release is what the publisher declared: in a manifest that lists the document, or else in a
	// line "# nacre: release=2.4.0" at the start of the document.
	Release string `json:"release,omitempty"`
	// Modified is when the document was published, by the clock of its origin; zero where the
	// source does not report it, and for a document that was deleted.
	Modified time.Time `json:"modified,omitzero"`
	// TraceParent identifies the span of the publication, as the publisher declared it in the same
	// places. It is empty, or valid by version 00 of W3C Trace Context.
	TraceParent string `json:"trace_parent,omitempty"`
}

// Step is a part of a decision. The builds of single resources have events of their own,
// [ResourceBuilt].
type Step struct {
	// Name is "decode", which comes before the decision, once a layer; "merge"; "validate", which
	// includes binding; "build", all resources; "search" for the good part of a rejected change; or
	// "swap".
	Name string
	// Layer is the layer that was decoded; empty for the other steps.
	Layer string
	// Began is when the step began, and Took how long it took.
	Began time.Time
	Took  time.Duration
}

// PanicError is the panic of a subscriber, a build, a close or a rollback check.
type PanicError struct {
	// Text is the panic's value as text, without the values of secret fields.
	Text string
	// Stack is the stack of the panic: function names, files and lines.
	Stack string
}

// Error returns "panic: " and the text.
func (e *PanicError) Error() string { return "panic: " + e.Text }
