package env_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environment is one that a test can change while it is read.
type environment struct {
	mu    sync.Mutex
	list  []string
	wrong bool
	after func()
}

// breakIt adds a variable that nothing can be bound to.
func (e *environment) breakIt(wrong bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wrong = wrong
}

func (e *environment) set(list ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = list
}

func (e *environment) read() []string {
	e.mu.Lock()
	list, after := e.list, e.after
	if e.wrong {
		list = append(slices.Clip(list), "APP_A<B=1")
	}
	e.after = nil
	e.mu.Unlock()
	if after != nil {
		after()
	}
	return list
}

const noDelete = "an environment is always there; without variables it is empty"

func TestConformance(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
		var e environment
		return sourcetest.Harness{
			Source: func() source.Source {
				return env.New("APP", env.Environ(e.read), env.PollInterval(2*time.Millisecond))
			},
			Put: func(_ context.Context, v sourcetest.Values) error {
				list := []string{"PATH=/bin", "APPLE=1"}
				for key, value := range v {
					list = append(list, "APP_"+strings.ToUpper(key)+"="+value)
				}
				e.set(list...)
				return nil
			},
			Break:  func(context.Context) error { e.breakIt(true); return nil },
			Repair: func(context.Context) error { e.breakIt(false); return nil },
			AfterRead: func(f func()) {
				e.mu.Lock()
				defer e.mu.Unlock()
				e.after = f
			},
			Cannot: map[string]string{
				"AbsentIsNotEmpty": noDelete, "DeleteAndCreate": noDelete,
				"LostWakeups": "nobody is woken; it is polled", "DoubledWakeups": "nobody is woken; it is polled",
				"LateAndReorderedWakeups": "nobody is woken; it is polled",
				"NoValueInErrors":         "values are not looked at here; TestFaultsTellNoValue and TestMisuse plant one wherever an error can arise",
			},
		}
	})
}

// The content of files is state as well: the suite once more, with one of the values in a file.
func TestConformanceOfFiles(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		root, n := t.TempDir(), 0
		var last sourcetest.Values
		var e environment
		return sourcetest.Harness{
			Source: func() source.Source {
				return fileAsValue{env.New("APP", env.Environ(e.read), env.PollInterval(2*time.Millisecond))}
			},
			Put: func(_ context.Context, v sourcetest.Values) error {
				if n > 0 && maps.Equal(v, last) {
					return nil // the variables name other files only for other values
				}
				last = maps.Clone(v)
				n++
				dir := filepath.Join(root, strconv.Itoa(n))
				if err := os.Mkdir(dir, 0o700); err != nil {
					return err
				}
				var list []string
				for key, value := range v {
					path := filepath.Join(dir, key)
					list = append(list, "APP_"+strings.ToUpper(key)+"_FILE="+path)
					if err := replace(path, value+"\n"); err != nil {
						return err
					}
				}
				e.set(list...)
				return nil
			},
			Quiet: 100 * time.Millisecond,
			Cannot: map[string]string{
				"AbsentIsNotEmpty": noDelete, "DeleteAndCreate": noDelete,
				"LostWakeups": "nobody is woken; it is polled", "DoubledWakeups": "nobody is woken; it is polled",
				"LateAndReorderedWakeups": "nobody is woken; it is polled",
				"NoValueInErrors":         "values are not looked at here; TestFaultsTellNoValue and TestMisuse plant one wherever an error can arise",
				"SameErrorWakesNobody":    "a file that is missing is a fault in the content and no error",
				"EndOfErrorIsTold":        "a file that is missing is a fault in the content and no error",
				"ErrorAtFirst":            "a file that is missing is a fault in the content and no error",
			},
		}
	})
}

// replace writes a file as Kubernetes does, and makes it old enough to be read at once.
func replace(path, text string) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return err
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(tmp, old, old); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// fileAsValue shows what a decoder would take: the content of the files instead of their names.
type fileAsValue struct{ source.Source }

func (f fileAsValue) Unwrap() source.Source { return f.Source }

func (f fileAsValue) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	c, err := f.Source.Next(ctx, prev)
	if err != nil {
		return c, err
	}
	vs, _ := environ.Parse(c.Documents[0].Data)
	var data []byte
	for _, v := range vs {
		if v.File {
			v.File = false
			data, _ = environ.Append(data, v)
		}
	}
	c.Documents[0].Data = data
	return c, nil
}
