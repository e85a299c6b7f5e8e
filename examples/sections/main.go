// Command sections shows packages that have settings of their own, from the same layers as the
// service. A change reaches all of them as one version, or none of them.
//
//	go run ./examples/sections
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
	"github.com/nacre-go/nacre/examples/sections/audit"
	"github.com/nacre-go/nacre/examples/sections/redis"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// App holds the settings of the service itself.
type App struct {
	Name string `config:"name" validate:"required"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sections:", err)
		cancel()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	layer := memory.New("service.yaml", []byte("name: orders\nredis: {addr: 'r1:6379'}\nplugins: {audit: {file: audit.log}}\n"))
	told := make(chan string, 16)
	cfg, err := nacre.OpenWith[App](ctx, nacre.Options{
		Sections: []nacre.SectionDeclaration{redis.Settings(), nacre.ReserveSection("plugins")},
		Window:   -1,
		Logger:   slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			switch e.Kind {
			case observe.Applied:
				told <- fmt.Sprintf("version %d", e.Version)
			case observe.Rejected:
				told <- "refused: " + strings.ReplaceAll(e.Problems.Error(), "\n", "\n    and:     ")
			}
		}},
	}, layer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cfg.Close()) }()
	client, err := redis.Open(ctx, cfg)
	if err != nil {
		return err
	}
	plugin, err := audit.Load(ctx, cfg)
	if err != nil {
		return err
	}

	for _, step := range []struct{ what, text string }{
		{"the service starts", ""},
		{"good for all", "name: invoices\nredis: {addr: 'r2:6379', pool: 20}\nplugins: {audit: {file: new.log}}\n"},
		{"too many connections for redis", "name: bills\nredis: {addr: 'r3:6379', pool: 500}\nplugins: {audit: {file: bills.log}}\n"},
		{"a misspelt key of the plugin", "name: bills\nredis: {addr: 'r3:6379'}\nplugins: {audit: {fiel: bills.log}}\n"},
		{"the plugin goes", "-"},
		{"and its settings may be what they like", "name: bills\nredis: {addr: 'r3:6379'}\nplugins: {audit: {anything: 7}}\n"},
	} {
		switch step.text {
		case "":
		case "-":
			if err := plugin.Unload(); err != nil { // a change that was rejected only because of the plugin is live before Unload returns
				return err
			}
		default:
			layer.Set([]byte(step.text))
		}
		select {
		case event := <-told:
			fmt.Fprintf(out, "%s\n    %s\n    service %s, redis %v, audit %s\n", step.what, event, cfg.Get().Name, client.Get(), plugin.File())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
