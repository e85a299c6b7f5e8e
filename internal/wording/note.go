package wording

import (
	"errors"

	"github.com/nacre-go/nacre/source"
)

// Note is what is known of a problem's message.
type Note struct {
	Message Text
	// ForeignKey says that the key was made up by foreign code too, and is none that the
	// configuration has.
	ForeignKey bool
	// Cause is the problem's, nil for none.
	Cause error
}

// noted carries a note on a problem, in the place of its cause.
type noted struct {
	error // the cause, or errNone
	note  Note
}

func (n *noted) Unwrap() error { return n.error }

var errNone = errors.New("no cause")

// On makes t the message of p and notes who wrote it. It returns p. Whoever hands the problem to a
// user takes the note off again, by Of or Strip.
func (t Text) On(p *source.Problem) *source.Problem {
	return Note{Message: t, Cause: p.Err}.on(p)
}

// OnWithKey is On for a problem whose key foreign code has made up.
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

// Of returns the note on p. Without one, or where the message is another one by now, all of it is
// foreign.
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

// OwnAll notes on problems without a note that their messages are nacre's own, and returns them.
func OwnAll(all source.Problems) source.Problems {
	for _, p := range all {
		if _, ok := p.Err.(*noted); !ok { //nolint:errorlint // the note itself
			_ = Own(p.Message).On(p)
		}
	}
	return all
}

// Strip takes the notes off problems, in place, and returns them.
func Strip(all source.Problems) source.Problems {
	for _, p := range all {
		p.Err = Of(p).Cause
	}
	return all
}
