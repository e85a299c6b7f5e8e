package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/a.yaml", []byte("a: 1\n"))
	write(t, dir+"/long.yaml", []byte(strings.Repeat("x", 101)))
	must(t, os.Mkdir(dir+"/folder.yaml", 0o700))
	must(t, os.Symlink("loop2.yaml", dir+"/loop1.yaml"))
	must(t, os.Symlink("loop1.yaml", dir+"/loop2.yaml"))
	cases := map[string]struct {
		s     *file.Source
		kind  source.Kind
		names string
	}{
		"no path":                  {file.NewSource(""), source.InvalidArgument, ""},
		"unknown extension":        {file.NewSource(dir + "/app.conf"), source.InvalidArgument, "app.conf"},
		"unknown extension in And": {file.NewSource(dir+"/a.yaml", file.WithFile(dir+"/app.conf")), source.InvalidArgument, "app.conf"},
		"unknown format":           {file.NewSource(dir+"/a.yaml", file.Format("yml")), source.InvalidArgument, "a.yaml"},
		"empty format":             {file.DirSource(dir, file.Format("")), source.InvalidArgument, filepath.Base(dir)},
		"impossible path":          {file.NewSource(dir + "/a\x00.yaml"), source.InvalidArgument, "a\x00.yaml"},
		"too long a name":          {file.NewSource(dir + "/" + strings.Repeat("n", 300) + ".yaml"), source.InvalidArgument, "nnn"},
		"a folder as file":         {file.NewSource(dir + "/folder.yaml"), source.InvalidArgument, "folder.yaml"},
		"a file as folder":         {file.DirSource(dir + "/a.yaml"), source.InvalidArgument, "a.yaml"},
		"a loop of links":          {file.NewSource(dir + "/loop1.yaml"), source.InvalidArgument, "loop1.yaml"},
		"a device":                 {file.NewSource(os.DevNull, file.Format("yaml")), source.InvalidArgument, os.DevNull},
		"more than the maximum":    {file.NewSource(dir+"/long.yaml", file.MaxSize(100)), source.TooLarge, "long.yaml"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, c.s)
			err := r.fails(t, c.kind)
			if !strings.Contains(err.Error(), c.names) {
				t.Errorf("the error does not name %q: %v", c.names, err)
			}
			var se *source.Error
			if !errors.As(err, &se) || se.Fix == "" {
				t.Errorf("the error does not say what to do: %v", err)
			}
			if strings.Contains(err.Error(), "xxxx") {
				t.Errorf("the error carries content: %v", err)
			}
			r.nothing(t, "the same error twice wakes nobody")
		})
	}
}

func TestErrorsEndWithTheirCause(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, []byte("a: 10000000000\n"))
	r := newReader(t, file.NewSource(path, unpolled, file.MaxSize(10)))
	r.fails(t, source.TooLarge)
	write(t, path, []byte("a: 1\n"))
	if got := r.data(t); got != "a: 1\n" {
		t.Fatalf("content has %d bytes", len(got))
	}
	write(t, path, []byte("a: 1000000000\n"))
	r.fails(t, source.TooLarge)
	write(t, path, []byte("a: 1\n"))
	if got := r.data(t); got != "a: 1\n" { // the same as before the error, and news all the same
		t.Fatalf("content has %d bytes", len(got))
	}
	must(t, os.Remove(path))
	if d := r.content(t).Documents[0]; !d.Absent {
		t.Errorf("a file that was removed is %+v, want absent", d)
	}
}

func TestAMissingFileIsAbsentAndNotEmpty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	r := newReader(t, file.NewSource(path))
	absent := r.content(t)
	if len(absent.Documents) != 1 || !absent.Documents[0].Absent || absent.Documents[0].Name != path {
		t.Fatalf("content is %s, want one absent document", show(absent))
	}
	write(t, path, nil)
	empty := r.content(t)
	if empty.Documents[0].Absent || len(empty.Documents[0].Data) != 0 {
		t.Fatalf("content is %s, want one empty document", show(empty))
	}
	if absent.Revision == empty.Revision {
		t.Error("absent and empty have one revision")
	}
}

func TestRevisionsAreThoseOfTheContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/app.yaml", body(1))
	first := newReader(t, file.NewSource(dir+"/app.yaml"))
	second := newReader(t, file.NewSource(dir+"/app.yaml"))
	one := first.content(t).Revision
	if two := second.content(t).Revision; two != one {
		t.Errorf("two sources of one file have revisions %s and %s", one, two)
	}
	write(t, dir+"/app.yaml", body(2))
	if two := first.content(t).Revision; two == one {
		t.Error("another content has the same revision")
	}
	write(t, dir+"/app.yaml", body(1))
	if three := first.content(t).Revision; three != one {
		t.Error("the same content as before has another revision")
	}
}

func TestNextEndsPromptly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(1))
	for _, mode := range append(modes, file.Blind) {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := file.NewSource(path, unpolled).Force(mode)
			c, err := s.Next(t.Context(), "")
			must(t, err)
			ends := map[string]struct {
				end  func(cancel func())
				want func(error) bool
			}{
				"its context": {func(cancel func()) { cancel() }, func(err error) bool { return errors.Is(err, context.Canceled) }},
				"Close":       {func(func()) { _ = s.Close() }, func(err error) bool { return source.KindOf(err) == source.Closed }},
			}
			for _, by := range []string{"its context", "Close"} {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				ended := make(chan error, 1)
				go func() {
					_, err := s.Next(ctx, c.Revision)
					ended <- err
				}()
				time.AfterFunc(20*time.Millisecond, func() { ends[by].end(cancel) })
				select {
				case err := <-ended:
					if !ends[by].want(err) {
						t.Errorf("Next that was ended by %s: %v", by, err)
					}
				case <-time.After(bound):
					t.Fatalf("Next does not end with %s", by)
				}
			}
			if _, err := s.Next(t.Context(), ""); source.KindOf(err) != source.Closed {
				t.Errorf("a new Next after Close: %v", err)
			}
			must(t, s.Close())
		})
	}
}

// The documents say which of them a config needs, and what is missing.
func TestAbsentDocumentsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/empty", 0o700))
	for name, c := range map[string]struct {
		s    *file.Source
		want []string // of each document: what its error says, or "" for one that may be missing
	}{
		"a file":                 {file.NewSource(dir + "/none.yaml"), []string{"create it at " + dir + "/none.yaml"}},
		"a folder":               {file.DirSource(dir + "/none"), []string{"create " + dir + "/none with a file in it"}},
		"an empty folder":        {file.DirSource(dir + "/empty"), []string{"has no file of a known extension"}},
		"files that add to one":  {file.NewSource(dir+"/none.yaml", file.WithFile(dir+"/more.yaml"), file.WithDir(dir+"/empty")), []string{"file does not exist", "", ""}},
		"a file beside a folder": {file.DirSource(dir+"/none", file.WithFile(dir+"/more.yaml")), []string{"folder does not exist", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs := newReader(t, c.s).content(t).Documents
			if len(docs) != len(c.want) {
				t.Fatalf("there are %d documents, want %d", len(docs), len(c.want))
			}
			for i, d := range docs {
				if !d.Absent || d.Optional != (c.want[i] == "") || source.KindOf(d.AbsentErr) != source.NotFound ||
					!strings.Contains(d.AbsentErr.Error(), c.want[i]) || !strings.Contains(d.AbsentErr.Error(), "nacre.AbsentOK()") {
					t.Errorf("document %d is %+v, want one whose error says %q", i, d, c.want[i])
				}
			}
		})
	}
}
