package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// dial is nacre's client for a server, with the default settings.
func dial(ctx context.Context, addr, user, pass, app string) (*nacos.Client, error) {
	return nacos.NewClient(nacos.Config{Servers: []string{addr}, Username: user, Password: nacos.NewPassword(pass), AppName: app})
}

// listenSession follows the configs with nacre's session.
func listenSession(ctx context.Context, j job, heard func(index, version int)) error {
	client, err := dial(ctx, j.Addr, j.user, j.pass, "push-listener")
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	follow(ctx, j, func(id string) source.Source { return client.Source(id) }, heard)
	return nil
}

// follow follows each config with a Next of its own until ctx is done, and tells the source what
// was applied, as the engine does.
func follow(ctx context.Context, j job, config func(id string) source.Source, heard func(index, version int)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range j.N {
		time.Sleep(j.Pause)
		src := config(dataID(j.Prefix, i))
		wg.Go(func() {
			var seen source.Revision
			for ctx.Err() == nil {
				got, err := src.Next(ctx, seen)
				if err != nil {
					pause(ctx)
					continue
				}
				seen = got.Revision
				apply(src, i, got, heard)
			}
		})
	}
}

// pause is the back-off after an error, which is the caller's: a tenth of a second is what the
// engine begins with.
//
//go:noinline
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// apply is a function of its own, so that its variables are not on the stack of a goroutine that
// waits in Next, where they would count as memory of the client.
//
//go:noinline
func apply(src source.Source, i int, got source.Content, heard func(index, version int)) {
	data := got.Documents[0].Data
	if v, ok := versionOf(string(data[:min(len(data), minSize)])); ok { // the beginning tells, and a copy of all would be counted too
		heard(i, v)
	}
	if r, ok := source.As[source.Acknowledger](src); ok {
		r.Ack(got.Revision, nil)
	}
}

// merged is the struct that all configs of a try make together.
type merged struct {
	V map[string]int `config:"v"`
}

// listenOpen follows the configs as a service does: each is a layer, and a subscriber hears of the
// merged struct.
func listenOpen(ctx context.Context, j job, heard func(index, version int)) error {
	client, err := dial(ctx, j.Addr, j.user, j.pass, "push-listener")
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	layers := make([]source.Source, j.N)
	for i := range layers {
		layers[i] = client.Source(dataID(j.Prefix, i))
	}
	cfg, err := nacre.OpenWith[merged](ctx, nacre.Options{
		BootTimeout:      time.Minute,
		LastKnownGoodDir: filepath.Join(j.Dir, "state"),
		Logger:           slog.New(slog.DiscardHandler),
	}, layers...)
	if err != nil {
		return err
	}
	known := map[string]int{}
	sub, err := nacre.Subscribe(cfg, func(c *merged) map[string]int { return c.V }, func(_ context.Context, ch nacre.Change[map[string]int]) error {
		for key, v := range ch.New {
			if old, ok := known[key]; ok && old == v {
				continue
			}
			known[key] = v
			if i, ok := indexOf(key); ok {
				heard(i, v)
			}
		}
		return nil
	}, nacre.InitialCall())
	if err != nil {
		return err
	}
	<-ctx.Done()
	sub.Stop()
	return cfg.Close()
}
