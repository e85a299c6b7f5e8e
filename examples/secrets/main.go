// Command secrets shows references to secrets that are kept elsewhere, and encrypted documents. The
// secrets appear in no output of nacre.
//
//	go run ./examples/secrets
package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Config is the configuration of the service. A Secret prints as stars; Reveal returns its text.
type Config struct {
	DB struct {
		DSN nacre.Secret `config:"dsn" validate:"required"`
	} `config:"db"`
	Partner struct {
		URL   string `config:"url"`
		Token string `config:"token" secret:"true"` // a string that nacre does not show; your own code must not show it either
	} `config:"partner"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "secrets-")
	if err == nil {
		err = errors.Join(run(ctx, dir, os.Stdout), os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "secrets:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, out io.Writer) (err error) {
	// An orchestrator mounts a file for each secret.
	if err := os.WriteFile(filepath.Join(dir, "db-password"), []byte("correct horse\n"), 0o600); err != nil {
		return err
	}
	// Only services with the key can read this document.
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	box, err := newBox(key)
	if err != nil {
		return err
	}
	sealed, err := box.seal([]byte("partner: {url: 'https://partner.example', token: battery staple}\n"))
	if err != nil {
		return err
	}

	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
		Logger:           slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: withoutTimes})),
		LastKnownGoodDir: dir, LastKnownGoodKey: key, // with a remote layer, the last known good copy is encrypted too
	},
		nacre.Layer(memory.New("db.yaml", []byte("db:\n  dsn: postgres://orders:${file:db-password}@db/orders\n")), nacre.ResolveFiles(dir)),
		nacre.Layer(memory.New("partner.yaml", sealed), nacre.Decrypt(func(_ context.Context, d source.Document) ([]byte, error) { return box.open(d.Data) })),
	)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cfg.Close()) }()

	c := cfg.Get()
	fmt.Fprintf(out, "printed:  %v, and %d characters\n", c.DB.DSN, len(c.DB.DSN.Reveal()))
	for _, name := range []string{"db.dsn", "partner.url", "partner.token"} {
		x, err := cfg.Explain(name)
		if err != nil {
			return err
		}
		fmt.Fprint(out, "explain:  ", x)
	}
	// The error for a missing secret names its key and document. The service does not start.
	_, err = nacre.CheckWith[Config](ctx, nacre.Options{BootTimeout: 100 * time.Millisecond}, nacre.Layer(memory.New("db.yaml", []byte("db:\n  dsn: ${file:no-such}\n")), nacre.ResolveFiles(dir)))
	fmt.Fprintln(out, "missing: ", err)
	return nil
}

func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "took" || a.Key == "sum" {
		return slog.Attr{}
	}
	return a
}

// box encrypts documents with AES-256-GCM.
type box struct{ cipher.AEAD }

func newBox(key []byte) (box, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return box{aead}, err
}

func (b box) seal(plain []byte) ([]byte, error) { return b.Seal(nil, nil, plain, nil), nil }

func (b box) open(sealed []byte) ([]byte, error) {
	plain, err := b.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errors.New("it was not encrypted with the service's key")
	}
	return plain, nil
}
