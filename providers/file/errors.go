package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/nacre-go/nacre/source"
)

func invalidArgument(name, cause, fix string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "read", Document: name, Err: errors.New(cause), Fix: fix}
}

// trouble returns the error of an operation on a file. It returns errMoved, on which the caller
// acts, as it is.
func trouble(name string, err error) error {
	if errors.Is(err, errMoved) {
		return err
	}
	e := &source.Error{Kind: source.Unavailable, Op: "read", Document: name, Err: bare(err)}
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Kind, e.Fix = source.PermissionDenied, "let the user of the service read it, and enter its folders"
	case errors.Is(err, errLoop), errors.Is(err, syscall.ELOOP):
		e.Kind, e.Fix = source.InvalidArgument, "a symbolic link leads back to itself"
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EISDIR):
		e.Kind, e.Fix = source.InvalidArgument, "correct the path"
	}
	return e
}

// bare removes the operation and the path from an error of package os, because the error names the
// document already.
func bare(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	if se, ok := errors.AsType[*os.SyscallError](err); ok {
		return se.Err
	}
	return err
}

func notFound(e *entry) error {
	if e.choices != nil {
		return e.noneExists()
	}
	cause, fix := "file does not exist", "create it at "+e.path
	if e.dir {
		cause, fix = "folder does not exist, or has no file of a known extension", "create "+e.path+" with a file in it"
	}
	if e.profile != "" {
		fix = "create " + e.path + ", which may be empty, correct the profile " + e.profile
	}
	return &source.Error{
		Kind: source.NotFound, Op: "read", Document: e.name, Err: errors.New(cause),
		Fix: fix + ", or use nacre.AbsentOK() if the service can start without it",
	}
}

func tooLarge(name string, limit int64) error {
	return &source.Error{
		Kind: source.TooLarge, Op: "read", Document: name, Err: fmt.Errorf("more than %d bytes", limit),
		Fix: "check that it is the right file; file.MaxSize raises the limit",
	}
}

// unfinished returns the error of a file whose change takes too long. The text does not change
// while the error lasts.
func unfinished(name string, since time.Time) error {
	return &source.Error{
		Kind: source.Unavailable, Op: "read", Document: name,
		Err: fmt.Errorf("being written since %s", since.Format(time.TimeOnly)),
		Fix: "the writer must close the file, or write a new file and rename it over this one",
	}
}
