package exit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/nacre-go/nacre/source"
)

// Code is the exit code of a command. The numbers never change.
type Code int

// The exit codes. docs/cli.md describes each.
const (
	Done         Code = 0   // the command did what it was asked to do
	Differs      Code = 1   // the compared things differ; no other failure has this code
	Usage        Code = 2   // a wrong command line, or a file that cannot be read
	Unreachable  Code = 3   // the server or an instance cannot be reached, or did not answer in time
	Denied       Code = 4   // the server refuses the credentials, or the user lacks the permission
	Invalid      Code = 5   // the content of a document or of another file is not valid
	Conflict     Code = 6   // what the command relies on has changed on the server
	NotConverged Code = 7   // the instances did not apply the change in time, or a hook has failed
	Partly       Code = 8   // a part of the changes was made; the report says which
	NotFound     Code = 9   // the config, namespace, revision or key does not exist
	Failed       Code = 10  // another failure; the message says which
	Interrupted  Code = 130 // ended by an interrupt or a termination signal
)

// Error is an error with the exit code that it causes.
type Error struct {
	Code Code
	Fix  string // what to do about it; may be empty
	Err  error
}

// With returns err with an exit code and the fix, which may be empty.
func With(code Code, err error, fix string) error {
	return &Error{Code: code, Fix: fix, Err: err}
}

// Error returns the text of the cause, and the fix after a semicolon.
func (e *Error) Error() string {
	if e.Fix == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + "; " + e.Fix
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Local returns the exit code for the failure of a local file: [Usage] if the path is wrong or may
// not be used, and otherwise, such as for a full disk, [Failed].
func Local(err error) Code {
	for _, wrong := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR} {
		if errors.Is(err, wrong) {
			return Usage
		}
	}
	return Failed
}

// Write returns err, if it is one of a temporary file, as an error of the file that it would have
// replaced.
func Write(path string, err error) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "write", Path: path, Err: of.Err}
	}
	if of, ok := errors.AsType[*os.LinkError](err); ok {
		return &fs.PathError{Op: "write", Path: path, Err: of.Err}
	}
	return err
}

// Of returns the exit code for an error: that of an [Error], and otherwise the one that its kind
// stands for.
func Of(err error) Code {
	if err == nil {
		return Done
	}
	if coded, ok := errors.AsType[*Error](err); ok {
		return coded.Code
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	switch source.KindOf(err) {
	case source.Unavailable, source.Timeout:
		return Unreachable
	case source.PermissionDenied:
		return Denied
	case source.NotFound:
		return NotFound
	case source.InvalidArgument:
		return Usage
	case source.Conflict:
		return Conflict
	case source.TooLarge, source.Corrupt, source.Malformed, source.DuplicateKey, source.UnknownKey,
		source.WrongType, source.Invalid, source.Missing, source.Deprecated:
		return Invalid
	default:
		return Failed
	}
}
