package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// seen is a state of a watched config in JSON.
type seen struct {
	Time    time.Time `json:"time"`
	Config  string    `json:"config"`
	Op      string    `json:"op"` // now, absent, created, changed, deleted, failing, recovered
	MD5     string    `json:"md5,omitempty"`
	Size    int       `json:"size,omitempty"`
	Added   int       `json:"added,omitempty"` // keys
	Removed int       `json:"removed,omitempty"`
	Changed int       `json:"changed,omitempty"`
	Error   string    `json:"error,omitempty"`
}

func newWatch(a *app) *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use:   "watch CONFIG...",
		Short: "Print a line for each change of configs",
		Long: `Print a line for each change of configs, as a service would see it: first the state now, and then
each change that reaches this command. Several changes within a tenth of a second may appear as one.

A line has the time, the config, what happened, the md5, the size, and how many keys were added (+),
removed (-) and changed (~). The command reconnects for as long as it runs, and says so on stderr.
It ends with an interrupt (exit code 130), or after --count changes (0). --timeout bounds only
the wait for the first connection.`,
		Example: `  nacre watch orders.yaml payments/limits.yaml
  nacre watch orders.yaml --count 1 && echo "it changed"
  nacre watch orders.yaml -o json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if count < 0 {
				return usage("count %d is negative", count)
			}
			return a.watch(cmd.Context(), args, count)
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "end after so many changes; 0 does not end")
	return cmd
}

func (a *app) watch(ctx context.Context, args []string, count int) error {
	t, err := a.target()
	if err != nil {
		return err
	}
	type config struct {
		name, dataID string
		options      []nacos.SourceOption
	}
	configs := make([]config, len(args))
	for i, arg := range args {
		before := t.config.Namespace
		dataID, options, err := t.at(arg)
		if err != nil {
			return err
		}
		if i > 0 && t.config.Namespace != before {
			return usage("configs of several namespaces cannot be watched at once; run nacre watch for each namespace")
		}
		configs[i] = config{arg, dataID, options}
	}
	connecting, cancel := a.within(ctx)
	client, err := a.connect(connecting, t)
	cancel()
	if err != nil {
		return err
	}
	defer client.Close()

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := &watcher{a: a, left: count, bounded: count > 0, stop: stop}
	var group sync.WaitGroup
	for _, c := range configs {
		src := client.Source(c.dataID, append(c.options, nacos.Format(source.FormatText))...)
		group.Go(func() {
			if err := w.follow(ctx, src, c.name, c.dataID); err != nil {
				stop(err)
			}
		})
	}
	group.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, errCounted) {
		return cause
	}
	return nil
}

// errCounted ends a watch that has printed what it was asked for.
var errCounted = errors.New("counted")

// watcher prints the states of all watched configs.
type watcher struct {
	a       *app
	mu      sync.Mutex
	left    int
	bounded bool
	stop    context.CancelCauseFunc
}

// follow prints the states of one config until ctx ends or the config cannot be followed.
func (w *watcher) follow(ctx context.Context, src source.Source, name, dataID string) error {
	var was *source.Document // nil before the first state
	var prev source.Revision
	failing := false
	for {
		content, err := src.Next(ctx, prev)
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		switch {
		case err != nil && exit.Of(err) == exit.Usage, errors.Is(err, source.PermissionDenied):
			return err
		case err != nil:
			failing = true
			if err := w.print(seen{Config: name, Op: "failing", Error: err.Error()}, false); err != nil {
				return err
			}
			select { // the source waits for another state, but may return another error soon
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		d := content.Documents[0]
		s := w.state(ctx, was, d, name, dataID)
		if failing && content.Revision == prev {
			s.Op = "recovered"
		}
		failing = false
		if err := w.print(s, s.Op == "created" || s.Op == "changed" || s.Op == "deleted"); err != nil {
			return err
		}
		was, prev = &d, content.Revision
		if taker, ok := src.(source.Acknowledger); ok { // or the server would list this command as one that is behind
			taker.Ack(prev, nil)
		}
	}
}

func (w *watcher) state(ctx context.Context, was *source.Document, d source.Document, name, dataID string) seen {
	s := seen{Config: name, Size: len(d.Data)}
	if !d.Absent {
		s.MD5 = folder.Sum(d.Data)
	}
	switch {
	case was == nil && d.Absent:
		s.Op = "absent"
	case was == nil:
		s.Op = "now"
	case d.Absent:
		s.Op = "deleted"
	case was.Absent:
		s.Op = "created"
	default:
		s.Op = "changed"
		old, now, err := decodeBoth(ctx, blob{dataID, "", was.Data}, blob{dataID, "", d.Data})
		if err != nil {
			return s
		}
		for _, c := range document.Compare(old, now) {
			switch c.Op {
			case document.Added:
				s.Added++
			case document.Removed:
				s.Removed++
			case document.Changed:
				s.Changed++
			}
		}
	}
	return s
}

// print prints a state, and ends the watch if it was the last change to print.
func (w *watcher) print(s seen, counts bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bounded && w.left == 0 {
		return nil
	}
	s.Time = w.a.env.Now().UTC().Truncate(time.Millisecond)
	if s.Error != "" && w.a.raw() {
		w.a.note("nacre: %s: %s", s.Config, s.Error)
		return nil
	}
	line := fmt.Sprintf("%s %s %s", s.Time.Format(time.RFC3339), s.Config, s.Op)
	if s.MD5 != "" {
		line += fmt.Sprintf(" md5=%s size=%d", brief(s.MD5), s.Size)
	}
	if s.Added+s.Removed+s.Changed > 0 {
		line += fmt.Sprintf(" keys=+%d-%d~%d", s.Added, s.Removed, s.Changed)
	}
	err := output.Line(w.a.env.Out, output.Format(w.a.flags.output), output.Result{Value: s, Rows: [][]string{{line}}, Names: []string{s.Config}})
	if counts && w.bounded {
		if w.left--; w.left == 0 {
			w.stop(errCounted)
		}
	}
	return err
}
