package exit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/source"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want exit.Code
	}{
		"no error":           {nil, exit.Done},
		"unavailable":        {&source.Error{Kind: source.Unavailable}, exit.Unreachable},
		"timeout":            {&source.Error{Kind: source.Timeout}, exit.Unreachable},
		"deadline":           {context.DeadlineExceeded, exit.Unreachable},
		"denied":             {&source.Error{Kind: source.PermissionDenied}, exit.Denied},
		"not found":          {fmt.Errorf("get: %w", &source.Error{Kind: source.NotFound}), exit.NotFound},
		"bad name":           {&source.Error{Kind: source.InvalidArgument}, exit.Usage},
		"compare-and-set":    {&source.Error{Kind: source.Conflict}, exit.Conflict},
		"a bad document":     {&source.Problem{Kind: source.Malformed}, exit.Invalid},
		"interrupted":        {fmt.Errorf("watch: %w", context.Canceled), exit.Interrupted},
		"of no kind":         {errors.New("disk full"), exit.Failed},
		"a code before kind": {exit.With(exit.Partly, &source.Error{Kind: source.Conflict}, "see the report"), exit.Partly},
	} {
		if got := exit.Of(c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
	if got := exit.With(exit.Usage, errors.New("no server"), "set --server").Error(); got != "no server; set --server" {
		t.Errorf("an error with a fix reads %q", got)
	}
}

// A local file is not the server: its failure has neither the code of a denied nor that of an
// unreachable one.
func TestLocal(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]exit.Code{
		fs.ErrNotExist: exit.Usage, fs.ErrPermission: exit.Usage, fs.ErrExist: exit.Usage, syscall.EISDIR: exit.Usage, syscall.ENOTDIR: exit.Usage,
		syscall.ENOSPC: exit.Failed, syscall.EIO: exit.Failed,
	} {
		if got := exit.Local(&fs.PathError{Op: "write", Path: "f", Err: err}); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}
