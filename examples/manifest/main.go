// Command manifest shows two documents that are one release. They are applied together or not at
// all, only if they are signed, and an old release cannot be put back.
//
//	go run ./examples/manifest
package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// Config comes from two documents. The price of one release with the tax of another would be wrong
// on every bill.
type Config struct {
	Price int `config:"price"`
	Tax   int `config:"tax"`
}

// shop holds the published documents. In a service they are two configs in Nacos, and a third for
// the manifest.
type shop struct {
	release, prices, taxes *memory.Source
	key                    ed25519.PrivateKey
}

// sign makes the manifest of a release. In practice a CI job does this, with a key that no service
// has. The sequence orders the releases, and the audience says which services a release is for.
func (s *shop) sign(sequence uint64, name, prices, taxes string) []byte {
	m := manifest.New(name, map[string][]byte{"prices.yaml": []byte(prices), "taxes.yaml": []byte(taxes)})
	m.Sequence, m.Audience = sequence, []manifest.Audience{{Service: "shop/*"}}
	data, err := manifest.Sign(m.YAML(), s.key)
	if err != nil {
		panic(err) // a mistake of this program
	}
	return data
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "manifest:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	s := &shop{key: private, prices: memory.New("prices.yaml", []byte("price: 100")), taxes: memory.New("taxes.yaml", []byte("tax: 19"))}
	spring := s.sign(1, "spring", "price: 100", "tax: 19")
	s.release = memory.New("release.yaml", spring)

	told := make(chan string, 16)
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
		Service: "shop/berlin",
		Window:  nacre.Off, // apply each content at once, so that each step has a result of its own
		Logger:  slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			switch e.Kind {
			case observe.Applied:
				told <- fmt.Sprintf("version %d: %s, %d keys changed", e.Version, e.Causes[0].Release, len(e.Changed))
			case observe.Held:
				told <- "held: " + e.Reasons[0]
			case observe.Rejected:
				told <- "refused: " + e.Problems.Error()
			}
		}},
	}, nacre.Layer(s.release, nacre.SignedManifest(public)), s.prices, s.taxes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cfg.Close()) }()

	show := func(what string) error {
		select {
		case event := <-told:
			_, err := fmt.Fprintf(out, "%s\n    %s\n    live: price %d, tax %d\n", what, event, cfg.Get().Price, cfg.Get().Tax)
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	steps := []struct {
		what string
		do   func()
	}{
		{"the service starts", func() {}},
		{"the prices of the summer are published", func() { s.prices.Set([]byte("price: 119")) }},
		{"its manifest", func() { s.release.Set(s.sign(2, "summer", "price: 119", "tax: 21")) }},
		{"its taxes: now it is whole", func() { s.taxes.Set([]byte("tax: 21")) }},
		{"an attacker changes the taxes by hand", func() { s.taxes.Set([]byte("tax: 0")) }},
		{"and signs it with a key of their own", func() {
			_, own, _ := ed25519.GenerateKey(nil)
			s.release.Set((&shop{key: own}).sign(3, "autumn", "price: 119", "tax: 0"))
		}},
		{"and puts the manifest of the spring back, which has a signature", func() { s.release.Set(spring) }},
	}
	for _, step := range steps {
		step.do()
		if err := show(step.what); err != nil {
			return err
		}
	}
	return nil
}
