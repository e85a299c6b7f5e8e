package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// unmeant are paths that nobody means as they stand, and what the error has to say.
var unmeant = map[string]string{
	"~/app.yaml":                    "os.UserHomeDir",
	"~":                             "os.UserHomeDir",
	"~/.config/orders/app.yaml":     "os.UserHomeDir",
	"~root/app.yaml":                "os.UserHomeDir",
	"conf/~/app.yaml":               "os.UserHomeDir",
	"$HOME/app.yaml":                "os.ExpandEnv",
	"${HOME}/app.yaml":              "os.ExpandEnv",
	"conf/$ENV.yaml":                "os.ExpandEnv",
	"conf/${ENV:-dev}.yaml":         "os.ExpandEnv",
	"$(pwd)/app.yaml":               "os.ExpandEnv",
	"$env:USERPROFILE/app.yaml":     "os.ExpandEnv",
	`%USERPROFILE%\app.yaml`:        "os.Getenv",
	"%ProgramFiles(x86)%/app.yaml":  "os.Getenv",
	"conf/*.yaml":                   "file.Dir",
	"conf/**/app.yaml":              "file.Dir",
	"conf/?.yaml":                   "file.Dir",
	"conf/{a,b}.yaml":               "file.Dir",
	"conf/[ab].yaml":                "file.Dir",
	"{{ .Values.path }}/app.yaml":   "file.Dir",
	" conf/app.yaml":                "remove",
	"conf/app.yaml ":                "remove",
	"conf/app.yaml\n":               "remove",
	"\tconf/app.yaml":               "remove",
	`"conf/app.yaml"`:               "remove",
	"'conf/app.yaml'":               "remove",
	"file:///etc/orders/app.yaml":   "without",
	"file:/etc/orders/app.yaml":     "without",
	"FILE://localhost/app.yaml":     "without",
	"https://example.com/app.yaml":  "source.Poll",
	"s3://bucket/orders/app.yaml":   "source.Poll",
	"git+ssh://example.com/a.yaml":  "source.Poll",
	"nacos://127.0.0.1/orders.yaml": "source.Poll",
}

// TestAPathThatCannotBeMeantIsAnError: it would be an absent file, and the service would run on
// defaults.
func TestAPathThatCannotBeMeantIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.Mkdir("conf", 0o700))
	for _, name := range []string{"conf/a.yaml", "conf/b.yaml", "conf/app.yaml", "app.yaml"} {
		write(t, name, []byte("a: 1\n"))
	}
	yaml := file.Format("yaml")
	var all sync.WaitGroup // at the same time: the kernel takes a while to close a watch
	for path, fix := range unmeant {
		all.Go(func() {
			for how, s := range map[string]*file.Source{
				"New":       file.NewSource(path, yaml),
				"Dir":       file.DirSource(path),
				"And":       file.NewSource("app.yaml", file.WithFile(path, yaml)),
				"AndDir":    file.NewSource("app.yaml", file.WithDir(path)),
				"no Format": file.NewSource(path),
			} {
				checkUnmeant(t, path, fix, how, s)
			}
		})
	}
	all.Wait()
}

func checkUnmeant(t *testing.T, path, fix, how string, s *file.Source) {
	t.Helper()
	_, err := s.Next(t.Context(), "")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	var se *source.Error
	switch {
	case !errors.As(err, &se) || se.Kind != source.InvalidArgument:
		t.Errorf("%s(%q): error is %v, want an invalid argument: nobody means this path", how, path, err)
	case se.Document != path || !strings.Contains(se.Fix, fix):
		t.Errorf("%s(%q): the error does not name the path and %s: %v", how, path, fix, err)
	}
}

// TestAPathThatMayBeMeantIsAbsent: nothing is wrong with it but that nothing stands there.
func TestAPathThatMayBeMeantIsAbsent(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.MkdirAll("conf/[slug]/{id}", 0o700))
	for _, path := range []string{
		"app.yaml", "./app.yaml", "../app.yaml", "none/app.yaml", "conf/app.yaml", "~app.yaml", "app~1.yaml", "conf/a~/app.yaml", "PROGRA~1/app.yaml",
		"conf/price$.yaml", "conf/$1.yaml", "c$/app.yaml", "conf/100%.yaml", "conf/a%20b.yaml", "conf/a b.yaml", "conf/my app.yaml",
		"conf/a{.yaml", "conf/a].yaml", "conf/a[b.yaml", "conf/[slug]/app.yaml", "conf/[slug]/{id}/app.yaml", "C:/app.yaml", "conf:/app.yaml",
		"conf/it's.yaml", "conf/a@b+c,d=e#f!.yaml", "größe.yaml", `a\b.yaml`, "'app.yaml",
	} {
		s := file.NewSource(path)
		c, err := s.Next(t.Context(), "")
		if err != nil || len(c.Documents) != 1 || !c.Documents[0].Absent {
			t.Errorf("%q: content is %s, %v, want an absent document", path, show(c), err)
		}
		must(t, s.Close())
	}
}

// TestAFileThatHasSuchANameIsRead: it exists, so that it is meant; once it was there, its absence
// is one like any other.
func TestAFileThatHasSuchANameIsRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names cannot be")
	}
	t.Chdir(t.TempDir())
	for _, path := range []string{
		"a*b.yaml", "[x].yaml", "{a,b}.yaml", "?.yaml", "$HOME/app.yaml", "~/app.yaml", "%TEMP%.yaml", " app.yaml", "file:/app.yaml", `"app.yaml"`,
	} {
		if dir := filepath.Dir(path); dir != "." {
			must(t, os.Mkdir(dir, 0o700))
		}
		write(t, path, []byte("a: 1\n"))
		r := newReader(t, file.NewSource(path, file.Format("yaml"), unpolled))
		if got := r.data(t); got != "a: 1\n" {
			t.Errorf("%q: content has %d bytes", path, len(got))
		}
		must(t, os.Remove(path))
		if c := r.content(t); !c.Documents[0].Absent {
			t.Errorf("%q: content is %s after the file was removed, want an absent document", path, show(c))
		}
		must(t, r.close())

		r = newReader(t, file.NewSource(path, file.Format("yaml"), unpolled))
		r.fails(t, source.InvalidArgument)
		write(t, path, []byte("a: 2\n"))
		if got := r.data(t); got != "a: 2\n" { // the error ends with its cause
			t.Errorf("%q: content has %d bytes", path, len(got))
		}
		must(t, r.close())
	}
}

// TestALinkThatHasSuchANameIsMeant although it leads nowhere yet.
func TestALinkThatHasSuchANameIsMeant(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names cannot be")
	}
	t.Chdir(t.TempDir())
	must(t, os.Symlink("nowhere.yaml", "*.yaml"))
	r := newReader(t, file.NewSource("*.yaml"))
	if c := r.content(t); !c.Documents[0].Absent {
		t.Errorf("content is %s, want an absent document", show(c))
	}
}

// FuzzPaths: any path is an absent document or an error of kind InvalidArgument with a fix, where
// nothing exists.
func FuzzPaths(f *testing.F) {
	for path := range unmeant {
		f.Add(path)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, path string) {
		path = filepath.Join(dir, "none") + "/" + strings.ReplaceAll(path, "..", "")
		s := file.NewSource(path, file.Format("yaml")).Force(file.Blind)
		defer s.Close()
		c, err := s.Next(t.Context(), "")
		var se *source.Error
		switch {
		case err == nil && len(c.Documents) == 1 && c.Documents[0].Absent:
		case errors.As(err, &se) && se.Kind == source.InvalidArgument && se.Fix != "":
		default:
			t.Errorf("%q: %s, %v", path, show(c), err)
		}
	})
}
