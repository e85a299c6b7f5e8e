package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Error is a source's trouble. It never carries a value of the configuration. Both its Kind and its
// cause are reachable with errors.Is and errors.As.
type Error struct {
	Kind Kind
	// Op is what was being done: "read", "listen", "login".
	Op string
	// Document names the document or the server; empty where the trouble is with neither.
	Document string
	// Fix is one sentence that tells what a person can do about it; empty where there is nothing to
	// say.
	Fix string
	// Err is the cause; may be nil.
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
	b.WriteString(e.Kind.String())
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

// Unwrap yields the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// LayerError is an error of one layer of a config, under the layer's unique name.
type LayerError struct {
	Layer string
	Err   error
}

// Error returns "layer nacos: cause".
func (e *LayerError) Error() string { return "layer " + e.Layer + ": " + e.Err.Error() }

// Unwrap yields the cause.
func (e *LayerError) Unwrap() error { return e.Err }

// KindOf returns the kind of err: that of the first [Error] or [Problem] in its tree, else what the
// standard library's errors tell (a deadline is Timeout, a missing file NotFound, a permission
// Denied, a refused connection Unavailable), else Unknown. KindOf(nil) is Unknown.
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
