package release

import (
	"context"
	"crypto"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nacre-go/nacre/source"
)

// The times of a release.
const (
	pollEvery    = 200 * time.Millisecond // a server that is read faster is slower to show a publish
	settleWithin = 5 * time.Second        // until a server shows what a request without an answer did
	createWait   = 2 * time.Second        // from the creation of the record until it is claimed
	showWithin   = 30 * time.Second       // until a server shows what it has accepted
	undoWithin   = 2 * time.Minute        // for all of an undo, also after an interrupt
	publishTries = 4
)

// Options are what a release needs besides its plan.
type Options struct {
	// Release names the release. It has up to 56 letters, digits and characters of "._+-".
	Release string
	// Reason and Author say why, and who. Both are required.
	Reason, Author string
	// Folder keeps the rollback files.
	Folder Store
	// Key signs the manifest; nil: it is not signed.
	Key crypto.Signer
	// TraceParent names the span of the release; empty: none.
	TraceParent string
	// TakeOver names a release that was begun and not finished on a machine that is lost. What it
	// has left is the base of this release. Empty: such a release is a conflict.
	TakeOver string
	// Prune makes NewPlan delete the documents that releases of the environment have published and
	// that the repository no longer has. False: they stay.
	Prune bool
	// Steps raise the percentage of a rule step by step. Nil: all is published at once.
	Steps *Steps
	// Validate checks the state that a rollback restores, besides the form of its documents. Nil:
	// nothing more is checked.
	Validate func(context.Context, Reversal) (Validity, error)
	// AllowInvalid lets Rollback restore a state that Validate rejects.
	AllowInvalid bool
	// Workers is the number of documents that are read or published at once. 0: 16.
	Workers int
	// Unfinished is called with a sentence when a release begins to change the server: what to do
	// if the process ended now. It is called with "" when the release is done or undone. Nil: it is
	// not called.
	Unfinished func(string)
	// Progress is called for each document that a phase has done, from one goroutine at a time.
	// Nil: no progress is reported.
	Progress func(Progress)
	// Now and Sleep are the clock. Nil: that of the machine.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// Progress is how far a phase is.
type Progress struct {
	Phase       string // "read", "publish", "read back", "delete" or "undo"
	Done, Total int
	Document    string
}

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 16
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Unfinished == nil {
		o.Unfinished = func(string) {}
	}
	if tell := o.Progress; tell != nil {
		var mu sync.Mutex
		o.Progress = func(p Progress) { mu.Lock(); defer mu.Unlock(); tell(p) }
	} else {
		o.Progress = func(Progress) {}
	}
	return o
}

var releaseName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,55}$`)

// check returns what is missing before anything is read or written.
func (o Options) check() error {
	switch {
	case strings.TrimSpace(o.Reason) == "":
		return invalid("reason", "is missing", "say why with --reason; the record of the release keeps it")
	case strings.TrimSpace(o.Author) == "":
		return invalid("author", "is missing", "say who with --author, or set NACRE_AUTHOR")
	case strings.ContainsFunc(o.Reason+o.Author, unicode.IsControl):
		return invalid("reason and author", "must be one line each", "remove the control characters")
	case !releaseName.MatchString(o.Release):
		return invalid("release", "is not a name of a release", "use 1 to 56 letters, digits and characters of ._+-")
	case o.Folder == nil:
		return invalid("rollback file", "has no folder", "set one")
	}
	return nil
}

func invalid(what, text, fix string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "check", Document: what, Err: errors.New(text), Fix: fix}
}

// conflict is the error of something that has changed, or that someone else does.
func conflict(document, text, fix string) error {
	return &source.Error{Kind: source.Conflict, Op: "release", Document: document, Err: errors.New(text), Fix: fix}
}
