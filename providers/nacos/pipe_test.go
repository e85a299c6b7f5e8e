//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package nacos_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// What stands in the place of a password's or a certificate's file is a mistake, and nothing waits
// for it.
func TestAPipeInPlaceOfAFileIsAMistake(t *testing.T) {
	unset(t)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "endless")); err != nil {
		t.Fatal(err)
	}
	tls := func(ca, cert, key string) func() error {
		return func() error { _, err := nacos.TLSFromFiles(ca, cert, key); return err }
	}
	for _, path := range []string{pipe, filepath.Join(dir, "endless"), dir} {
		for what, use := range map[string]func() error{
			"password": func() error {
				t.Setenv("NACOS_SERVER_ADDR", "127.0.0.1:1")
				t.Setenv("NACOS_PASSWORD_FILE", path)
				c, err := nacos.NewClient(nacos.FromEnv())
				if err == nil {
					c.Close()
				}
				return err
			},
			"CA":          tls(path, "", ""),
			"certificate": tls("", path, path),
		} {
			done := make(chan error, 1)
			go func() { done <- use() }()
			select {
			case err := <-done:
				if source.KindOf(err) != source.InvalidArgument {
					t.Errorf("%s in place of the file of the %s: %v", filepath.Base(path), what, err)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s in place of the file of the %s holds the program up", filepath.Base(path), what)
			}
		}
	}
}
