package nacos_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

// A password that rotates takes effect without a restart, whichever of server and file changes
// first, and no error or event shows it.
func TestAPasswordFileIsReadForEveryLogin(t *testing.T) {
	t.Parallel()
	const first, second, third = "canary-1", "canary-2", "canary-3"
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write(first + "\r\n")
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{{Name: "app", Password: first}}})
	if err := srv.Put("", group, "x.yaml", "v: 0"); err != nil {
		t.Fatal(err)
	}
	cfg := config(srv)
	cfg.Username, cfg.PasswordFile = "app", file
	log := newEvents()
	c := newClient(t, cfg, log.hook())
	r := follow(t, c.Config("x.yaml"))
	r.until("v: 0")
	publish := func(text string) error { return c.Publish(within(t), "x.yaml", []byte(text)) }

	write(second + "\n") // before the server knows it: the token is still good
	if err := publish("v: 1"); err != nil {
		t.Errorf("after the file changed: %v", err)
	}
	srv.Faults().ChangePassword("app", second)
	if err := publish("v: 2"); err != nil {
		t.Errorf("after file and server changed: %v", err)
	}
	r.until("v: 2")

	srv.Faults().ChangePassword("app", third) // before the file has it
	for _, content := range []string{second, ""} {
		write(content)
		if err := publish("v: 3"); !errors.Is(err, nacos.BadCredentials) {
			t.Errorf("while the file has an old password or none: %v, want %v", err, nacos.BadCredentials)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
	write(third)
	if err := srv.Put("", group, "x.yaml", "v: 4"); err != nil {
		t.Fatal(err)
	}
	r.until("v: 4") // without a restart
	for _, e := range log.list(nacos.EventLoginFailed) {
		if strings.Contains(e.Err.Error(), "canary") {
			t.Errorf("an event shows a password: %v", e.Err)
		}
	}
}

func TestPasswordFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  nacos.Config
		want string
	}{
		"missing":        {nacos.Config{Username: "app", PasswordFile: filepath.Join(t.TempDir(), "canary")}, "password file cannot be read"},
		"a folder":       {nacos.Config{Username: "app", PasswordFile: t.TempDir()}, "password file cannot be read"},
		"empty":          {nacos.Config{Username: "app", PasswordFile: empty}, "password file is empty"},
		"with another":   {nacos.Config{Username: "app", PasswordFile: empty, Password: nacos.NewPassword("canary")}, "password and password file are both set"},
		"without a user": {nacos.Config{PasswordFile: empty}, "one of user name and password is missing"},
	} {
		test.cfg.Servers = []string{"127.0.0.1:1"}
		_, err := nacos.NewClient(test.cfg)
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want an error of kind InvalidArgument with %q", name, err, test.want)
		}
	}
}
