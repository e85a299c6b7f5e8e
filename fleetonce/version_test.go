package fleetonce_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type partConfig struct {
	Cache struct {
		Hosts []string       `config:"hosts"`
		Sizes map[string]int `config:"sizes"`
		Pin   nacre.Secret   `config:"pin"`
		URL   string         `config:"url"`
		TTL   time.Duration  `config:"ttl" default:"1m"`
	} `config:"cache"`
	Other int `config:"other"`
}

// partSums returns the sums of the parts of a config with a document.
func partSums(t *testing.T, document string, parts ...[]string) []string {
	t.Helper()
	t.Setenv("PART_TEST_URL", "http://a")
	layer := nacre.Layer(memory.New("part.yaml", []byte(document)), nacre.ResolveEnv("PART_TEST_URL"))
	cfg, err := nacre.OpenWith[partConfig](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, layer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cfg.Close() }()
	var sums []string
	for _, keys := range parts {
		sums = append(sums, versionOf(t, cfg, keys))
	}
	return sums
}

// versionOf returns the version of a part of a config.
func versionOf[T any](t *testing.T, cfg *nacre.Config[T], keys []string) string {
	t.Helper()
	hook, err := fleetonce.Do(cfg, fleetonce.NewMemoryStore("record"), "hook", func(context.Context, fleetonce.Run[T]) error { return nil },
		fleetonce.Options{Keys: keys, Logger: silent})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hook.Close() }()
	s, err := hook.Wait(t.Context(), func(s fleetonce.Status) bool { return s.Version != "" })
	if err != nil {
		t.Fatal(err)
	}
	return s.Version
}

var silent = slog.New(slog.DiscardHandler)

func TestTheVersionCoversThePartAndNothingElse(t *testing.T) { //nolint:paralleltest // it sets a variable of the environment
	const base = "cache: {hosts: [a, b], sizes: {x: 1}, pin: '1234', url: '${env:PART_TEST_URL}'}\nother: 1\n"
	part := []string{"cache"}
	want := partSums(t, base, part)[0]
	for _, c := range []struct {
		name, document string
		same           bool
	}{
		{"another key", strings.Replace(base, "other: 1", "other: 2", 1), true},
		{"another order", "other: 1\ncache: {pin: '1234', sizes: {x: 1}, url: '${env:PART_TEST_URL}', hosts: [a, b]}", true},
		{"another secret", strings.Replace(base, "1234", "9999", 1), true},
		{"an item of a list", strings.Replace(base, "[a, b]", "[a, c]", 1), false},
		{"the order of a list", strings.Replace(base, "[a, b]", "[b, a]", 1), false},
		{"a value of a map", strings.Replace(base, "x: 1", "x: 2", 1), false},
		{"a reference that is replaced by its value", strings.Replace(base, "${env:PART_TEST_URL}", "http://a", 1), false},
		{"no secret", strings.Replace(base, "pin: '1234', ", "", 1), false},
		{"an empty map", "cache: {}\nother: 1", false},
		{"nothing", "other: 1", false},
	} {
		if got := partSums(t, c.document, part)[0]; (got == want) != c.same {
			t.Errorf("%s: the sum of the part is equal: %v, want %v", c.name, got == want, c.same)
		}
	}
	if got := partSums(t, "cache: {}", part)[0]; got == partSums(t, "other: 1", part)[0] {
		t.Error("an empty map and no map have the same sum")
	}
	sums := partSums(t, base, []string{"cache.hosts", "other"}, []string{"other", "cache.hosts", "other"}, nil, []string{"cache.hosts"})
	if sums[0] != sums[1] {
		t.Error("the order of keys makes a difference")
	}
	if sums[2] == want || sums[3] == want || sums[2] == sums[3] {
		t.Error("different parts have the same sum")
	}
}

func TestTheVersionOfASectionAndOfUnknownKeys(t *testing.T) {
	t.Parallel()
	cfg, err := nacre.OpenWith[partConfig](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: silent}, memory.New("part.yaml", []byte("cache: {sizes: {x: 1}}")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cfg.Close() }()
	section, err := nacre.Section[struct {
		Sizes map[string]int `config:"sizes"`
	}](t.Context(), cfg, "cache")
	if err != nil {
		t.Fatal(err)
	}
	if versionOf(t, section, nil) != versionOf(t, cfg, []string{"cache"}) {
		t.Error("a section, and its key in the config, have different versions")
	}
	if versionOf(t, section, []string{"sizes"}) != versionOf(t, cfg, []string{"cache.sizes"}) {
		t.Error("a key of a section, and of the config, have different versions")
	}
	for _, key := range []string{"cach", "cache.host", "cache..x", ""} {
		_, err := fleetonce.Do(cfg, fleetonce.NewMemoryStore("record"), "hook", func(context.Context, fleetonce.Run[partConfig]) error { return nil },
			fleetonce.Options{Keys: []string{"cache", key}, Logger: silent})
		if !errors.Is(err, source.InvalidArgument) {
			t.Errorf("a hook for the key %q: %v, want invalid argument", key, err)
		}
	}
}
