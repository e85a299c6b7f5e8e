//go:build clockjump

// Compiled by ci/clock.sh alone, with a time package whose wall clock can be moved.

package nacre_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
)

// The clock of the machine is set, forwards and backwards: what is live stays ready, and changes of
// each kind of layer come as ever. A start with the clock where it is then takes the last known
// good copy that was written before, and gives it an age.
func TestClockOfTheMachineIsSet(t *testing.T) {
	type service struct {
		File, Memory, Remote string
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "local.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	options := nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDir: filepath.Join(dir, "state"), FreshWithin: time.Minute, NotReadyWhenStale: time.Minute}
	changed := make(chan service, 100)
	subscribe := func(cfg *nacre.Config[service]) {
		all := func(s *service) service { return *s }
		nacre.Subscribe(cfg, all, func(_ context.Context, c nacre.Change[service]) error { changed <- c.New; return nil })
	}
	write("file: before")
	mem, far := memory.New("memory.yaml", []byte("memory: before")), remote("remote", "remote: before")
	far.Reconcile(time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cfg, err := nacre.OpenWith[service](ctx, options, file.New(path), mem, far)
	if err != nil {
		t.Fatal(err)
	}
	subscribe(cfg)
	until := func(want service) {
		t.Helper()
		for {
			select {
			case got := <-changed:
				if got == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("%+v did not come; live is %+v, %+v", want, *cfg.Get(), cfg.Health())
			}
		}
	}
	for i, jump := range []time.Duration{26 * time.Hour, -52 * time.Hour, 90_000 * time.Hour, -350_000 * time.Hour} {
		atomic.AddInt64(&time.WallJump, int64(jump/time.Second))
		if err := cfg.Health().Ready(); err != nil {
			t.Errorf("after a jump of %v: %v", jump, err)
		}
		want := service{File: fmt.Sprint("f", i), Memory: fmt.Sprint("m", i), Remote: fmt.Sprint("r", i)}
		write("file: " + want.File)
		mem.Set([]byte("memory: " + want.Memory))
		far.PutYAML("remote.yaml", "remote: "+want.Remote)
		until(want)
		for _, l := range cfg.Health().Layers {
			if age := time.Since(l.VerifiedAt); !l.VerifiedAt.IsZero() && (age < 0 || age > time.Minute) {
				t.Errorf("after a jump of %v layer %s was proven %v ago", jump, l.Name, age)
			}
		}
		if jump == 90_000*time.Hour {
			continue
		}
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		// The copy was written by the clock as it is now; the next start's is a day behind, or a
		// month ahead.
		atomic.AddInt64(&time.WallJump, -86400+int64(i)*30*86400)
		away := remote("remote", "remote: x")
		away.Fail(fmt.Errorf("away"))
		away.Reconcile(time.Second)
		if cfg, err = nacre.OpenWith[service](ctx, options, file.New(path), mem, away); err != nil {
			t.Fatalf("a start from the last known good copy after the clock was set: %v", err)
		}
		if got := *cfg.Get(); got != want {
			t.Errorf("a start from the last known good copy has %+v, want %+v", got, want)
		}
		if err := cfg.Health().Ready(); err == nil {
			t.Errorf("a copy that is old, or from a time to come, is said to be fresh: %+v", cfg.Health().Layers)
		}
		subscribe(cfg)
		far = away
		far.Heal()
		for cfg.Health().Ready() != nil {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("not ready: %+v", cfg.Health())
			}
		}
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
}
