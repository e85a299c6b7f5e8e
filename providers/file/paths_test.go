package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// unpolled makes sure that a change was seen by the watch: the first poll comes after the bound of
// the tests.
var unpolled = file.PollInterval(time.Hour)

// TestWhateverMovesOnTheWayToAFileIsSeen changes something on the path of a file, without a poll to
// help.
func TestWhateverMovesOnTheWayToAFileIsSeen(t *testing.T) {
	t.Parallel()
	steps := map[string]struct {
		path    string
		prepare func(t *testing.T, dir string)
		change  func(t *testing.T, dir string)
	}{
		"the file is created": {
			"app.yaml",
			func(*testing.T, string) {},
			func(t *testing.T, dir string) { write(t, dir+"/app.yaml", body(1)) },
		},
		"its folders are created": {
			"a/b/c/app.yaml",
			func(*testing.T, string) {},
			func(t *testing.T, dir string) {
				must(t, os.MkdirAll(dir+"/a/b/c", 0o700))
				write(t, dir+"/a/b/c/app.yaml", body(1))
			},
		},
		"its folder is renamed into place": {
			"conf/app.yaml",
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/new", 0o700))
				write(t, dir+"/new/app.yaml", body(1))
			},
			func(t *testing.T, dir string) { must(t, os.Rename(dir+"/new", dir+"/conf")) },
		},
		"its folder is removed and made again": {
			"conf/app.yaml",
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/conf", 0o700))
				write(t, dir+"/conf/app.yaml", body(0))
			},
			func(t *testing.T, dir string) {
				must(t, os.RemoveAll(dir+"/conf"))
				must(t, os.Mkdir(dir+"/conf", 0o700))
				write(t, dir+"/conf/app.yaml", body(1))
			},
		},
		"its folder is exchanged by rename": {
			"conf/app.yaml",
			func(t *testing.T, dir string) {
				for i, name := range []string{"/conf", "/new"} {
					must(t, os.Mkdir(dir+name, 0o700))
					write(t, dir+name+"/app.yaml", body(i))
				}
			},
			func(t *testing.T, dir string) {
				must(t, os.Rename(dir+"/conf", dir+"/old"))
				must(t, os.Rename(dir+"/new", dir+"/conf"))
			},
		},
		"a folder two levels up is exchanged": {
			"current/conf/app.yaml",
			func(t *testing.T, dir string) {
				for i, name := range []string{"/current", "/new"} {
					must(t, os.MkdirAll(dir+name+"/conf", 0o700))
					write(t, dir+name+"/conf/app.yaml", body(i))
				}
			},
			func(t *testing.T, dir string) {
				must(t, os.Rename(dir+"/current", dir+"/old"))
				must(t, os.Rename(dir+"/new", dir+"/current"))
			},
		},
		"a link to a release is turned": {
			"current/app.yaml",
			func(t *testing.T, dir string) {
				for i, name := range []string{"/r1", "/r2"} {
					must(t, os.Mkdir(dir+name, 0o700))
					write(t, dir+name+"/app.yaml", body(i))
				}
				must(t, os.Symlink("r1", dir+"/current"))
			},
			func(t *testing.T, dir string) {
				must(t, os.Symlink(dir+"/r2", dir+"/next")) // absolute this time
				must(t, os.Rename(dir+"/next", dir+"/current"))
			},
		},
		"the file behind two links is replaced": {
			"app.yaml",
			func(t *testing.T, dir string) {
				must(t, os.MkdirAll(dir+"/x/y", 0o700))
				write(t, dir+"/x/real.yaml", body(0))
				must(t, os.Symlink("x/y/link.yaml", dir+"/app.yaml"))
				must(t, os.Symlink("../real.yaml", dir+"/x/y/link.yaml"))
			},
			func(t *testing.T, dir string) { must(t, replace(dir+"/x/real.yaml", body(1))) },
		},
		"what a dangling link leads to is created": {
			"app.yaml",
			func(t *testing.T, dir string) { must(t, os.Symlink("elsewhere/app.yaml", dir+"/app.yaml")) },
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/elsewhere", 0o700))
				write(t, dir+"/elsewhere/app.yaml", body(1))
			},
		},
		"it is written through another name": {
			"app.yaml",
			func(t *testing.T, dir string) {
				write(t, dir+"/app.yaml", body(0))
				must(t, os.Mkdir(dir+"/other", 0o700))
				must(t, os.Link(dir+"/app.yaml", dir+"/other/name"))
			},
			func(t *testing.T, dir string) { write(t, dir+"/other/name", body(1)) },
		},
		"a folder stood in its place": {
			"app.yaml",
			func(t *testing.T, dir string) { must(t, os.Mkdir(dir+"/app.yaml", 0o700)) },
			func(t *testing.T, dir string) {
				must(t, os.Remove(dir+"/app.yaml"))
				write(t, dir+"/app.yaml", body(1))
			},
		},
		"a file stood in the place of its folder": {
			"conf/app.yaml",
			func(t *testing.T, dir string) { write(t, dir+"/conf", nil) },
			func(t *testing.T, dir string) {
				must(t, os.Remove(dir+"/conf"))
				must(t, os.Mkdir(dir+"/conf", 0o700))
				write(t, dir+"/conf/app.yaml", body(1))
			},
		},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linuxOnly(t)
			dir := t.TempDir()
			step.prepare(t, dir)
			r := newReader(t, file.NewSource(filepath.Join(dir, step.path), unpolled))
			_, _ = r.next(bound) // absent, an error or version 0
			r.nothing(t, "nothing has changed yet")
			if err := r.s.Watching(); err != nil {
				t.Fatalf("Watching: %v", err)
			}
			step.change(t, dir)
			for {
				c, err := r.next(bound)
				if errors.Is(err, context.DeadlineExceeded) {
					t.Fatal("the change was not seen")
				}
				if err != nil || c.Documents[0].Absent {
					continue // a state on the way
				}
				if v, err := wholeVersion(c); err != nil || v != 1 {
					t.Fatalf("content is version %d, %v", v, err)
				}
				return
			}
		})
	}
}

func TestChangesOfChangedPlacesAreSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/conf", 0o700))
	write(t, dir+"/conf/app.yaml", body(0))
	r := newReader(t, file.NewSource(dir+"/conf/app.yaml", unpolled))
	r.version(t)
	until := func(v int) {
		t.Helper()
		for {
			c, err := r.next(bound)
			if errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("version %d was not seen", v)
			}
			if err != nil || c.Documents[0].Absent {
				continue // a state on the way, which a busy machine may leave for longer than it takes to settle
			}
			if got, err := wholeVersion(c); err != nil || got != v {
				t.Fatalf("content is version %d, %v, want %d", got, err, v)
			}
			return
		}
	}
	for v := 1; v < 20; v += 2 { // the watch has to follow to each new folder
		must(t, os.Mkdir(dir+"/new", 0o700))
		write(t, dir+"/new/app.yaml", body(v))
		if v%4 == 1 {
			must(t, os.RemoveAll(dir+"/conf"))
		} else { // still there, but not at its path
			must(t, os.Rename(dir+"/conf", dir+"/old"+strconv.Itoa(v)))
		}
		must(t, os.Rename(dir+"/new", dir+"/conf"))
		until(v)
		write(t, dir+"/conf/app.yaml", body(v+1))
		until(v + 1)
	}
}

func TestNeighboursWakeNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/app.yaml", body(0))
	r := newReader(t, file.NewSource(dir+"/app.yaml", unpolled))
	r.version(t)
	for range 100 {
		write(t, dir+"/other.yaml", body(1))
		must(t, os.Rename(dir+"/other.yaml", dir+"/another.yaml"))
	}
	must(t, os.Chmod(dir+"/app.yaml", 0o644))
	write(t, dir+"/app.yaml", body(0)) // the same bytes
	r.nothing(t, "no byte of the file is different")
}

func TestRelativePathsAreResolvedOnce(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write(t, dir+"/app.yaml", body(1))
	t.Chdir(dir)
	r := newReader(t, file.NewSource("app.yaml"))
	t.Chdir(other)
	c := r.content(t)
	real, err := filepath.EvalSymlinks(dir)
	must(t, err)
	d := c.Documents[0]
	if at, err := filepath.EvalSymlinks(d.Location); err != nil || at != filepath.Join(real, "app.yaml") {
		t.Errorf("Location is %s, %v", d.Location, err)
	}
	if d.Name != "app.yaml" || d.Format != source.FormatYAML || d.Modified.IsZero() {
		t.Errorf("document is %s %s %v", d.Name, d.Format, d.Modified)
	}
}

func TestWithoutAWatchChangesAreFoundByPolling(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	r := newReader(t, file.NewSource(path, file.PollInterval(10*time.Millisecond)).Force(file.Blind))
	r.version(t)
	if r.s.Watching() == nil {
		t.Error("Watching is nil though there is no watch")
	}
	for v := 1; v < 5; v++ {
		must(t, replace(path, body(v)))
		if got := r.version(t); got != v {
			t.Fatalf("content is version %d, want %d", got, v)
		}
	}
}

// TestFoldersThatComeOneByOneAreFollowed creates what is below a new folder while the source has
// yet to watch it.
func TestFoldersThatComeOneByOneAreFollowed(t *testing.T) {
	t.Parallel()
	linuxOnly(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a/b/c/d/e/f/app.yaml")
	r := newReader(t, file.NewSource(path, unpolled, file.SettleTime(time.Millisecond)))
	for v := range 100 {
		if c := r.content(t); !c.Documents[0].Absent {
			t.Fatalf("content is %s, want an absent document", show(c))
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, replace(path, body(v)))
		if got := r.version(t); got != v {
			t.Fatalf("content is version %d, want %d", got, v)
		}
		must(t, os.RemoveAll(filepath.Join(dir, "a")))
	}
}
