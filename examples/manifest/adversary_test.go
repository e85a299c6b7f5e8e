package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

type signedConfig struct {
	A int `config:"a"`
	B int `config:"b"`
}

// Adversary: whoever can write to a Nacos, and has no key, with all that the server lets them
// write: contents, content types, and what stood in another namespace. The service reads
// production; staging has a release of its own, with the same key.
func TestASignedReleaseInNacos(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}, Namespace: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(dataID string, data []byte, kind string) {
		t.Helper()
		if err := client.Publish(ctx, dataID, data, nacos.Type(kind)); err != nil {
			t.Fatal(err)
		}
	}
	release := func(n uint64, namespace string, data []byte) []byte {
		m := &manifest.Manifest{Release: namespace, Sequence: n, Audience: []manifest.Audience{{Namespace: namespace, Group: "DEFAULT_GROUP", Service: "*"}}}
		m.Add(manifest.Document{Name: "orders", Format: "yaml"}, data)
		signed, err := manifest.Sign(m.YAML(), key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	first, second := []byte("a: 1\nb: 1"), []byte("a: 2\nb: 2")
	publish("orders", first, "yaml")
	publish("release", release(1, "prod", first), "yaml")

	told := make(chan string, 100)
	o := nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}
	o.Observers = []observe.Observer{func(e observe.Event) {
		switch e.Kind {
		case observe.Applied:
			told <- "applied"
		case observe.Held:
			told <- "held: " + strings.Join(e.Reasons, "; ")
		case observe.Rejected:
			told <- "rejected: " + e.Problems.Error()
		}
	}}
	var cfg *nacre.Config[signedConfig]
	for cfg == nil { // what was published is read some moments later
		cfg, err = nacre.OpenWith[signedConfig](ctx, o, client.Source("orders"),
			nacre.Layer(client.Source("release", nacos.Format("yaml")), nacre.SignedManifest(public)))
		if err != nil && (ctx.Err() != nil || !errors.Is(err, source.NotFound)) {
			t.Fatal(err)
		}
	}
	defer func() {
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	}()
	await := func(want string, live int) {
		t.Helper()
		for {
			select {
			case text := <-told:
				if !strings.Contains(text, want) {
					continue
				}
				if c := cfg.Get(); c.A != live || c.B != live {
					t.Errorf("after %q live is %+v, want release %d", text, *c, live)
				}
				return
			case <-ctx.Done():
				t.Fatalf("the service does not say %q; %+v", want, cfg.Health().Layers)
			}
		}
	}
	await("applied", 1)
	publish("orders", second, "yaml")
	await("held: release is incomplete", 1)
	publish("release", release(2, "prod", second), "yaml")
	await("applied", 2)
	publish("release", release(1, "prod", first), "yaml")
	await("sequence 1, and 2 was accepted here before", 2)
	publish("orders", first, "yaml")
	await("orders: is not the one of release", 2)
	publish("orders", second, "yaml")
	publish("release", release(3, "staging", second), "yaml")
	await(`does not include namespace "prod"`, 2)
	publish("release", release(2, "prod", second), "yaml")
	publish("orders", append(second, '\n'), "properties") // the type changes with the content
	await("orders: is not the one of release", 2)
	publish("release", release(3, "prod", append(second, '\n')), "yaml")
	await("another format than yaml", 2)
	publish("orders", append(second, "\n\n"...), "yaml")
	publish("release", release(4, "prod", append(second, "\n\n"...)), "yaml")
	for cfg.Health().Layers[1].Held != nil || cfg.Health().Layers[0].Held != nil { // what is live says the same
		select {
		case <-told:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("a good release is held: %+v", cfg.Health().Layers)
		}
	}
}
