package contexts_test

import (
	"bytes"
	"fmt"
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
		"contexts: {a: {servers: [h:1], auth: {username: u, password: hunter2}}}":                                  "a password is never one of them",
		"contexts: {a: {servers: [h:1], auth: {username: u}}}":                                                     "auth needs one of",
		"contexts: {a: {servers: [h:1], auth: {username: u, password_env: A, exec: [b]}}}":                         "auth needs one of",
		"contexts: {a: {servers: [h:1], auth: {password_env: A}}}":                                                 "auth has no username",
		"contexts: {a: {servers: [h:1], auth: {access_key: {id: I}, exec: [b]}}}":                                  "auth needs one of",
		"contexts: {a: {servers: [h:1], auth: {access_key: {secret_env: A}}}}":                                     "access_key needs one of id, id_env and id_file",
		"contexts: {a: {servers: [h:1], auth: {access_key: {id: I, id_env: A}}}}":                                  "access_key needs one of id, id_env and id_file",
		"contexts: {a: {servers: [h:1], auth: {access_key: {id: I}}}}":                                             "access_key needs one of secret_env and secret_file",
		"contexts: {a: {servers: [h:1], auth: {access_key: {id: I, secret: hunter2}}}}":                            "secret",
		"contexts: {a: {servers: [h:1], auth: {access_key: {id: I, secret_env: A, token_env: A, token_file: f}}}}": "access_key has both token_env and token_file",
		"contexts: {a: {servers: [h:1], auth: {username: u, access_key: {id: I, secret_env: A}}}}":                 "both a username and an access_key",
		"contexts: {a: {servers: ['http://u:hunter2@h:1']}}":                                                       "user name or password in it",
		"contexts: {a: {endpoint: 'u:hunter2@h'}}":                                                                 "user name or password in it",
		"contexts: {a: {group: g}}":                            "servers and endpoint are both missing",
		"contexts: {a: {servers: [h:1], tls: {cert_file: c}}}": "both cert_file and key_file",
		"contexts: [":    "config.yaml",
		"contexts: text": "config.yaml",
	} {
		_, err := contexts.Load(write(t, text, 0o600))
		if exit.Of(err) != exit.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
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
		got, err := c.Credentials(t.Context(), "a", contexts.Process{})
		if (err == nil) != fine || fine && got.Password != "hunter2" || !fine && exit.Of(err) != exit.Denied {
			t.Errorf("a password file of mode %o: %q, %v", mode, got.Password, err)
		}
	}
}

func TestHelper(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the helpers are shell scripts")
	}
	for script, want := range map[string]string{
		`echo '{"username": "bob", "password": "pw"}'`:                                           "bob/pw",
		`echo '{"password": "pw"}'`:                                                              "ann/pw", // of the context
		`echo '{"password": "'$NACRE_CONTEXT$X'"}'`:                                              "ann/prodx",
		`cat >/dev/null; echo '{"password": "pw"}'`:                                              "ann/pw",
		`echo '{"access_key": "ak", "secret_key": "sk", "security_token": "st", "region": "r"}'`: "{ak sk st r}",
		`echo '{"access_key": "ak", "secret_key": "sk"}'`:                                        "{ak sk  }",
		`echo '{"access_key": "ak", "password": "hunter2"}'`:                                     "lacks an access_key or a secret_key",
		`echo hunter2`:               "not JSON",
		`echo '{"username": "bob"}'`: "lacks a username or a password",
		`echo hunter2 >&2; exit 3`:   "exit status 3",
	} {
		var errs bytes.Buffer
		c := contexts.Context{Auth: &contexts.Auth{Username: "ann", Exec: []string{"sh", "-c", script}}}
		found, err := c.Credentials(t.Context(), "prod", contexts.Process{Environ: append(os.Environ(), "X=x"), Err: &errs, In: strings.NewReader("in")})
		got := found.Username + "/" + found.Password
		if found.Key != nil {
			key, _ := found.Key()
			got = fmt.Sprint(key)
		}
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

// The parts of an access key are in variables or files, and a file is read again when the key
// changes.
func TestAccessKey(t *testing.T) {
	t.Parallel()
	get := func(name string) string {
		return map[string]string{"ID": "env-id", "SK": "env-secret", "ST": "env-token"}[name]
	}
	secret := write(t, "file-secret\n", 0o600)
	for name, c := range map[string]struct {
		key  contexts.AccessKey
		want string
	}{
		"permanent":        {contexts.AccessKey{ID: "id", SecretEnv: "SK", Region: "cn-hangzhou"}, "{id env-secret  cn-hangzhou}"},
		"temporary":        {contexts.AccessKey{IDEnv: "ID", SecretEnv: "SK", TokenEnv: "ST"}, "{env-id env-secret env-token }"},
		"files":            {contexts.AccessKey{IDFile: write(t, "file-id", 0o600), SecretFile: secret, TokenFile: write(t, "file-token\r\n", 0o600)}, "{file-id file-secret file-token }"},
		"no such variable": {contexts.AccessKey{ID: "id", SecretEnv: "NONE"}, "context a: variable NONE, which has the secret key, is not set"},
		"no token":         {contexts.AccessKey{ID: "id", SecretEnv: "SK", TokenEnv: "NONE"}, "variable NONE, which has the security token, is not set"},
		"no such file":     {contexts.AccessKey{ID: "id", SecretFile: "none"}, "context a: secret key file: "},
		"an empty file":    {contexts.AccessKey{ID: "id", SecretFile: write(t, "\n", 0o600)}, "the file is empty"},
	} {
		found, err := (&contexts.Context{Auth: &contexts.Auth{AccessKey: &c.key}}).Credentials(t.Context(), "a", contexts.Process{Get: get})
		var got string
		if err == nil {
			key, _ := found.Key()
			got = fmt.Sprint(key)
		} else if got = err.Error(); exit.Of(err) != exit.Denied {
			t.Errorf("%s: exit code %d", name, exit.Of(err))
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	found, err := (&contexts.Context{Auth: &contexts.Auth{AccessKey: &contexts.AccessKey{ID: "id", SecretFile: secret}}}).Credentials(t.Context(), "a", contexts.Process{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, []byte("newer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := found.Key(); err != nil || key.Secret != "newer" {
		t.Errorf("after a change of the file the secret is %q, %v", key.Secret, err)
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
