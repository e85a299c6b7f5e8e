package koanf_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	kjson "github.com/knadh/koanf/parsers/json"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	knadh "github.com/knadh/koanf/v2"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/koanf"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opaque hides a parser's type, so that it is called.
type opaque struct{ knadh.Parser }

// Koanf's own file provider, watched, with a parser that nacre replaces.
func TestFileProviderKeepsTheRules(t *testing.T) {
	t.Parallel()
	for name, parser := range map[string]knadh.Parser{"lines": kyaml.Parser(), "tree": opaque{kyaml.Parser()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
				dir := t.TempDir()
				name := filepath.Join(dir, "test.yaml")
				write := func(data []byte) error {
					next := name + ".new"
					if err := os.WriteFile(next, data, 0o600); err != nil {
						return err
					}
					return os.Rename(next, name)
				}
				h := sourcetest.Harness{
					Source: func() source.Source {
						return koanf.New(file.Provider(name), parser, koanf.Name("test.yaml"), koanf.PollInterval(20*time.Millisecond))
					},
					Put:    func(_ context.Context, v sourcetest.Values) error { return write(v.Encode(source.FormatYAML)) },
					Delete: func(context.Context) error { return os.Remove(name) },
					Quiet:  70 * time.Millisecond,
					Cannot: map[string]string{
						"LostWakeups":             "the kernel's events cannot be lost by a test; the faulty provider is tested for that",
						"DoubledWakeups":          "the kernel's events cannot be doubled by a test",
						"LateAndReorderedWakeups": "the kernel's events cannot be held by a test",
						"SameErrorWakesNobody":    "root reads any file; the faulty provider is tested for that",
						"EndOfErrorIsTold":        "root reads any file",
						"ErrorAtFirst":            "root reads any file",
					},
					Spoil: func(_ context.Context, canary string) error {
						return write([]byte("db: [" + canary + "\n  x: - " + canary))
					},
				}
				if _, lines := parser.(*kyaml.YAML); lines {
					h.Spoil, h.Cannot["NoValueInErrors"] = nil, "the bytes are decoded by the engine"
				}
				return h
			})
		})
	}
}

// faulty is a koanf provider that a test changes, with a Watch whose callbacks go wrong. Without
// the wrapper watched it cannot be watched.
type faulty struct {
	mu      sync.Mutex
	data    []byte
	tree    map[string]any
	err     error
	cb      func(any, error)
	fault   sourcetest.Fault
	held    int
	watches int
}

var errNotSupported = errors.New("faulty provider does not support this method")

func (f *faulty) ReadBytes() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	if f.tree != nil {
		return nil, errNotSupported
	}
	if f.data == nil {
		return nil, &fs.PathError{Op: "open", Path: "test.json", Err: fs.ErrNotExist}
	}
	return f.data, nil
}

func (f *faulty) Read() (map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	if f.tree == nil {
		return nil, fs.ErrNotExist
	}
	return f.tree, nil
}

func (f *faulty) change(change func()) error {
	f.mu.Lock()
	change()
	cb, n := f.cb, 1
	switch f.fault {
	case sourcetest.Lost:
		n = 0
	case sourcetest.Doubled:
		n = 2
	case sourcetest.Held:
		f.held, n = f.held+1, 0
	}
	f.mu.Unlock()
	for range n {
		if cb != nil {
			cb("event", nil)
		}
	}
	return nil
}

func (f *faulty) wakeups(fault sourcetest.Fault) {
	f.mu.Lock()
	f.fault = fault
	n, cb := f.held, f.cb
	if fault == sourcetest.Intact {
		f.held = 0
	} else {
		n = 0
	}
	f.mu.Unlock()
	for range n {
		cb("late event", nil)
	}
}

// watched is a faulty provider that can be watched, by several at once.
type watched struct{ *faulty }

func (w watched) Watch(cb func(any, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watches++
	old := w.cb
	w.cb = func(event any, err error) {
		if old != nil {
			old(event, err)
		}
		cb(event, err)
	}
	return nil
}

func TestAnyProviderKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		watched bool
		tree    bool
		opaque  bool
		parser  knadh.Parser
	}{
		{"watched bytes", true, false, true, opaque{kjson.Parser()}},
		{"watched tree", true, true, false, nil},
		{"polled bytes", false, false, true, opaque{kjson.Parser()}},
		{"polled tree", false, true, false, nil},
		{"polled lines", false, false, false, kjson.Parser()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
				f := &faulty{}
				var provider knadh.Provider = f
				if test.watched {
					provider = watched{f}
				}
				set := func(v sourcetest.Values) {
					if test.tree {
						f.tree = v.Tree()
					} else {
						f.data = v.Encode(source.FormatJSON)
					}
				}
				h := sourcetest.Harness{
					Source: func() source.Source {
						return koanf.New(provider, test.parser, koanf.Name("test.json"), koanf.PollInterval(10*time.Millisecond))
					},
					Put:    func(_ context.Context, v sourcetest.Values) error { return f.change(func() { set(v) }) },
					Delete: func(context.Context) error { return f.change(func() { f.tree, f.data = nil, nil }) },
					Break: func(context.Context) error {
						return f.change(func() { f.err = errors.New("canary-5f1c0de is broken") })
					},
					Repair: func(context.Context) error { return f.change(func() { f.err = nil }) },
					Cannot: map[string]string{},
				}
				if test.watched {
					h.Wakeups = func(_ context.Context, fault sourcetest.Fault) error { f.wakeups(fault); return nil }
				} else {
					for _, name := range []string{"LostWakeups", "DoubledWakeups", "LateAndReorderedWakeups"} {
						h.Cannot[name] = "the provider is polled"
					}
				}
				switch {
				case test.tree:
					h.Spoil = func(_ context.Context, canary string) error {
						type value struct{ text string }
						return f.change(func() { f.tree = map[string]any{"db": value{canary}} })
					}
				case test.opaque:
					h.Spoil = func(_ context.Context, canary string) error {
						return f.change(func() { f.data = []byte(`{"db": "` + canary + `", ` + canary) })
					}
				default:
					h.Cannot["NoValueInErrors"] = "the bytes are decoded by the engine"
				}
				return h
			})
		})
	}
}
