package file_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	harnesses := map[string]func(t *testing.T) sourcetest.Harness{
		"one file":                                func(t *testing.T) sourcetest.Harness { return oneFile(t, file.AsIs, writeFile) },
		"one file, replaced":                      func(t *testing.T) sourcetest.Harness { return oneFile(t, file.AsIs, replace) },
		"one file of another user":                func(t *testing.T) sourcetest.Harness { return oneFile(t, file.Events, writeFile) },
		"one file, replaced, on another system":   func(t *testing.T) sourcetest.Harness { return oneFile(t, file.Windows, replace) },
		"the first of two files":                  first,
		"a folder":                                folder,
		"two files of a Kubernetes mount":         func(t *testing.T) sourcetest.Harness { return mounted(t, false) },
		"the folder itself of a Kubernetes mount": func(t *testing.T) sourcetest.Harness { return mounted(t, true) },
	}
	var all sync.WaitGroup
	for name, harness := range harnesses { // at once, beyond the number of processors: they mostly wait
		all.Go(func() {
			t.Run(name, func(t *testing.T) {
				sourcetest.Run(t, func(t *testing.T) sourcetest.Harness { return oneAtATime(harness(t)) })
			})
		})
	}
	all.Wait()
}

// oneAtATime keeps a writer that comes right after a read from writing into what another is
// writing: no reader could make a whole file of that.
func oneAtATime(h sourcetest.Harness) sourcetest.Harness {
	var mu sync.Mutex
	put := h.Put
	h.Put = func(ctx context.Context, v sourcetest.Values) error {
		mu.Lock()
		defer mu.Unlock()
		return put(ctx, v)
	}
	for _, f := range []*func(context.Context) error{&h.Delete, &h.Break, &h.Repair} {
		inner := *f
		*f = func(ctx context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			return inner(ctx)
		}
	}
	return h
}

var cannot = map[string]string{
	"NoValueInErrors":         "it does not decode what it reads",
	"LostWakeups":             "wake-ups come from the kernel, which does not lose them; TestDroppedEventsAreMadeUpFor has the overflow",
	"DoubledWakeups":          "wake-ups come from the kernel; a write has several anyway",
	"LateAndReorderedWakeups": "wake-ups come from the kernel, in order",
}

func writeFile(path string, data []byte) error { return os.WriteFile(path, data, 0o600) }

// hook is called once, after the next read.
type hook struct{ f atomic.Pointer[func()] }

func (h *hook) set(f func()) {
	if f == nil {
		h.f.Store(nil)
		return
	}
	h.f.Store(&f)
}

func (h *hook) call() {
	if f := h.f.Swap(nil); f != nil {
		(*f)()
	}
}

func oneFile(t *testing.T, mode string, put func(string, []byte) error) sourcetest.Harness {
	path := filepath.Join(t.TempDir(), "app.yaml")
	kept := path + ".kept"
	var window file.Option
	if mode == file.Windows {
		window = file.SettleTime(20 * time.Millisecond) // a file that is replaced is whole at once
	}
	var h hook
	return sourcetest.Harness{
		Source: func() source.Source { return file.NewSource(path, unpolled, window).Force(mode).AfterRead(h.call) },
		Put: func(_ context.Context, v sourcetest.Values) error {
			return put(path, v.Encode(source.FormatYAML))
		},
		Delete: func(context.Context) error { return os.Remove(path) },
		Break: func(context.Context) error { // a folder in its place
			if err := os.Rename(path, kept); err != nil && !os.IsNotExist(err) {
				return err
			}
			return os.Mkdir(path, 0o700)
		},
		Repair: func(context.Context) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			if err := os.Rename(kept, path); err != nil && !os.IsNotExist(err) {
				return err
			}
			return nil
		},
		AfterRead: h.set,
		Cannot:    cannot,
	}
}

// first is one file, the second of two paths.
func first(t *testing.T) sourcetest.Harness {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.yaml")
	kept := path + ".kept"
	var h hook
	return sourcetest.Harness{
		Source: func() source.Source {
			return file.FirstSource([]string{filepath.Join(dir, "none", "app.yaml"), path}, unpolled).AfterRead(h.call)
		},
		Put: func(_ context.Context, v sourcetest.Values) error {
			return replace(path, v.Encode(source.FormatYAML))
		},
		Delete: func(context.Context) error { return os.Remove(path) },
		Break: func(context.Context) error { // a link to itself in its place
			if err := os.Rename(path, kept); err != nil && !os.IsNotExist(err) {
				return err
			}
			return os.Symlink("app.yaml", path)
		},
		Repair: func(context.Context) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			if err := os.Rename(kept, path); err != nil && !os.IsNotExist(err) {
				return err
			}
			return nil
		},
		AfterRead: h.set,
		Cannot:    cannot,
	}
}

func folder(t *testing.T) sourcetest.Harness {
	dir := filepath.Join(t.TempDir(), "conf.d")
	must(t, os.Mkdir(dir, 0o700))
	write(t, filepath.Join(dir, "50-app.json~"), []byte("not configuration"))
	path := filepath.Join(dir, "50-app.json")
	var h hook
	return sourcetest.Harness{
		Source: func() source.Source { return file.DirSource(dir, unpolled).AfterRead(h.call) },
		Put: func(_ context.Context, v sourcetest.Values) error {
			return os.WriteFile(path, v.Encode(source.FormatJSON), 0o600)
		},
		Delete: func(context.Context) error { return os.Remove(path) },
		Break: func(context.Context) error { // a file in its place
			if err := os.Rename(dir, dir+".kept"); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		},
		Repair: func(context.Context) error {
			if err := os.Remove(dir); err != nil {
				return err
			}
			return os.Rename(dir+".kept", dir)
		},
		AfterRead: h.set,
		Cannot:    cannot,
	}
}

// mounted splits the document between two files that are swapped together.
func mounted(t *testing.T, whole bool) sourcetest.Harness {
	m := newMount(t, "a.yaml", "b.yaml")
	data, kept := filepath.Join(m.dir, "..data"), filepath.Join(m.dir, "..kept")
	var h hook
	return sourcetest.Harness{
		Source: func() source.Source {
			if whole {
				return file.DirSource(m.dir, unpolled).AfterRead(h.call)
			}
			return file.NewSource(m.dir+"/a.yaml", file.WithFile(m.dir+"/b.yaml"), unpolled).AfterRead(h.call)
		},
		Put: func(_ context.Context, v sourcetest.Values) error {
			halves := []sourcetest.Values{{}, {}}
			for key, value := range v {
				halves[len(key)%2][key] = value // seq, sum; canary, fill
			}
			return m.project(true, halves[1].Encode(source.FormatYAML), halves[0].Encode(source.FormatYAML))
		},
		Delete: func(context.Context) error { return os.Remove(data) },
		Break: func(context.Context) error { // a link to itself in its place
			if err := os.Rename(data, kept); err != nil {
				return err
			}
			return os.Symlink("..data", data)
		},
		Repair:    func(context.Context) error { return os.Rename(kept, data) },
		AfterRead: h.set,
		Cannot:    cannot,
	}
}
