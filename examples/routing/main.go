// Command routing shows a routing document: which instance of a service has which configs. Three
// instances of two versions run in this program, with a Nacos server of their own. A bigger cache
// goes to 10 % of the new version, then to all of it, and back.
//
//	go run ./examples/routing
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/route"
)

// Config is what every instance binds, whatever its version.
type Config struct {
	Cache string `config:"cache"`
	Pool  int    `config:"pool"`
}

const routesID = "orders.routes.yaml"

// routes returns the routing document in which the bigger cache has a share of the instances.
func routes(share int) string {
	return fmt.Sprintf(`rules:
  - name: big-cache
    match: {version: v2.3.*, percentage: %d}
    documents: ["{{.Service}}.yaml", big-cache.yaml]
  - documents: ["{{.Service}}.yaml"]
`, share)
}

// instance is one instance of the service. In practice each is a process of its own.
type instance struct {
	id, version string
	cfg         *nacre.Config[Config]
}

// fleet is the instances, and what tells that one of them has changed.
type fleet struct {
	instances []*instance
	changed   chan struct{}
	out       io.Writer
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "routing:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		return err
	}
	defer srv.Close()
	for id, text := range map[string]string{"orders.yaml": "cache: 64MiB\npool: 10", "big-cache.yaml": "cache: 1GiB", routesID: routes(0)} {
		if err := srv.Put("", "DEFAULT_GROUP", id, text); err != nil {
			return err
		}
	}
	f := &fleet{out: out, changed: make(chan struct{}, 1), instances: []*instance{
		{id: "orders-0", version: "v2.2.7"}, {id: "orders-1", version: "v2.3.0"}, {id: "orders-3", version: "v2.3.0"},
	}}
	for _, i := range f.instances {
		stop, err := f.start(ctx, i, srv.Addr())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	if err := f.show(ctx, "at first", routes(0)); err != nil {
		return err
	}
	for _, step := range []struct {
		what  string
		share int
	}{{"10 % of v2.3", 10}, {"all of v2.3", 100}, {"back to 10 %: the same instance as before", 10}, {"rolled back", 0}} {
		if err := srv.Put("", "DEFAULT_GROUP", routesID, routes(step.share)); err != nil {
			return err
		}
		if err := f.show(ctx, step.what, routes(step.share)); err != nil {
			return err
		}
	}
	return f.mistake(ctx, srv)
}

// start starts an instance as a service does: a client that says who it is, and one layer.
func (f *fleet) start(ctx context.Context, i *instance, server string) (stop func() error, err error) {
	client, err := nacos.NewClient(nacos.Config{Servers: []string{server}, AppName: "orders", AppVersion: i.version, InstanceID: i.id})
	if err != nil {
		return nil, err
	}
	i.cfg, err = nacre.OpenWith[Config](ctx, nacre.Options{
		LastKnownGoodDisabled: true, // a demonstration leaves nothing on the disk
		Logger:                slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(observe.Event) {
			select {
			case f.changed <- struct{}{}:
			default:
			}
		}},
	}, client.Routed(routesID))
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return func() error { return errors.Join(i.cfg.Close(), client.Close()) }, nil
}

// route returns what a routing document means for an instance. Anyone can compute it: it depends on
// the document and the instance alone.
func (i *instance) route(text string) (string, error) {
	table, err := route.Parse(routesID, "yaml", []byte(text))
	if err != nil {
		return "", err
	}
	set, err := table.Route(route.Instance{Namespace: "public", Service: "orders", Version: i.version, ID: i.id})
	return "routed by " + set.Reason, err
}

// show waits until every instance is routed as the routing document says, and shows the fleet.
func (f *fleet) show(ctx context.Context, what, text string) error {
	for _, i := range f.instances {
		want, err := i.route(text)
		if err != nil {
			return err
		}
		if err := f.wait(ctx, func() bool {
			notes := i.cfg.Health().Layers[0].Notes
			return len(notes) > 0 && strings.HasSuffix(notes[0], ": "+want)
		}); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(f.out, what)
	for _, i := range f.instances {
		x, explainErr := i.cfg.Explain("cache")
		line, _, _ := strings.Cut(x.String(), "\n")
		_, printErr := fmt.Fprintf(f.out, "    %s %s: %s\n", i.id, i.version, line)
		err = errors.Join(err, explainErr, printErr)
	}
	return err
}

// mistake publishes a routing document with a mistake: every instance says so, and none moves.
func (f *fleet) mistake(ctx context.Context, srv *nacostest.Server) error {
	text := strings.Replace(routes(100), "v2.3.*", "2.3+", 1)
	if err := srv.Put("", "DEFAULT_GROUP", routesID, text); err != nil {
		return err
	}
	for _, i := range f.instances {
		if err := f.wait(ctx, func() bool { return i.cfg.Health().Layers[0].Down != "" }); err != nil {
			return err
		}
	}
	first := f.instances[0].cfg
	_, err := fmt.Fprintf(f.out, "a mistake\n    %s\n    cache is still %s\n", first.Health().Layers[0].Down, first.Get().Cache)
	return err
}

// wait waits until a condition holds; it looks whenever an instance has changed.
func (f *fleet) wait(ctx context.Context, holds func() bool) error {
	tick := time.NewTicker(50 * time.Millisecond) // Health may change a moment after an event
	defer tick.Stop()
	for !holds() {
		select {
		case <-f.changed:
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
