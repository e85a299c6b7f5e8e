package wording

import (
	"errors"

	"github.com/nacre-go/nacre/source"
)

// Note holds what is known about the message of a problem.
type Note struct {
	Message Text
	// ForeignKey reports that foreign code made the key too, and the configuration does not have
	// it.
	ForeignKey bool
	// Cause is the cause of the problem; nil if there is none.
	Cause error
}

// noted carries a note in a problem, in place of its cause.
type noted struct {
	error // the cause, or errNone
	note  Note
}

func (n *noted) Unwrap() error { return n.error }

var errNone = errors.New("no cause")

// On sets the message of p to t, with a note of its authors, and returns p. Of or Strip must remove
// the note before a user gets the problem.
func (t Text) On(p *source.Problem) *source.Problem {
	return Note{Message: t, Cause: p.Err}.on(p)
}

// OnWithKey is On for a problem whose key comes from foreign code.
func (t Text) OnWithKey(p *source.Problem) *source.Problem {
	return Note{Message: t, ForeignKey: true, Cause: p.Err}.on(p)
}

func (n Note) on(p *source.Problem) *source.Problem {
	carrier := &noted{n.Cause, n}
	if n.Cause == nil {
		carrier.error = errNone
	}
	p.Message, p.Err = n.Message.String(), carrier
	return p
}

// Of returns the note of p. Without a note, or if the message has changed since, the whole message
// is foreign.
func Of(p *source.Problem) Note {
	n, ok := p.Err.(*noted) //nolint:errorlint // the note itself, and not one of a cause
	switch {
	case !ok:
		return Note{Message: Foreign(p.Message), Cause: p.Err}
	case n.note.Message.String() != p.Message:
		return Note{Message: Foreign(p.Message), ForeignKey: n.note.ForeignKey, Cause: n.note.Cause}
	}
	return n.note
}

// OwnAll marks the messages of problems without a note as nacre's own, and returns the problems.
func OwnAll(all source.Problems) source.Problems {
	for _, p := range all {
		if _, ok := p.Err.(*noted); !ok { //nolint:errorlint // the note itself
			_ = Own(p.Message).On(p)
		}
	}
	return all
}

// Strip removes the notes from problems, in place, and returns them.
func Strip(all source.Problems) source.Problems {
	for _, p := range all {
		p.Err = Of(p).Cause
	}
	return all
}
