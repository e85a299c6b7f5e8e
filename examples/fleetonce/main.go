// Command fleetonce shows a function that one instance of a fleet runs for each version of its
// config: it warms a cache that all of them share. Five instances run in this program, with a Nacos
// server of their own. One of them is killed in the middle.
//
//	go run ./examples/fleetonce
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// Config is what every instance binds.
type Config struct {
	Cache struct {
		Size int `config:"size"`
	} `config:"cache"`
	Pool int `config:"pool"`
}

const (
	documentID = "orders.yaml"
	recordID   = "orders.warm-cache"
	hookName   = "warm-cache"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fleetonce:", err)
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
	publish := func(text string) error { return srv.Put("", "DEFAULT_GROUP", documentID, text) }
	if err := publish("cache: {size: 1}\npool: 10"); err != nil {
		return err
	}
	if err := createRecord(ctx, srv.Addr()); err != nil {
		return err
	}
	f := &fleet{out: out, cache: &cache{}, over: make(chan struct{})}
	defer func() { err = errors.Join(err, f.stop()) }()
	for range 5 {
		if err := f.start(ctx, srv.Addr()); err != nil {
			return err
		}
	}
	for _, step := range []struct{ what, text string }{
		{"at first", "cache: {size: 1}\npool: 10"},
		{"another key changes", "cache: {size: 1}\npool: 20"},
		{"size 2, and the instance that runs is killed after its effect", "cache: {size: 2}\npool: 20"},
		{"size 3, and the first attempt fails", "cache: {size: 3}\npool: 20"},
	} {
		if err := publish(step.text); err != nil {
			return err
		}
		if err := f.show(ctx, step.what, step.text); err != nil {
			return err
		}
	}
	return nil
}

// createRecord is what an operator does once, before instances run the hook.
func createRecord(ctx context.Context, server string) error {
	client, err := nacos.NewClient(nacos.Config{Servers: []string{server}, AppName: "operator"})
	if err != nil {
		return err
	}
	return errors.Join(fleetonce.Create(ctx, nacosonce.New(client, recordID), hookName), client.Close())
}

// start starts an instance. In practice each is a process of its own.
func (f *fleet) start(ctx context.Context, server string) error {
	i := &instance{number: len(f.instances)}
	var err error
	i.client, err = nacos.NewClient(nacos.Config{Servers: []string{server}, AppName: fmt.Sprintf("orders-%d", i.number)})
	if err != nil {
		return err
	}
	f.instances = append(f.instances, i)
	i.cfg, err = nacre.OpenWith[Config](ctx, nacre.Options{
		LastKnownGoodDisabled: true, // a demonstration leaves nothing on the disk
		Logger:                slog.New(slog.DiscardHandler),
	}, i.client.Source(documentID))
	if err != nil {
		return err
	}
	i.hook, err = fleetonce.Do(i.cfg, nacosonce.New(i.client, recordID), hookName, func(_ context.Context, run fleetonce.Run[Config]) error {
		return f.warm(i, run)
	}, fleetonce.Options{
		Keys:    []string{"cache"},
		Term:    time.Second, // in practice minutes: another instance takes over after two and a quarter terms
		Backoff: 100 * time.Millisecond,
		Logger:  slog.New(slog.DiscardHandler),
	})
	return err
}

// warm is the function that one instance of the fleet runs.
func (f *fleet) warm(i *instance, run fleetonce.Run[Config]) error {
	size := run.Config.Cache.Size
	if size == 3 && run.Attempt == 1 {
		f.note("attempt %d fails", run.Attempt)
		return errors.New("cache does not answer")
	}
	f.note("attempt %d, size %d: %s", run.Attempt, size, f.cache.resize(size, run.Version, run.Token))
	if size == 2 && run.Attempt == 1 {
		i.kill()
		<-f.over // it neither returns nor reaches the record
	}
	return nil
}
