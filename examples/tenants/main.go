// Command tenants shows a config for each tenant, where tenants come and go while the service runs.
// The service and a Nacos server run in this program. A tenant comes, one changes, one goes, and
// then all are gone, which the change guard holds.
//
//	go run ./examples/tenants
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// Config is what the service binds: the documents of all tenants together.
type Config struct {
	Tenants map[string]Tenant `config:"tenants"`
}

// Tenant is what the document of one tenant sets.
type Tenant struct {
	Rate  int `config:"rate"`
	Burst int `config:"burst"`
}

const group = "TENANTS"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout, "3.0"); err != nil {
		fmt.Fprintln(os.Stderr, "tenants:", err)
		cancel()
		os.Exit(1)
	}
}

// run tells the story with a Nacos of the version.
func run(ctx context.Context, out io.Writer, version string) (err error) {
	srv, err := nacostest.Start(nacostest.Options{Version: version})
	if err != nil {
		return err
	}
	defer srv.Close()
	put := func(name string, rate int) error {
		text := fmt.Sprintf("tenants:\n  %s: {rate: %d, burst: 5}\n", name, rate)
		return srv.Put("", group, "tenant-"+name+".yaml", text)
	}
	if err := errors.Join(put("acme", 10), put("globex", 20), put("hooli", 30)); err != nil {
		return err
	}

	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}}, nacos.ReconcileEvery(time.Second))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	held := make(chan string, 1)
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
		LastKnownGoodDisabled: true, // a demonstration leaves nothing on the disk
		Logger:                slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			if e.Kind == observe.Held {
				select {
				case held <- strings.Join(e.Reasons, "; "):
				default:
				}
			}
		}},
	}, client.Matching("tenant-*.yaml", nacos.Group(group)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cfg.Close()) }()
	show := func(what string, satisfies func(*Config) bool) error {
		now, err := cfg.Wait(ctx, satisfies)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		_, err = fmt.Fprintf(out, "%-22s%s\n", what, describe(now))
		return err
	}

	if err := show("at first", func(c *Config) bool { return len(c.Tenants) == 3 }); err != nil {
		return err
	}
	if err := put("initech", 40); err != nil {
		return err
	}
	if err := show("initech comes", func(c *Config) bool { return len(c.Tenants) == 4 }); err != nil {
		return err
	}
	if err := put("acme", 11); err != nil {
		return err
	}
	if err := show("acme changes", func(c *Config) bool { return c.Tenants["acme"].Rate == 11 }); err != nil {
		return err
	}
	srv.Delete("", group, "tenant-hooli.yaml")
	if err := show("hooli goes", func(c *Config) bool { return len(c.Tenants) == 3 }); err != nil {
		return err
	}
	return errors.Join(lose(ctx, out, srv, held), show("the service still has", func(*Config) bool { return true }))
}

// lose loses the configs of all tenants, as a server does whose database was emptied.
func lose(ctx context.Context, out io.Writer, srv *nacostest.Server, held <-chan string) error {
	srv.Stop()
	for _, name := range []string{"acme", "globex", "initech"} {
		srv.Delete("", group, "tenant-"+name+".yaml")
	}
	if err := srv.Start(ctx); err != nil {
		return err
	}
	select {
	case why := <-held:
		_, err := fmt.Fprintf(out, "%-22sheld: the layer %s\n", "all are lost", why)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// describe writes the rate of each tenant.
func describe(c *Config) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c.Tenants)) {
		all = append(all, fmt.Sprintf("%s %d", name, c.Tenants[name].Rate))
	}
	return strings.Join(all, ", ")
}
