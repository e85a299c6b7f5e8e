// Command guard shows valid changes that would do harm, and how nacre handles them.
//
//	go run ./examples/guard
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
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// Config is the configuration of the service.
type Config struct {
	Addr  string         `config:"addr" default:":8080" live:"false"` // the listener is opened once
	Limit int            `config:"limit" default:"100" validate:"gte=1"`
	Rates map[string]int `config:"rates"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		cancel()
		os.Exit(1)
	}
}

const good = "addr: ':8080'\nlimit: 100\nrates: {de: 19, at: 20, fr: 20, it: 22, nl: 21}\n"

const harmful = "limit: 1\nrates: {de: 19, at: 20, fr: 20, it: 22, nl: 21}\n"

func run(ctx context.Context, out io.Writer) (err error) {
	layer := memory.New("service.yaml", []byte(good))
	told := make(chan string, 16)
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{
		Window: nacre.Off,
		Logger: slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			switch e.Kind {
			case observe.Held:
				told <- "held: " + e.Reasons[0]
			case observe.PendingRestart:
				told <- "waits for a restart: " + e.Changed[0]
			case observe.RolledBack:
				told <- fmt.Sprintf("version %d was rolled back: %v", e.From, e.Err)
			}
		}},
	}, layer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cfg.Close()) }()

	// The service checks itself for some time after each change. In this story, a limit of 1 turns
	// requests away.
	nacre.AutoRollback(cfg, func(_ context.Context, c *Config) error {
		if c.Limit < 10 {
			return errors.New("most requests are turned away")
		}
		return nil
	}, nacre.WithName("self test"), nacre.RollbackCheckInterval(10*time.Millisecond), nacre.RollbackWindow(100*time.Millisecond))

	release := func() {
		if _, err := cfg.Approve(ctx, "service.yaml", cfg.Health().Layers[0].Latest, observe.By{Who: "ann"}); err != nil {
			told <- err.Error()
		}
	}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"a script that failed has emptied the document", func() { layer.Set(nil) }},
		{"a script that failed has lost most of it", func() { layer.Set([]byte("limit: 200\n")) }},
		{"a limit with which nothing works", func() { layer.Set([]byte(harmful)) }},
		{"it is still what the layer says", func() {}},
		{"the same once more, after what was good", func() { layer.Set([]byte(good)); layer.Set([]byte(harmful)) }},
		{"an address that takes effect only at the next start, and a limit", func() {
			layer.Set([]byte("addr: ':9090'\nlimit: 200\nrates: {de: 19, at: 20, fr: 20, it: 22, nl: 21}\n"))
		}},
		{"all rates are removed, and an operator approves it", func() {
			layer.Set([]byte("addr: ':9090'\nlimit: 200\n"))
		}},
	} {
		step.do()
		select {
		case event := <-told:
			fmt.Fprintf(out, "%s\n    %s\n    live: addr %s, limit %d, %d rates\n", step.what, event, cfg.Get().Addr, cfg.Get().Limit, len(cfg.Get().Rates))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	release()
	_, err = fmt.Fprintf(out, "released\n    live: addr %s, limit %d, %d rates\n", cfg.Get().Addr, cfg.Get().Limit, len(cfg.Get().Rates))
	return err
}
