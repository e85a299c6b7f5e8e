package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/providers/file"
)

func TestAFolderIsItsFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	must(t, os.MkdirAll("conf.d/sub.yaml", 0o700))
	for _, name := range []string{
		"20-b.json", "10-a.yaml", "30-c.env", "25-x.toml", "27.properties", "05.yml",
		"README", "10-a.yaml~", "10-a.yaml.bak", ".10-a.yaml.swp", ".hidden.yaml", ".env", "#10-a.yaml#", "~a.yaml", "x.tmp",
		"10-a.yaml.rpmnew", "10-a.yaml.dpkg-dist", "4913", "sub.yaml/inside.yaml",
	} {
		write(t, filepath.Join("conf.d", name), []byte{})
	}
	must(t, os.Symlink(".#10-a.yaml", "conf.d/.#10-a.yaml"))
	must(t, os.Symlink("nowhere", "conf.d/99-dangling.yaml"))
	r := newReader(t, file.DirSource("conf.d", unpolled))
	want := "[conf.d/05.yml:yaml:0 conf.d/10-a.yaml:yaml:0 conf.d/20-b.json:json:0 conf.d/25-x.toml:toml:0 " +
		"conf.d/27.properties:properties:0 conf.d/30-c.env:dotenv:0 conf.d/99-dangling.yaml:absent]"
	if got := filepath.ToSlash(show(r.content(t))); got != want {
		t.Errorf("content is\n%s, want\n%s", got, want)
	}

	declared := newReader(t, file.DirSource("conf.d/sub.yaml", file.Format("toml"), unpolled))
	for _, name := range []string{"a", "b.yaml", "c~", "d.bak", ".e"} {
		write(t, filepath.Join("conf.d", "sub.yaml", name), []byte{})
	}
	want = "[conf.d/sub.yaml/a:toml:0 conf.d/sub.yaml/b.yaml:toml:0 conf.d/sub.yaml/inside.yaml:toml:0]"
	if got := filepath.ToSlash(show(declared.content(t))); got != want {
		t.Errorf("content with a declared format is\n%s, want\n%s", got, want)
	}
}

func TestFilesThatComeAndGoAreChanges(t *testing.T) {
	t.Chdir(t.TempDir())
	r := newReader(t, file.DirSource("conf.d", unpolled))
	expect := func(want string) {
		t.Helper()
		if got := filepath.ToSlash(show(r.content(t))); got != want {
			t.Fatalf("content is %s, want %s", got, want)
		}
	}
	expect("[conf.d:absent]")
	must(t, os.Mkdir("conf.d", 0o700))
	r.nothing(t, "there is a folder now, but nothing in it")
	must(t, replace("conf.d/b.yaml", []byte("b: 1")))
	expect("[conf.d/b.yaml:yaml:4]")
	must(t, replace("conf.d/a.json", []byte("{}")))
	expect("[conf.d/a.json:json:2 conf.d/b.yaml:yaml:4]")
	must(t, os.WriteFile("conf.d/b.yaml~", []byte("b: 0"), 0o600))
	must(t, os.WriteFile("conf.d/README", []byte("b: 0"), 0o600))
	r.nothing(t, "neither a backup nor a text is configuration")
	write(t, "conf.d/b.yaml", []byte("b: 10"))
	expect("[conf.d/a.json:json:2 conf.d/b.yaml:yaml:5]")
	must(t, os.Rename("conf.d/b.yaml", "conf.d/c.yaml"))
	expect("[conf.d/a.json:json:2 conf.d/c.yaml:yaml:5]")
	must(t, os.Remove("conf.d/a.json"))
	expect("[conf.d/c.yaml:yaml:5]")
	must(t, os.RemoveAll("conf.d"))
	expect("[conf.d:absent]")
	must(t, os.Mkdir("conf.d", 0o700))
	write(t, "conf.d/a.json", []byte("{}"))
	expect("[conf.d/a.json:json:2]")
}

func TestSeveralPathsKeepTheirOrderAndOptions(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.Mkdir("conf.d", 0o700))
	write(t, "conf.d/z.yaml", []byte("z: 1"))
	write(t, "shared", []byte("s: 1"))
	write(t, "base.yaml", []byte("b: 1"))
	s := file.NewSource("base.yaml", nil,
		file.WithDir("conf.d"),
		file.WithFile("local.toml"),
		file.WithFile("shared", file.Format("yaml"), file.AllowUnknown()),
	)
	if s.Name() != "base.yaml" {
		t.Errorf("Name is %q", s.Name())
	}
	r := newReader(t, s)
	c := r.content(t)
	want := "[base.yaml:yaml:4 conf.d/z.yaml:yaml:4 local.toml:absent shared:yaml:4]"
	if got := filepath.ToSlash(show(c)); got != want {
		t.Errorf("content is %s, want %s", got, want)
	}
	for _, d := range c.Documents {
		if d.AllowUnknown != (d.Name == "shared") {
			t.Errorf("AllowUnknown of %s is %v", d.Name, d.AllowUnknown)
		}
	}
}
