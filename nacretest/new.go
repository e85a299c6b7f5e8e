package nacretest

import (
	"context"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/given"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
)

// New returns a config whose live value is value, with the default options. It ends the test if
// value is not valid. The config is closed at the end of the test; the test fails if a subscriber
// does not return then.
func New[T any](t testing.TB, value T, sections ...SectionValue) *nacre.Config[T] {
	t.Helper()
	return NewWith(t, nacre.Options{}, value, sections...)
}

// NewWith is [New] with the options of the service, such as its validation rules and its sections.
// The config never keeps a last known good copy, has no window, and holds no change because it
// removes keys or follows bad ones, unless MaxKeyLoss or MaxBadChanges is set. The test fails if
// the service writes into a value that Get returned and a later value replaces; see
// nacre.Options.SelfCheckEvery, which is 1 unless it is set. The default Logger is the log of the
// test.
func NewWith[T any](t testing.TB, options nacre.Options, value T, sections ...SectionValue) *nacre.Config[T] {
	t.Helper()
	out := &output{to: t.Output()}
	t.Cleanup(out.end) // runs after the config was closed
	options.LastKnownGoodDisabled, options.LastKnownGoodDir = true, ""
	options.Window = nacre.Off
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(out, nil))
	}
	if options.MaxKeyLoss == 0 {
		options.MaxKeyLoss = nacre.Off
	}
	if options.MaxBadChanges == 0 {
		options.MaxBadChanges = nacre.Off
	}
	if options.SelfCheckEvery == 0 {
		options.SelfCheckEvery = 1
	}
	options.Observers = append(slices.Clone(options.Observers), func(e observe.Event) {
		if e.Kind == observe.SelfCheckFailed {
			t.Errorf("nacretest: %s", strings.Join(e.Reasons, "; "))
		}
	})
	options.Sections = slices.Clone(options.Sections)
	values := []given.Value{{Go: reflect.ValueOf(&value).Elem()}}
	for _, s := range sections {
		if s.declaration == nil {
			t.Fatal("nacretest: a SectionValue is empty; make it with nacretest.Section")
		}
		at, ok := tree.ParsePath(s.key)
		if ok && given.New(values...).Has(at) {
			t.Fatalf("nacretest: %T or another section has a value at the key %s of a section; set it there", value, s.key)
		}
		options.Sections = append(options.Sections, *s.declaration)
		values = append(values, given.Value{At: at, Go: s.value})
	}
	cfg, err := nacre.OpenWith[T](context.Background(), options, newSource(reflect.TypeFor[T](), given.New(values...)))
	if err != nil {
		t.Fatalf("nacretest: %v", err)
	}
	t.Cleanup(func() {
		if err := cfg.Close(); err != nil {
			t.Errorf("nacretest: %v", err)
		}
	})
	return cfg
}

// SectionValue is the value of a section of a config; see [Section].
type SectionValue struct {
	key         string
	value       reflect.Value
	declaration *nacre.SectionDeclaration
}

// Section gives the section at a key a value, for a config whose own type has no field for the key.
// It declares the section, as [nacre.DeclareSection] does. A section whose key T has a field for
// has the value of that field.
func Section[S any](key string, value S) SectionValue {
	d := nacre.DeclareSection[S](key)
	return SectionValue{key: key, value: given.Copy(reflect.ValueOf(&value).Elem()), declaration: &d}
}

// patience bounds how long Set waits for a build, a subscriber or another Set.
const patience = 30 * time.Second

// output is the log of a test, until the test ends: a late line would make the test panic.
type output struct {
	mu    sync.Mutex
	to    io.Writer
	ended bool
}

// Write implements io.Writer.
func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return len(line), nil
	}
	return o.to.Write(line)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
}
