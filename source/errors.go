package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Error is an error of a source. It never contains a value of the configuration. errors.Is and
// errors.As reach both its Kind and its cause.
type Error struct {
	Kind Kind
	// Op is the operation that failed: "read", "listen", "login".
	Op string
	// Document is the name of the document or of the server. Empty: the error concerns neither.
	Document string
	// Fix is one sentence that says what a person can do about the error. It may be empty.
	Fix string
	// Err is the cause. It may be nil.
	Err error
}

// Error returns "read orders.yaml: not found: cause (fix)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
	}
	if e.Document != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.Document)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Kind.Error())
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if e.Fix != "" {
		b.WriteString(" (")
		b.WriteString(e.Fix)
		b.WriteByte(')')
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// LayerError is an error of one layer of a config. Layer is the unique name of the layer.
type LayerError struct {
	Layer string
	Err   error
}

// Error returns "layer orders.yaml: cause".
func (e *LayerError) Error() string { return "layer " + e.Layer + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LayerError) Unwrap() error { return e.Err }

// KindOf returns the kind of err: that of the first [Error] or [Problem] in its tree, and otherwise
// that of an error of the standard library (a deadline is Timeout, a missing file NotFound, a
// permission PermissionDenied, a refused connection Unavailable), and otherwise Unknown.
// KindOf(nil) is Unknown.
func KindOf(err error) Kind {
	// Error and Problem unwrap to their kind before their cause.
	if k, ok := errors.AsType[Kind](err); ok {
		return k
	}
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil:
		return Unknown
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	case errors.Is(err, fs.ErrNotExist):
		return NotFound
	case errors.Is(err, fs.ErrPermission):
		return PermissionDenied
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return Unavailable
	case errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	}
	return Unknown
}
