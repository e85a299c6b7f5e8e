package file_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// bound is how long a test waits for something that must happen. It says nothing about how fast it
// is.
const bound = 20 * time.Second

// quiet is how long a test watches that something does not happen.
const quiet = 250 * time.Millisecond

// body is a document of 204 lines that proves itself: its last line is the sum of those before.
func body(version int) []byte {
	if version < len(bodies()) {
		return bodies()[version]
	}
	return newBody(version)
}

var bodies = sync.OnceValue(func() [][]byte {
	all := make([][]byte, 201)
	for v := range all {
		all[v] = newBody(v)
	}
	return all
})

func newBody(version int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "version: %d\nport: %d\nname: \"orders %d\"\n", version, 10000+version, version)
	for i := range 200 {
		fmt.Fprintf(&b, "key%03d: value %d of %d\n", i, i, version)
	}
	sum := sha256.Sum256(b.Bytes())
	fmt.Fprintf(&b, "sum: %s\n", hex.EncodeToString(sum[:]))
	return b.Bytes()
}

// versionOf checks that data is a whole body and returns its version.
func versionOf(data []byte) (int, error) {
	head, tail, ok := bytes.Cut(data, []byte("sum: "))
	if !ok {
		return 0, fmt.Errorf("torn: %d bytes without their sum", len(data))
	}
	sum := sha256.Sum256(head)
	if string(tail) != hex.EncodeToString(sum[:])+"\n" {
		return 0, fmt.Errorf("torn: %d bytes that do not have their sum", len(data))
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return strconv.Atoi(string(bytes.TrimPrefix(line, []byte("version: "))))
}

// reader is always in Next, as the engine is: a change that is made between two calls would be
// found by the look with which each call begins, whether it was watched for or not.
type reader struct {
	s      *file.Source
	states chan state
	stop   context.CancelFunc
	ended  chan struct{}
}

// state is what one call of Next returned.
type state struct {
	content source.Content
	err     error
	at      time.Time
}

func newReader(t testing.TB, s *file.Source) *reader {
	t.Helper()
	r := &reader{s: s, states: make(chan state, 4000), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	go func() {
		defer close(r.ended)
		var prev source.Revision
		for {
			c, err := s.Next(ctx, prev)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				prev = c.Revision
			}
			r.states <- state{c, err, time.Now()}
			if source.KindOf(err) == source.Closed {
				return
			}
		}
	}()
	return r
}

// close ends the reader and its source. It may be called twice.
func (r *reader) close() error {
	r.stop()
	<-r.ended
	return r.s.Close()
}

// next returns the next state, or context.DeadlineExceeded if there is none in time.
func (r *reader) next(within time.Duration) (source.Content, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case st := <-r.states:
		if st.err == nil && st.content.Revision == "" {
			return st.content, errors.New("content without a revision")
		}
		return st.content, st.err
	case <-timer.C:
		return source.Content{}, context.DeadlineExceeded
	}
}

// content returns the next content.
func (r *reader) content(t testing.TB) source.Content {
	t.Helper()
	c, err := r.next(bound)
	if err != nil {
		t.Fatalf("Next: %v, want content", err)
	}
	return c
}

// data returns the bytes of the one document of the next content.
func (r *reader) data(t testing.TB) string {
	t.Helper()
	c := r.content(t)
	if len(c.Documents) != 1 || c.Documents[0].Absent {
		t.Fatalf("content is %s, want one document that is there", show(c))
	}
	return string(c.Documents[0].Data)
}

// version returns the version of the next content, whose documents must all be whole and of one
// version.
func (r *reader) version(t testing.TB) int {
	t.Helper()
	v, err := wholeVersion(r.content(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wholeVersion(c source.Content) (int, error) {
	version := -1
	for _, d := range c.Documents {
		if d.Absent {
			return 0, fmt.Errorf("%s is absent", d.Name)
		}
		v, err := versionOf(d.Data)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", d.Name, err)
		}
		if version >= 0 && v != version {
			return 0, fmt.Errorf("content is half of version %d and half of version %d", version, v)
		}
		version = v
	}
	return version, nil
}

// fails returns the next error.
func (r *reader) fails(t testing.TB, kind source.Kind) error {
	t.Helper()
	c, err := r.next(bound)
	if err == nil {
		t.Fatalf("Next: content %s, want an error of kind %v", show(c), kind)
	}
	if source.KindOf(err) != kind {
		t.Fatalf("Next: %v, want an error of kind %v", err, kind)
	}
	return err
}

// nothing checks that Next blocks.
func (r *reader) nothing(t testing.TB, why string) {
	t.Helper()
	if c, err := r.next(quiet); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Next: %s, %v, want nothing: %s", show(c), err, why)
	}
}

// show tells a content without its data.
func show(c source.Content) string {
	s := "["
	for i, d := range c.Documents {
		if i > 0 {
			s += " "
		}
		s += d.Name
		if d.Absent {
			s += ":absent"
		} else {
			s += ":" + d.Format + ":" + strconv.Itoa(len(d.Data))
		}
	}
	return s + "]"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o600))
}

// replace writes a new file and renames it over path.
func replace(path string, data []byte) error {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// mount is a folder as Kubernetes projects a ConfigMap: app.yaml -> ..data/app.yaml, ..data -> ..N.
type mount struct {
	dir   string
	files []string
	old   string
	n     int
}

func newMount(t testing.TB, files ...string) *mount {
	t.Helper()
	m := &mount{dir: t.TempDir(), files: files}
	for _, f := range files {
		must(t, os.Symlink(filepath.Join("..data", f), filepath.Join(m.dir, f)))
	}
	return m
}

// swap puts version in all files at once; remove says whether the folder of the version before
// goes.
func (m *mount) swap(version int, remove bool) error {
	contents := make([][]byte, len(m.files))
	for i := range contents {
		contents[i] = body(version)
	}
	return m.project(remove, contents...)
}

// project puts contents in the files, all at once.
func (m *mount) project(remove bool, contents ...[]byte) error {
	m.n++
	name := fmt.Sprintf("..2026_11_23_%d", m.n)
	if err := os.Mkdir(filepath.Join(m.dir, name), 0o700); err != nil {
		return err
	}
	for i, f := range m.files {
		if err := os.WriteFile(filepath.Join(m.dir, name, f), contents[i], 0o600); err != nil {
			return err
		}
	}
	temp := filepath.Join(m.dir, "..data_tmp")
	if err := os.Symlink(name, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(m.dir, "..data")); err != nil {
		return err
	}
	if remove && m.old != "" {
		if err := os.RemoveAll(filepath.Join(m.dir, m.old)); err != nil {
			return err
		}
	}
	m.old = name
	return nil
}

// together runs trials at the same time: they mostly wait.
func together(t *testing.T, trials map[string]func() error) {
	t.Helper()
	results := make(chan error, len(trials))
	slots := make(chan struct{}, 20)
	for name, trial := range trials {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := trial(); err != nil {
				results <- fmt.Errorf("%s: %w", name, err)
				return
			}
			results <- nil
		}()
	}
	for range trials {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
