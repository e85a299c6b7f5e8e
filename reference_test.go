package nacre_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// referring is a config of one layer that may refer.
func referring(t *testing.T, o nacre.Options, text string, options ...nacre.LayerOption) (*nacre.Config[deriveConfig], *memory.Source, error) {
	t.Helper()
	m := memoryLayer("config.yaml", text)
	cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, nacre.Layer(m, options...))
	if err == nil {
		t.Cleanup(func() { _ = cfg.Close() })
	}
	return cfg, m, err
}

func TestReferences(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte("p4ss-canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("outside-canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NACRE_TEST_NAMED", "env-canary")
	t.Setenv("NACRE_TEST_OTHER", "other-canary")
	options := []nacre.LayerOption{nacre.ResolveFiles(dir), nacre.ResolveEnv("NACRE_TEST_NAMED", "NACRE_TEST_NONE")}
	for text, want := range map[string]string{
		"postgres://u:${file:password}@db":                "postgres://u:p4ss-canary@db",
		"${file:" + dir + "/password}":                    "p4ss-canary",
		"${env:NACRE_TEST_NAMED}-${env:NACRE_TEST_NAMED}": "env-canary-env-canary",
		"$${env:NACRE_TEST_NAMED}":                        "${env:NACRE_TEST_NAMED}",
		"$$${env:NACRE_TEST_NAMED}":                       "$${env:NACRE_TEST_NAMED}",
		"${HOME}/x ${ } $5 ${open":                        "${HOME}/x ${ } $5 ${open",
	} {
		cfg, _, err := referring(t, quiet, fmt.Sprintf("db: %q", text), options...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := cfg.Get().DB; got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		// What it stands for is shown nowhere, though the field is no secret.
		x, err := cfg.Explain("db")
		if err != nil || strings.Contains(x.String(), "canary") {
			t.Errorf("Explain shows what a reference stands for: %s", x)
		}
	}
	for text, want := range map[string]string{
		"${file:none}":             "no such file",
		"${file:../x}":             "not in the folder",
		"${file:link}":             "escapes",
		"${file:" + outside + "}":  "not in the folder",
		"${env:NACRE_TEST_OTHER}":  "not among those",
		"${env:NACRE_TEST_NONE}":   "not set",
		"${vault:x}":               "scheme has no resolver; the schemes are env, file",
		"${file:none} ${env:NONE}": "no such file",
	} {
		var err error
		synctest.Test(t, func(t *testing.T) { // Open tries for BootTimeout
			_, _, err = referring(t, quiet, fmt.Sprintf("other: 1\ndb: %q", text), options...)
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "config.yaml:2:") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error is %v, want the line and %q", text, err, want)
		}
	}
	// Of a secret field not even what stands around the reference.
	cfg, _, err := referring(t, quiet, `token: "canary-${env:NACRE_TEST_NAMED}"`, options...)
	if err != nil || cfg.Get().Token.Reveal() != "canary-env-canary" {
		t.Fatalf("a reference in a secret: %v", err)
	}
	if x, err := cfg.Explain("token"); err != nil || strings.Contains(x.String(), "canary") {
		t.Errorf("Explain shows a part of a secret: %s", x)
	}
	// Nobody has asked for references.
	if cfg, _, err := referring(t, quiet, `db: "${file:password}"`); err != nil || cfg.Get().DB != "${file:password}" {
		t.Errorf("a layer without resolvers: %v, %v", cfg, err)
	}
}

// What a reference stands for is in no log, event, report or error.
func TestWhatAReferenceStandsForIsNeverShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := nacre.Options{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		resolve := func(_ context.Context, name string) (string, error) { return "canary-" + name, nil }
		cfg, m, err := referring(t, o, `db: "${vault:one}"`, nacre.Resolve("vault", resolve))
		if err != nil {
			t.Fatal(err)
		}
		nacre.Subscribe(cfg, func(c *deriveConfig) string { return c.DB }, func(_ context.Context, ch nacre.Change[string]) error {
			return errors.New("cannot use " + ch.New)
		})
		if _, err := nacre.Derive(t.Context(), cfg, func(c *deriveConfig) string { return c.DB }, func(_ context.Context, v string) (int, error) {
			if strings.HasSuffix(v, "three") {
				panic("cannot build " + v)
			}
			return 0, nil
		}, nil); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"two", "three", "four"} {
			m.Set(fmt.Appendf(nil, `db: "${vault:%s}"`, name))
			settle()
		}
		if cfg.Get().DB != "canary-four" {
			t.Errorf("live is %q", cfg.Get().DB)
		}
		for what, text := range map[string]string{
			"the log": log.String(), "Health": fmt.Sprintf("%+v", cfg.Health()), "History": fmt.Sprintf("%+v", cfg.History()), "Report": fmt.Sprintf("%+v", cfg.ExplainAll()),
		} {
			if strings.Contains(text, "canary") {
				t.Errorf("%s shows what a reference stands for: %s", what, text)
			}
		}
		if h := cfg.History(); len(h[len(h)-1].Diff) != 1 || h[len(h)-1].Diff[0].New != `"${vault:four}"` {
			t.Errorf("the history has %+v, want the references", h[len(h)-1].Diff)
		}
	})
}

// A secret that is not there yet must not need another publish.
func TestAReferenceThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var there atomic.Bool
		var tries atomic.Int64
		resolve := func(ctx context.Context, name string) (string, error) {
			tries.Add(1)
			switch {
			case name == "hang":
				<-ctx.Done()
				return "", ctx.Err()
			case name == "panic":
				panic("boom")
			case !there.Load():
				return "", errors.New("the vault is sealed")
			}
			return name, nil
		}
		cfg, m, err := referring(t, quiet, "db: plain", nacre.Resolve("vault", resolve))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"hang", "panic", "one"} {
			m.Set([]byte("db: ${vault:" + name + "}"))
			time.Sleep(20 * time.Second)
			synctest.Wait()
			if h := cfg.Health().Layers[0]; cfg.Get().DB != "plain" || len(h.Rejected) != 1 || !strings.Contains(h.Rejected[0], "cannot be resolved") {
				t.Errorf("%s: live is %q, rejected %q", name, cfg.Get().DB, h.Rejected)
			}
		}
		if tries := tries.Load(); tries > 40 {
			t.Errorf("%d tries in a minute", tries)
		}
		there.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if cfg.Get().DB != "one" || cfg.Health().Layers[0].Rejected != nil {
			t.Errorf("the vault is open, and live is %q, rejected %q", cfg.Get().DB, cfg.Health().Layers[0].Rejected)
		}
	})
}

// A sidecar that brings the secrets may be slower than the service.
func TestAStartWaitsForItsSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func(after time.Duration) (time.Duration, error) {
			from := time.Now()
			cfg, _, err := referring(t, quiet, "db: ${vault:one}", nacre.Resolve("vault", func(_ context.Context, name string) (string, error) {
				if time.Since(from) < after {
					return "", errors.New("the vault is sealed")
				}
				return name, nil
			}))
			if err == nil && cfg.Get().DB != "one" {
				t.Errorf("live is %q", cfg.Get().DB)
			}
			return time.Since(from), err
		}
		if took, err := open(3 * time.Second); err != nil || took > 4*time.Second {
			t.Errorf("after 3 s they are there, and Open returns %v after %v", err, took)
		}
		if took, err := open(time.Hour); err == nil || took < 9*time.Second || took > 12*time.Second {
			t.Errorf("they never come, and Open returns %v after %v, want an error after BootTimeout", err, took)
		}
	})
}

func TestDecrypt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		decrypt := func(_ context.Context, d source.Document) ([]byte, error) {
			plain, err := base64.StdEncoding.DecodeString(string(d.Data))
			if err != nil {
				return nil, errors.New("not of ours")
			}
			return plain, nil
		}
		seal := func(text string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(text))) }
		cfg, m, err := referring(t, quiet, string(seal("db: one")), nacre.Decrypt(decrypt), nacre.Resolve("x", func(_ context.Context, n string) (string, error) { return n, nil }))
		if err != nil {
			t.Fatal(err)
		}
		m.Set(seal("db: ${x:two}"))
		settle()
		if cfg.Get().DB != "two" {
			t.Errorf("live is %q", cfg.Get().DB)
		}
		m.Set([]byte("db: three"))
		settle()
		if h := cfg.Health().Layers[0]; cfg.Get().DB != "two" || len(h.Rejected) != 1 || !strings.Contains(h.Rejected[0], "cannot be decrypted: not of ours") {
			t.Errorf("what cannot be decrypted: live is %q, rejected %q", cfg.Get().DB, h.Rejected)
		}
		m.Set(seal("dbb: four"))
		settle()
		if h := cfg.Health().Layers[0]; len(h.Rejected) != 1 || !strings.Contains(h.Rejected[0], "config.yaml:1:1") {
			t.Errorf("a mistake in what was decrypted: %q, want its line", h.Rejected)
		}
	})
}

// remoteLayer is a source that is not always at hand, so that a copy of it is kept.
type remoteLayer struct {
	*scripted
}

type scripted struct {
	text string
	down bool
}

func (remoteLayer) Name() string { return "remote" }

func (r remoteLayer) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	switch {
	case r.down:
		return source.Content{}, &source.Error{Kind: source.PermissionDenied, Op: "read", Document: "remote"}
	case prev != "":
		<-ctx.Done()
		return source.Content{}, ctx.Err()
	}
	return source.Content{Revision: "1", Documents: []source.Document{{Name: "remote.yaml", Format: source.FormatYAML, Data: []byte(r.text)}}}, nil
}

func TestTheCopyIsEncryptedWhenThereIsAKey(t *testing.T) {
	dir := t.TempDir()
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	run := func(key []byte, down bool) (string, observe.LastKnownGoodHealth, error) {
		o := quiet
		o.LastKnownGoodDir, o.LastKnownGoodKey = dir, key
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), o, remoteLayer{&scripted{text: "db: sealed-canary", down: down}})
		if err != nil {
			return "", observe.LastKnownGoodHealth{}, err
		}
		value, health := cfg.Get().DB, cfg.Health().LastKnownGood
		return value, health, cfg.Close()
	}
	if _, _, err := run(key, false); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.lastgood"))
	if err != nil || len(files) != 1 {
		t.Fatalf("copies: %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil || bytes.Contains(data, []byte("canary")) || bytes.Contains(data, []byte("remote")) || bytes.Contains(data, []byte(base64.StdEncoding.EncodeToString([]byte("db: sealed")))) {
		t.Errorf("the copy is readable: %q, %v", data, err)
	}
	if got, _, err := run(key, true); err != nil || got != "sealed-canary" {
		t.Errorf("with the key: %q, %v", got, err)
	}
	for what, key := range map[string][]byte{"with another key": other, "without a key": nil} {
		if _, _, err := run(key, true); !errors.Is(err, source.PermissionDenied) {
			t.Errorf("%s the service starts: %v", what, err)
		}
	}
	if _, _, err := run([]byte("short"), false); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("a key that is too short: %v", err)
	}
	// One flipped bit.
	data[len(data)-1] ^= 1
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(key, true); err == nil {
		t.Error("a copy that was changed is believed")
	}
	// A copy in clear is not believed where there is a key: anybody may have written it.
	if _, _, err := run(nil, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(key, true); err == nil {
		t.Error("a copy in clear is believed, though there is a key")
	}
	if _, health, err := run(key, false); err != nil || !strings.Contains(health.Error, "not encrypted") && health.Version == 0 {
		t.Errorf("Health says %+v, %v", health, err)
	}
}
