package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// A source is named after its first path, and its identity does not show the user's home folder.
func TestNameAndIdentity(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	must(t, os.MkdirAll(filepath.Join(home, "work"), 0o700))
	t.Chdir(filepath.Join(home, "work"))
	root := filepath.ToSlash(filepath.VolumeName(home))
	if root != "" {
		root = "/" + root
	}
	abs := func(path string) string { return filepath.FromSlash(filepath.VolumeName(home) + path) }
	for _, test := range []struct {
		s              source.Source
		name, identity string
	}{
		{file.New("app.yaml"), "app.yaml", "file:///~/work/app.yaml"},
		{file.New("./conf/../app.yaml"), "app.yaml", "file:///~/work/app.yaml"},
		{file.New("../app.yaml"), "app.yaml", "file:///~/app.yaml"},
		{file.Dir("conf.d/"), "conf.d", "file:///~/work/conf.d"},
		{file.Dir("."), "work", "file:///~/work"},
		{file.New(abs("/etc/orders/app.yaml")), "app.yaml", "file://" + root + "/etc/orders/app.yaml"},
		{file.New("a.yaml", file.WithFile("b.yaml"), file.WithDir("c")), "a.yaml", "file:///~/work/a.yaml?with=/~/work/b.yaml,/~/work/c"},
		{file.Dir(abs("/")), "file", "file://" + root + "/"},
		{file.New(""), "file", ""},
	} {
		if name, at := test.s.Name(), source.DescriptionOf(test.s).Identity; name != test.name || at != test.identity {
			t.Errorf("the name is %q and the identity %q, want %q and %q", name, at, test.name, test.identity)
		}
	}
}
