package sourcetest

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Harness is a source under test and the origin that it reads. A nil function is an ability that
// the harness lacks: the cases that need it must then be named in Cannot. Functions are called from
// one goroutine at a time while the source's Next runs in another; their errors fail the case.
type Harness struct {
	// Source returns a new source of the origin. It is called several times: two sources of one
	// origin must both work. Required. The suite closes what it returns if it is an io.Closer.
	Source func() source.Source
	// Put makes the origin hold one document with these values; no values are an empty document,
	// not an absent one. It returns when the origin has taken it, which may be before a read shows
	// it. Required.
	Put func(context.Context, Values) error
	// Delete takes the document away.
	Delete func(context.Context) error
	// Break makes every read of the origin fail until Repair; the document stays as it is
	// meanwhile.
	Break func(context.Context) error
	// Repair ends what Break began, and what Spoil began where the next Put does not.
	Repair func(context.Context) error
	// Spoil puts a document that the source itself cannot take, with the canary where a value
	// stands; for sources that decode what they read.
	Spoil func(ctx context.Context, canary string) error
	// Wakeups makes the wake-ups misbehave that the origin sends from now on; for sources that are
	// pushed to.
	Wakeups func(context.Context, Fault) error
	// AfterRead sets a function that the origin calls once, right after the next read of a source
	// was answered and before the source goes on; nil sets none. Where it is there, the suite tests
	// the exact moment between read and block. It needs no entry in Cannot. The function calls Put,
	// also while the suite does.
	AfterRead func(func())
	// Close ends what the sources share, a client for example; called after the last source was
	// closed and before goroutines are counted. May be nil.
	Close func() error

	// Settles bounds how long the source may take to tell a change, its wake-up lost or not.
	// Default: 5 s.
	Settles time.Duration
	// Quiet is how long to watch until nothing is taken to come: some poll intervals, for a source
	// that polls. Default: 50 ms.
	Quiet time.Duration
	// Cannot names cases that cannot run here, each with the reason.
	Cannot map[string]string
}

func (h Harness) withDefaults() Harness {
	if h.Settles <= 0 {
		h.Settles = 5 * time.Second
	}
	if h.Quiet <= 0 {
		h.Quiet = 50 * time.Millisecond
	}
	return h
}

// Fault is what happens to wake-ups on their way.
type Fault int

// The faults. Wake-ups are held in order and let go in reverse order, so that they come late and
// reordered.
const (
	Intact  Fault = iota // arrive as they should; what was held is let go
	Lost                 // never arrive
	Doubled              // arrive twice
	Held                 // arrive when the fault is Intact again, the last one first
)

// String returns the fault in words.
func (f Fault) String() string {
	switch f {
	case Lost:
		return "lost"
	case Doubled:
		return "doubled"
	case Held:
		return "held"
	}
	return "intact"
}
