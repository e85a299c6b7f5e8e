package contexts_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/contexts"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return path
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"contexts: {a: {servers: [h:1], auth: {username: u, password: hunter2}}}":          "a password is never one of them",
		"contexts: {a: {servers: [h:1], auth: {username: u}}}":                             "auth needs one of",
		"contexts: {a: {servers: [h:1], auth: {username: u, password_env: A, exec: [b]}}}": "auth needs one of",
		"contexts: {a: {servers: [h:1], auth: {password_env: A}}}":                         "auth has no username",
		"contexts: {a: {servers: ['http://u:hunter2@h:1']}}":                               "user name or password in it",
		"contexts: {a: {endpoint: 'u:hunter2@h'}}":                                         "user name or password in it",
		"contexts: {a: {group: g}}":                                                        "servers and endpoint are both missing",
		"contexts: {a: {servers: [h:1], tls: {cert_file: c}}}":                             "both cert_file and key_file",
		"contexts: [":    "config.yaml",
		"contexts: text": "config.yaml",
	} {
		_, err := contexts.Load(write(t, text, 0o600))
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\n%v, want an error that says %q and shows no password", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "current: a\n", "contexts:\n"} {
		f, err := contexts.Load(write(t, text, 0o644))
		if err != nil || !f.Exists || len(f.Contexts) != 0 {
			t.Errorf("%q: %+v, %v", text, f, err)
		}
	}
	if f, err := contexts.Load(filepath.Join(t.TempDir(), "none")); err != nil || f.Exists {
		t.Errorf("a missing file: %+v, %v", f, err)
	}
	if _, err := contexts.Load(t.TempDir()); exit.Of(err) != exit.Usage {
		t.Errorf("a folder is loaded: %v", err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the file system has no such permissions")
	}
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o644: true, 0o622: false, 0o660: false, 0o602: false} {
		if _, err := contexts.Load(write(t, "", mode)); (err == nil) != fine {
			t.Errorf("a contexts file of mode %o: %v", mode, err)
		}
	}
	for mode, fine := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o444: false, 0o644: false, 0o660: false} {
		c := contexts.Context{Auth: &contexts.Auth{Username: "u", PasswordFile: write(t, "hunter2\n", mode)}}
		_, password, err := c.Credentials(t.Context(), "a", contexts.Process{})
		if (err == nil) != fine || fine && password != "hunter2" || !fine && exit.Of(err) != exit.Denied {
			t.Errorf("a password file of mode %o: %q, %v", mode, password, err)
		}
	}
}

func TestHelper(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the helpers are shell scripts")
	}
	for script, want := range map[string]string{
		`echo '{"username": "bob", "password": "pw"}'`: "bob/pw",
		`echo '{"password": "pw"}'`:                    "ann/pw", // of the context
		`echo '{"password": "'$NACRE_CONTEXT$X'"}'`:    "ann/prodx",
		`cat >/dev/null; echo '{"password": "pw"}'`:    "ann/pw",
		`echo hunter2`:               "not JSON",
		`echo '{"username": "bob"}'`: "lacks a username or a password",
		`echo hunter2 >&2; exit 3`:   "exit status 3",
	} {
		var errs bytes.Buffer
		c := contexts.Context{Auth: &contexts.Auth{Username: "ann", Exec: []string{"sh", "-c", script}}}
		user, password, err := c.Credentials(t.Context(), "prod", contexts.Process{Environ: append(os.Environ(), "X=x"), Err: &errs, In: strings.NewReader("in")})
		got := user + "/" + password
		if err != nil {
			got = err.Error()
			if exit.Of(err) != exit.Denied || strings.Contains(got, "hunter2") {
				t.Errorf("%s: %v, want exit code 4 and no output of the helper", script, err)
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// Save follows a link, as people keep such files in a repository of their own.
func TestSaveKeepsALink(t *testing.T) {
	t.Parallel()
	target := write(t, "# mine\ncontexts: {a: {servers: [h:1]}}\n", 0o600)
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	f, err := contexts.Load(link)
	if err != nil {
		t.Fatal(err)
	}
	f.Current = "a"
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(target)
	if info, _ := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || string(data) != "# mine\ncontexts: {a: {servers: ['h:1']}}\ncurrent: a\n" {
		t.Errorf("after Save the target has %q, error %v", data, err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("contexts: {a: {servers: [h:1]}}")
	f.Add("current: a\n# c\ncontexts:\n  a: &x {servers: [h:1]}\n  b: *x\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := contexts.Load(write(t, text, 0o600))
		if err != nil {
			return
		}
		file.Current = "new"
		file.Contexts["new"] = &contexts.Context{Servers: []string{"h:1"}}
		if err := file.Save(); err != nil {
			t.Fatal(err)
		}
		again, err := contexts.Load(file.Path)
		if err != nil || again.Current != "new" || len(again.Contexts) != len(file.Contexts) {
			t.Errorf("%q is saved as something else: %v", text, err)
		}
	})
}
