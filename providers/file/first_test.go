package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// choices returns three paths in folders of their own.
func choices(t *testing.T) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"work", "home", "etc"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		paths = append(paths, filepath.Join(dir, name, "app.yaml"))
	}
	return paths
}

func TestFirstTakesTheFirstThatExists(t *testing.T) {
	t.Parallel()
	paths := choices(t)
	write(t, paths[1], []byte("a: 1"))
	write(t, paths[2], []byte("a: 2"))
	c := newReader(t, file.FirstSource(paths)).content(t)
	if len(c.Documents) != 1 || c.Documents[0].Name != paths[1] || string(c.Documents[0].Data) != "a: 1" || c.Documents[0].Location != paths[1] {
		t.Errorf("the content is %s, want that of %s alone", show(c), paths[1])
	}
}

// TestFirstChoosesOnce holds that a running service keeps its file: neither a file that appears
// before it nor its own deletion gives the service another one.
func TestFirstChoosesOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{file.AsIs, file.Windows, file.Blind} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			paths := choices(t)
			write(t, paths[1], []byte("a: 1"))
			write(t, paths[2], []byte("a: 2"))
			r := newReader(t, file.FirstSource(paths, file.PollInterval(20*time.Millisecond)).Force(mode))
			r.data(t)
			write(t, paths[0], []byte("a: 0"))
			r.nothing(t, "a file that appears earlier in the list has no effect before the next start")
			must(t, os.Remove(paths[1]))
			c := r.content(t)
			if len(c.Documents) != 1 || !c.Documents[0].Absent || c.Documents[0].Name != paths[1] {
				t.Fatalf("after the deletion of the chosen file the content is %s, want it to be absent", show(c))
			}
			r.nothing(t, "no other file takes the place of the chosen one")
			must(t, replace(paths[1], []byte("a: 3")))
			if got := r.data(t); got != "a: 3" {
				t.Errorf("the chosen file that returns is read as %q", got)
			}
		})
	}
}

func TestFirstWithoutAFile(t *testing.T) {
	t.Parallel()
	paths := choices(t)
	must(t, os.RemoveAll(filepath.Dir(paths[0])))
	r := newReader(t, file.FirstSource(paths))
	d := r.content(t).Documents[0]
	if !d.Absent || d.Optional || source.KindOf(d.AbsentErr) != source.NotFound {
		t.Fatalf("the document is %+v, want one that is absent, and that a config needs", d)
	}
	for _, path := range paths {
		if !strings.Contains(d.AbsentErr.Error(), path) {
			t.Errorf("the error does not list %s: %v", path, d.AbsentErr)
		}
	}
	must(t, os.Mkdir(filepath.Dir(paths[0]), 0o700))
	r.nothing(t, "the folder of a file is not the file")
	must(t, replace(paths[2], []byte("a: 2")))
	if got := r.data(t); got != "a: 2" {
		t.Errorf("the first file that appears is read as %q", got)
	}
}

func TestFirstSkipsOnlyWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		kind source.Kind
	}{
		"a folder":  {func(t *testing.T, path string) { t.Helper(); must(t, os.Mkdir(path, 0o700)) }, source.InvalidArgument},
		"a loop":    {func(t *testing.T, path string) { t.Helper(); must(t, os.Symlink("app.yaml", path)) }, source.InvalidArgument},
		"too large": {func(t *testing.T, path string) { t.Helper(); write(t, path, make([]byte, 200)) }, source.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			paths := choices(t)
			write(t, paths[1], []byte("a: 1"))
			c.make(t, paths[0])
			err := newReader(t, file.FirstSource(paths, file.MaxSize(100))).fails(t, c.kind)
			if !strings.Contains(err.Error(), paths[0]) {
				t.Errorf("the error does not name %s: %v", paths[0], err)
			}
		})
	}
}

// An empty file exists; a link without a target is like a file that does not.
func TestFirstAndEdges(t *testing.T) {
	t.Parallel()
	paths := choices(t)
	must(t, os.Symlink("nothing.yaml", paths[0]))
	write(t, paths[1], nil)
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(paths[1], old, old))
	if c := newReader(t, file.FirstSource(paths)).content(t); len(c.Documents) != 1 || c.Documents[0].Name != paths[1] || c.Documents[0].Absent {
		t.Errorf("the content is %s, want the empty file at %s", show(c), paths[1])
	}
}

func TestFirstWithMoreFiles(t *testing.T) {
	t.Parallel()
	paths := choices(t)
	more := filepath.Join(filepath.Dir(paths[0]), "more.json")
	write(t, paths[1], []byte("a: 1"))
	write(t, more, []byte("{}"))
	c := newReader(t, file.FirstSource(paths, file.AllowUnknown(), file.WithFile(more))).content(t)
	if len(c.Documents) != 2 || c.Documents[0].Name != paths[1] || !c.Documents[0].AllowUnknown || c.Documents[1].Name != more || c.Documents[1].AllowUnknown {
		t.Errorf("the content is %s, want the chosen file and the other one", show(c))
	}
}

func TestFirstMistakes(t *testing.T) {
	t.Parallel()
	paths := choices(t)
	write(t, paths[0], []byte("a: 0"))
	write(t, paths[1]+".unknown", []byte("a: 1"))
	for _, c := range []struct {
		paths []string
		opts  []file.Option
		want  string
	}{
		{nil, nil, "file.First has no paths"},
		{[]string{paths[0], ""}, nil, "the path is empty"},
		{[]string{paths[0], "~/.config/app.yaml"}, nil, `nacre does not expand "~"`},
		{[]string{"$HOME/app.yaml", paths[0]}, nil, `nacre does not expand "$"`},
		{[]string{paths[0], paths[1] + ".unknown"}, nil, "the extension does not name a format"},
		{[]string{paths[0], paths[1]}, []file.Option{file.Format("yml")}, "the format is unknown"},
	} {
		_, err := file.First(c.paths, c.opts...).Next(t.Context(), "")
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("First(%q) returns %v, want InvalidArgument: %s", c.paths, err, c.want)
		}
	}
	r := newReader(t, file.FirstSource([]string{paths[0], paths[1] + ".unknown"}, file.Format(source.FormatYAML)))
	if got := r.data(t); got != "a: 0" {
		t.Errorf("with a format, the file is read as %q", got)
	}
}

func ExampleFirst() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	home, etc := filepath.Join(dir, "home", "orders.yaml"), filepath.Join(dir, "orders.yaml")
	if err := os.WriteFile(etc, []byte("port: 80\n"), 0o600); err != nil {
		panic(err)
	}

	layer := file.First([]string{home, etc})
	defer layer.(io.Closer).Close() // Open does this
	content, err := layer.Next(context.Background(), "")
	fmt.Println(content.Documents[0].Name == etc, err)
	// Output: true <nil>
}
