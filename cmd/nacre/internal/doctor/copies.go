package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// othersMayWrite are the permissions that let a group or every user write.
const othersMayWrite = 0o022

// copies looks at the last known good copies, from which a service starts while its server is down.
func (x *examination) copies() {
	const check = "last known good"
	if x.Copies == "" {
		return
	}
	info, err := os.Stat(x.Copies)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add(Finding{
			Check: check, Target: x.Copies, Result: Warn, Text: "the folder does not exist, so a service that keeps its copies here does not start while the server is down",
			Fix: "start the service once while the server is up, or name the folder of its copies with --copies",
		})
		return
	case err != nil:
		x.add(Finding{Check: check, Target: x.Copies, Result: Fail, Text: "cannot be read: " + cause(err), Fix: "run this as the user of the service, and check the permissions of the folder"})
		return
	case !info.IsDir():
		x.add(Finding{Check: check, Target: x.Copies, Result: Fail, Text: "not a folder", Fix: "name the folder of the service's copies with --copies"})
		return
	case info.Mode().Perm()&othersMayWrite != 0 && runtime.GOOS != "windows":
		x.add(Finding{
			Check: check, Target: x.Copies, Result: Warn, Text: "other users can write the folder, and so replace what a service starts with",
			Fix: "chmod go-w " + x.Copies,
		})
	}
	found, err := filepath.Glob(filepath.Join(x.Copies, "*.lastgood"))
	if err != nil {
		found = nil // the folder's name is a bad pattern
	}
	var newest time.Time
	for _, path := range found {
		if info, err := os.Lstat(path); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if newest.IsZero() {
		x.add(Finding{
			Check: check, Target: x.Copies, Result: Warn, Text: "the folder has no copy, so a service that keeps its copies here does not start while the server is down",
			Fix: "start the service once while the server is up",
		})
		return
	}
	x.pass(check, x.Copies, plural.Count(len(found), "copy")+", the newest of "+newest.UTC().Format(time.RFC3339))
}

// cause returns the cause of a file error without its path.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
