package redact

import (
	"errors"

	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
)

// Clean redacts an error of the service's code, and gives a panic its public type.
func (r *Redactor) Clean(err error) error {
	p, panicked := errors.AsType[*rescue.Panic](err)
	switch {
	case err == rescue.ErrSlow: //nolint:errorlint // exactly this value
		return err
	case !panicked:
		return r.Err(err)
	case p.Own:
		return &observe.PanicError{Text: p.Value, Stack: p.Stack}
	}
	return &observe.PanicError{Text: r.Text(p.Value), Stack: p.Stack}
}

// CleanText redacts an error of the service's code, and returns it with its text, which then counts
// as nacre's own since it has no secret.
func (r *Redactor) CleanText(err error) (wording.Text, error) {
	err = r.Clean(err)
	return wording.Own(wording.OfError(err).String()), err
}
