package sourcetest

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Harness is a source under test and the origin that it reads. A nil function is an ability that
// the harness lacks; Cannot must then name the cases that need it. The suite calls the functions
// from one goroutine at a time, while Next of the source runs in another; with AfterRead, Put must
// be safe for concurrent calls. An error of a function fails the case.
type Harness struct {
	// Source returns a new source of the origin. The suite calls it several times, because two
	// sources of one origin must both work, and closes what it returns if that is an io.Closer.
	// Required.
	Source func() source.Source
	// Put makes the origin hold one document with these values; without values, an empty document,
	// not an absent one. The origin holds no other document. Put returns when the origin has
	// accepted the document, which may be before a read shows it. Required.
	Put func(context.Context, Values) error
	// Delete removes the document.
	Delete func(context.Context) error
	// Break makes every read of the origin fail until Repair. The document does not change
	// meanwhile.
	Break func(context.Context) error
	// Repair ends Break, and ends Spoil if the next Put does not.
	Repair func(context.Context) error
	// Spoil puts a document that the source itself cannot decode, with the canary in place of a
	// value. It is for sources that decode what they read.
	Spoil func(ctx context.Context, canary string) error
	// Wakeups sets what happens to the wake-ups that the origin sends from now on. It is for
	// sources that receive pushes.
	Wakeups func(context.Context, Fault) error
	// AfterRead sets a function that the origin calls once: right after it has answered the next
	// read of a source, and before the source continues; nil sets none. With AfterRead, the suite
	// tests the exact moment between read and block. Cannot need not name it. The function calls
	// Put, possibly while the suite does.
	AfterRead func(func())
	// Close ends what the sources share, such as a client. The suite calls it after it has closed
	// the last source, and before it counts goroutines. It may be nil.
	Close func() error

	// Settles is the time within which the source must return a change, even if its wake-up is
	// lost. The default is 5 s.
	Settles time.Duration
	// Quiet is how long the suite waits to see that nothing happens. For a source that polls, use
	// several intervals. The default is 50 ms.
	Quiet time.Duration
	// Cannot names the cases that cannot run with this harness, each with the reason.
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

// Fault is what happens to wake-ups between the origin and the source.
type Fault int

// The faults. Held wake-ups arrive in reverse order, and so are late and out of order.
const (
	Intact  Fault = iota // arrive normally; those that were held arrive now
	Lost                 // never arrive
	Doubled              // arrive twice
	Held                 // arrive when the fault is Intact again, last one first
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
