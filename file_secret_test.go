package nacre_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/env"
)

type secretFiles struct {
	DB struct {
		DSN      nacre.Secret `config:"dsn" validate:"required"`
		CertFile string       `config:"cert_file"`
	} `config:"db"`
}

// A variable that ends in _FILE is a secret's file where no key has that name, and an ordinary
// value where one has; a rotated file is a new version.
func TestFilesOfSecretsFromTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	write := func(text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age) // at rest for long enough to be whole
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		write("one\n", time.Hour)
		cfg, err := nacre.OpenWith[secretFiles](t.Context(), quiet, env.New("APP", env.Environ(func() []string {
			return []string{"APP_DB_DSN_FILE=" + path, "APP_DB_CERT_FILE=/no/such.pem"}
		})))
		if err != nil {
			t.Fatal(err)
		}
		if c := cfg.Get(); c.DB.DSN.Reveal() != "one" || c.DB.CertFile != "/no/such.pem" {
			t.Errorf("dsn %q, cert_file %q", c.DB.DSN.Reveal(), c.DB.CertFile)
		}
		write("two\n", time.Minute)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := cfg.Get().DB.DSN.Reveal(); got != "two" {
			t.Errorf("after the file was rotated the secret is %q", got)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	})
}
