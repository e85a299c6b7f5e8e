package koanf_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	kjson "github.com/knadh/koanf/parsers/json"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/rawbytes"
	knadh "github.com/knadh/koanf/v2"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/koanf"
	"github.com/nacre-go/nacre/source"
)

func next(t *testing.T, s source.Source, prev source.Revision) source.Content {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := s.Next(ctx, prev)
	if err != nil {
		t.Fatalf("Next returned %v though there is something to see", err)
	}
	return c
}

func TestWhatProviderAndParserGive(t *testing.T) {
	t.Parallel()
	nested := map[string]any{"db": map[string]any{"pool": 5}, "a.b": "c"}
	yaml, json := []byte("db: {pool: 5}\n"), []byte(`{"db": {"pool": 5}}`)
	for name, test := range map[string]struct {
		provider knadh.Provider
		parser   knadh.Parser
		options  []koanf.Option
		want     string // format and data, or the tree
	}{
		"a tree":                   {confmap.Provider(nested, ""), nil, nil, "map[a.b:c db:map[pool:5]]"},
		"a flat map":               {confmap.Provider(map[string]any{"db.pool": 5}, "."), nil, nil, "map[db:map[pool:5]]"},
		"koanf's YAML":             {rawbytes.Provider(yaml), kyaml.Parser(), nil, "yaml db: {pool: 5}\n"},
		"koanf's JSON":             {rawbytes.Provider(json), kjson.Parser(), nil, `json {"db": {"pool": 5}}`},
		"a parser of one's own":    {rawbytes.Provider(json), opaque{kjson.Parser()}, nil, "map[db:map[pool:5]]"},
		"a format":                 {rawbytes.Provider(yaml), nil, []koanf.Option{koanf.Format(source.FormatTOML)}, "toml db: {pool: 5}\n"},
		"a format over a parser":   {rawbytes.Provider(json), opaque{kjson.Parser()}, []koanf.Option{koanf.Format("json")}, `json {"db": {"pool": 5}}`},
		"no bytes, decoded":        {rawbytes.Provider(nil), opaque{kjson.Parser()}, nil, "map[]"},
		"no bytes":                 {rawbytes.Provider(nil), kjson.Parser(), nil, "json "},
		"keys of any type":         {rawbytes.Provider([]byte("1: a\ntrue: b\n")), opaque{kyaml.Parser()}, nil, "map[1:a true:b]"},
		"an option that is nil":    {confmap.Provider(nested, ""), nil, []koanf.Option{nil}, "map[a.b:c db:map[pool:5]]"},
		"slashes, not split":       {confmap.Provider(map[string]any{"db/pool": "5"}, ""), nil, nil, "map[db/pool:5]"},
		"slashes, split":           {confmap.Provider(map[string]any{"/db/pool": "5", "db/": "", "x": 1}, ""), nil, []koanf.Option{koanf.Delimiter("/")}, "map[db:map[pool:5] x:1]"},
		"a map joined":             {confmap.Provider(map[string]any{"a": map[string]any{"b": 1}, "a/c": 2}, ""), nil, []koanf.Option{koanf.Delimiter("/")}, "map[a:map[b:1 c:2]]"},
		"a key of delimiters only": {confmap.Provider(map[string]any{"//": 1}, ""), nil, []koanf.Option{koanf.Delimiter("/")}, "map[//:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := koanf.New(test.provider, test.parser, test.options...)
			defer closeSource(s)
			d := next(t, s, "").Documents[0]
			got := d.Format + " " + string(d.Data)
			if d.Tree != nil {
				got = fmt.Sprint(d.Tree)
			}
			if got != test.want {
				t.Errorf("the document is %q, must be %q", got, test.want)
			}
		})
	}
}

func TestTextAndNames(t *testing.T) {
	t.Parallel()
	p := confmap.Provider(map[string]any{"a": "1", "l": []any{"x", 2}}, "")
	s := koanf.New(p, nil, koanf.Text(), koanf.Name("consul/orders"))
	tree := next(t, s, "").Documents[0].Tree
	if tree["a"] != source.Text("1") || tree["l"].([]any)[0] != source.Text("x") || tree["l"].([]any)[1] != int64(2) {
		t.Errorf("WithText leaves strings as they are: %#v", tree)
	}
	if next(t, s, "").Revision == next(t, koanf.New(p, nil), "").Revision {
		t.Error("two sources have one revision; a stored revision of an earlier process would be taken for current")
	}
	if s.Name() != "consul/orders" || source.DescriptionOf(s).Identity != "koanf:confmap.Confmap:consul/orders" {
		t.Errorf("name %q, identity %q", s.Name(), source.DescriptionOf(s).Identity)
	}
	if name := next(t, koanf.New(p, nil), "").Documents[0].Name; name != "confmap.Confmap" {
		t.Errorf("without a name the document is called %q", name)
	}
}

// provider is a koanf provider of functions.
type provider struct {
	read  func() (map[string]any, error)
	bytes func() ([]byte, error)
}

func (p provider) Read() (map[string]any, error) { return p.read() }
func (p provider) ReadBytes() ([]byte, error)    { return p.bytes() }

func failing(err error) provider {
	return provider{read: func() (map[string]any, error) { return nil, err }, bytes: func() ([]byte, error) { return nil, err }}
}

type parser struct{ knadh.Parser }

func (parser) Unmarshal(b []byte) (map[string]any, error) {
	return nil, fmt.Errorf("line 7: cannot make an int of %q", b)
}

type panicking struct{}

func (panicking) Error() string { panic("hunter2") }

func TestErrorsTellKindAndDocumentAndNoValue(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	opened := &fs.PathError{Op: "open", Path: "/etc/app.json", Err: syscall.EACCES}
	for name, test := range map[string]struct {
		source source.Source
		kind   source.Kind
		want   string
	}{
		"of any type":        {koanf.New(failing(errors.New(secret)), nil, koanf.Name("d")), source.Unavailable, "read d: unavailable: an error of type *errors.errorString"},
		"its text on demand": {koanf.New(failing(errors.New("no quorum")), nil, koanf.Name("d"), koanf.ErrorText()), source.Unavailable, "no quorum"},
		"a permission":       {koanf.New(failing(fmt.Errorf("%s: %w", secret, opened)), nil, koanf.Name("d")), source.PermissionDenied, "open /etc/app.json: permission denied"},
		"a deadline":         {koanf.New(failing(fmt.Errorf("%s: %w", secret, context.DeadlineExceeded)), nil, koanf.Name("d")), source.Timeout, "d: timeout: context deadline exceeded"},
		"needs a parser":     {koanf.New(rawbytes.Provider([]byte(secret)), nil, koanf.Name("d")), source.InvalidArgument, "pass a parser"},
		"needs no parser":    {koanf.New(confmap.Provider(map[string]any{"a": secret}, ""), kyaml.Parser(), koanf.Name("d")), source.InvalidArgument, "pass a nil parser"},
		"no provider":        {koanf.New(nil, nil, koanf.Name("d")), source.InvalidArgument, "the provider is nil"},
		"a nil pointer":      {koanf.New((*rawbytes.RawBytes)(nil), kyaml.Parser(), koanf.Name("d")), source.InvalidArgument, "panicked"},
		"a panic": {koanf.New(provider{read: func() (map[string]any, error) { panic(secret) }}, nil, koanf.Name("d")),
			source.InvalidArgument, "panicked"},
		"an error that panics": {koanf.New(failing(panicking{}), nil, koanf.Name("d")), source.InvalidArgument, "panicked"},
		"not in its format":    {koanf.New(rawbytes.Provider([]byte(secret)), parser{}, koanf.Name("d")), source.Malformed, "decode d: malformed: koanf_test.parser cannot decode it, line 7"},
		"a foreign type": {koanf.New(confmap.Provider(map[string]any{"db": map[string]any{"x": panicking{}}}, ""), nil, koanf.Name("d")),
			source.Malformed, "db.x: a koanf_test.panicking has no place in a tree"},
		"keys that collide": {koanf.New(confmap.Provider(map[string]any{"a": secret, "a/b": secret}, ""), nil, koanf.Name("d"), koanf.Delimiter("/")),
			source.Malformed, `"a/b": another key has the same path`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer closeSource(test.source)
			_, err := test.source.Next(t.Context(), "")
			if err == nil {
				t.Fatal("there is no error")
			}
			if source.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "d") {
				t.Errorf("the error is %q of kind %q; must be %q and say %q", err, source.KindOf(err), test.kind, test.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v %q", err, err, err, err), secret) {
				t.Errorf("the error has a value in it: %v", err)
			}
		})
	}
}

func TestCauseStaysReachable(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	_, err := koanf.New(failing(cause), nil).Next(t.Context(), "")
	if !errors.Is(err, cause) || !errors.Is(err, source.Unavailable) {
		t.Error("errors.Is does not find the provider's error")
	}
}

func TestAbsence(t *testing.T) {
	t.Parallel()
	missing := errors.New("key not found")
	absent := koanf.Absent(func(err error) bool { return errors.Is(err, missing) })
	for name, err := range map[string]error{"declared": missing, "of a file": &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}} {
		c := next(t, koanf.New(failing(err), nil, absent, koanf.Name("d")), "")
		if d := c.Documents[0]; !d.Absent || d.Name != "d" {
			t.Errorf("%s: the document is %+v, must be absent", name, d)
		}
	}
}

func TestProviderKeepsItsMap(t *testing.T) {
	t.Parallel()
	m := map[string]any{"a": []any{1}, "b/c": 1}
	s := koanf.New(provider{read: func() (map[string]any, error) { return m, nil }}, nil, koanf.Delimiter("/"), koanf.Text())
	c := next(t, s, "")
	m["a"].([]any)[0] = 2
	if fmt.Sprint(c.Documents[0].Tree) != "map[a:[1] b:map[c:1]]" {
		t.Error("the provider can change a content that was returned")
	}
	if len(m) != 2 || m["b/c"] != 1 {
		t.Error("the provider's own map was changed")
	}
}

// The interval is what the option says, and 30 s without it.
func TestInterval(t *testing.T) {
	t.Parallel()
	for want, options := range map[time.Duration][]koanf.Option{
		30 * time.Second: nil,
		time.Minute:      {koanf.PollInterval(time.Minute), koanf.PollInterval(-1)},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			s := koanf.New(provider{read: func() (map[string]any, error) { n++; return map[string]any{"n": n}, nil }}, nil, options...)
			c, begin := next(t, s, ""), time.Now()
			n = 0 // the same content, once
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			c2, err := s.Next(ctx, c.Revision)
			if err != nil || c2.Revision == c.Revision {
				t.Fatal("a provider that is polled does not show its change")
			}
			if took := time.Since(begin); took != want {
				t.Errorf("the second read came after %v, documented as %v", took, want)
			}
		})
	}
}

// A read that hangs is an error in time, holds up no cancellation, and is not counted when it comes
// back late.
func TestReadThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, reads := make(chan struct{}), atomic.Int64{}
		s := koanf.New(provider{read: func() (map[string]any, error) {
			n := reads.Add(1)
			<-gate
			return map[string]any{"read": n}, nil
		}}, nil, koanf.Name("d"), koanf.Timeout(10*time.Second))

		begin := time.Now()
		_, err := s.Next(t.Context(), "")
		if !errors.Is(err, source.Timeout) || time.Since(begin) != 10*time.Second {
			t.Errorf("a read that hangs gives %v after %v; must be a timeout after 10 s", err, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := s.Next(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the same timeout was told twice: %v", err)
		}
		if reads.Load() != 1 {
			t.Errorf("%d reads were begun while one hung", reads.Load())
		}
		close(gate)
		if c := next(t, s, ""); c.Documents[0].Tree["read"] != int64(2) {
			t.Errorf("the answer of a read that had begun long before was taken: %v", c.Documents[0].Tree)
		}
	})
}

// A read that a cancelled call had begun may have seen what was there before the next call.
func TestReadOfCancelledCallIsDiscarded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate, n := make(chan struct{}), atomic.Int64{}
		s := koanf.New(provider{read: func() (map[string]any, error) {
			seen := n.Load()
			<-gate
			return map[string]any{"n": seen}, nil
		}}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Next(ctx, ""); err != ctx.Err() { //nolint:errorlint // the contract says ctx.Err() itself
			t.Errorf("a call that was cancelled while the provider was being read returned %v", err)
		}
		n.Store(1)
		time.AfterFunc(time.Second, func() { close(gate) })
		if c := next(t, s, ""); c.Documents[0].Tree["n"] != int64(1) {
			t.Error("a read from before the change was returned after it")
		}
	})
}

// A provider may use its buffer again.
func TestProviderKeepsItsBuffer(t *testing.T) {
	t.Parallel()
	buffer := []byte("a: 1")
	s := koanf.New(provider{bytes: func() ([]byte, error) { return buffer, nil }}, kyaml.Parser())
	c := next(t, s, "")
	buffer[3] = '2'
	if string(c.Documents[0].Data) != "a: 1" {
		t.Error("the provider can change a content that was returned")
	}
	if string(next(t, s, c.Revision).Documents[0].Data) != "a: 2" {
		t.Error("a change within the provider's buffer is not seen")
	}
}

// A file that is not there when the program starts, koanf's known trap: its provider keeps a lock
// when it is asked to watch.
func TestFileThatComesLate(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "late.yaml")
	s := koanf.New(file.Provider(name), kyaml.Parser(), koanf.PollInterval(5*time.Millisecond))
	c := next(t, s, "")
	if !c.Documents[0].Absent {
		t.Fatal("a file that is not there must be absent")
	}
	for range 3 {
		if err := os.WriteFile(name, []byte("a: 1"), 0o600); err != nil {
			t.Fatal(err)
		}
		for c = next(t, s, c.Revision); string(c.Documents[0].Data) != "a: 1"; { // koanf's provider may read it half written
			c = next(t, s, c.Revision)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if c = next(t, s, c.Revision); !c.Documents[0].Absent {
			t.Fatal("a file that was removed must be absent")
		}
	}
	if err := closeSource(s); err != nil {
		t.Error(err)
	}
}

// closeSource closes a source, as its config does.
func closeSource(s source.Source) error {
	c, ok := source.As[io.Closer](s)
	if !ok {
		return errors.New("the source has no Close")
	}
	return c.Close()
}
