package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
)

func TestAFolderKeepsWhatWasExported(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	list := folder.List{Version: 1, Origin: "h:8848/public", Configs: []folder.Config{
		{Group: "..", DataID: "..", MD5: "x", Content: []byte("escapes\n")},
		{Group: "DEFAULT_GROUP", DataID: ".hidden", Content: []byte("a")},
		{Group: "DEFAULT_GROUP", DataID: "a:b.yaml", Type: "yaml", Description: "d: e", Tags: []string{"t"}, App: "app", Use: "u", Effect: "e", Schema: "s", DataKey: "k", Content: []byte("\xff\x00\r\n")},
		{Group: "G", DataID: "end.", Content: []byte("")},
	}}
	if err := folder.Write(dir, list); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("a config led out of the folder: %v, error %v", entries, err)
	}
	got, err := folder.Read(dir, "D")
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Configs {
		list.Configs[i].Listed = true
		if got.Configs[i].Content == nil {
			got.Configs[i].Content = []byte{}
		}
	}
	if !reflect.DeepEqual(got, list) {
		t.Errorf("read\n%+v\nwant\n%+v", got, list)
	}
	info, err := os.Stat(filepath.Join(dir, "G", "end%2E"))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file of a config, which may have secrets: %v, error %v, want only its owner to read it", info, err)
	}
	if err := folder.Write(dir, list); err != nil {
		t.Errorf("an export is not written over an older one: %v", err)
	}
}

func TestFilesWithoutAList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"DEFAULT_GROUP/a.yaml": "a: 1", "G/a%3Ab": "x", ".git/config": "no", "README.md": "no", "G/.swp": "no", "G/a~": "no", "G/#a#": "no", "G/4913": "no", "G/a.yaml___jb_tmp___": "no"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := folder.Read(dir, "D")
	if err != nil || len(got.Configs) != 2 || got.Configs[0].Name() != "DEFAULT_GROUP/a.yaml" || got.Configs[1].Name() != "G/a:b" {
		t.Errorf("the configs are %+v, error %v", got.Configs, err)
	}
	want := []string{
		".git: hidden", "G/#a#: a temporary file of an editor", "G/.swp: hidden", "G/4913: a temporary file of an editor",
		"G/a.yaml___jb_tmp___: a temporary file of an editor", "G/a~: a temporary file of an editor", "README.md: not in the folder of a group",
	}
	if slices.Sort(got.Ignored); !slices.Equal(got.Ignored, want) {
		t.Errorf("ignored are %q, want %q", got.Ignored, want)
	}
}

// A folder without folders of groups is that of one group, as nacre dev takes it.
func TestFlatFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b%3Ac", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("a: 1"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := folder.Read(dir, "D")
	if err != nil || len(got.Configs) != 2 || got.Configs[0].Name() != "D/a.yaml" || got.Configs[1].Name() != "D/b:c" {
		t.Errorf("the configs are %+v, error %v", got.Configs, err)
	}
}

// A config with a name of a temporary file is read again by what has exported it.
func TestListedFilesAreConfigs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := folder.Write(dir, folder.List{Configs: []folder.Config{{Group: "G", DataID: "a.tmp", Content: []byte("x")}}}); err != nil {
		t.Fatal(err)
	}
	if got, err := folder.Read(dir, "D"); err != nil || len(got.Configs) != 1 || len(got.Ignored) != 0 {
		t.Errorf("the configs are %+v, ignored %q, error %v", got.Configs, got.Ignored, err)
	}
}

func TestFoldersThatAreRefused(t *testing.T) {
	t.Parallel()
	full, broken, empty := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, folder.ListName), []byte("version: 2\norigin: x\nconfigs: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"writing to a folder with other files": {folder.Write(full, folder.List{}), "not empty"},
		"configs that differ in case":          {folder.Write(filepath.Join(empty, "new"), folder.List{Configs: []folder.Config{{Group: "g", DataID: "a"}, {Group: "g", DataID: "A"}}}), "differ only in upper and lower case"},
		"a list of a newer version":            {second(folder.Read(broken, "D")), "version 2"},
		"an empty folder":                      {second(folder.Read(empty, "D")), "no configs"},
		"no folder":                            {second(folder.Read(filepath.Join(empty, "missing"), "D")), "missing"},
	} {
		var coded *exit.Error
		if !errors.As(c.err, &coded) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with a code that says %q", name, c.err, c.want)
		}
	}
}

func second(_ folder.List, err error) error { return err }

func FuzzNames(f *testing.F) {
	f.Add("..", "../../etc/passwd")
	f.Add("DEFAULT_GROUP", "a:b%41")
	f.Fuzz(func(t *testing.T, group, dataID string) {
		file := folder.Config{Group: group, DataID: dataID}.File()
		if group == "" || dataID == "" {
			return
		}
		if !filepath.IsLocal(file) || strings.Count(file, "/") != 1 || strings.Contains(file, `\`) {
			t.Errorf("the file of %q/%q is %q, which is not in the folder of a group", group, dataID, file)
		}
	})
}
