// Command modproxy writes a folder that serves as a Go module proxy for one version of the module
// in a git repository, with the files that a proxy of the network would serve for a tag on that
// revision: nested modules are left out. With -module it does so for one of the nested modules.
//
//	modproxy -dir REPOSITORY -revision HEAD -module FOLDER -version v0.1.0 -out FOLDER
//
// Use the folder with GOPROXY=file://FOLDER.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	dir := flag.String("dir", ".", "folder of the repository, with the go.mod of the module")
	revision := flag.String("revision", "HEAD", "revision to serve")
	nested := flag.String("module", "", "folder of a nested module in the repository, such as observe/promobserve")
	version := flag.String("version", "", "version to serve it as")
	out := flag.String("out", "", "folder of the proxy")
	flag.Parse()
	if err := write(*dir, *revision, *nested, *version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "modproxy:", err)
		os.Exit(1)
	}
}

func write(dir, revision, nested, version, out string) (err error) {
	text, err := exec.CommandContext(context.Background(), "git", "-C", dir, "show", revision+":"+path.Join(nested, "go.mod")).Output()
	if err != nil {
		return fmt.Errorf("%s of %s: %w", path.Join(nested, "go.mod"), revision, err)
	}
	m := module.Version{Path: modfile.ModulePath(text), Version: version}
	if err := module.Check(m.Path, m.Version); err != nil {
		return err
	}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	folder := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": text} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(folder, version+".zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return zip.CreateFromVCS(f, m, dir, revision, nested)
}
