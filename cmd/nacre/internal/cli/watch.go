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
	var all bool
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "watch CONFIG... | --all [PATTERN]",
		Short: "Print a line for each change of configs",
		Long: `Print a line for each change of configs, as a service would see it: first the state now, and then
each change that reaches this command. Several changes within a tenth of a second may appear as one.

A line has the time, the config, what happened, the md5, the size, and how many keys were added (+),
removed (-) and changed (~). The command reconnects for as long as it runs, and says so on stderr.
It ends with an interrupt (exit code 130), or after --count changes (0). --timeout bounds only
the wait for the first connection.

With --all, it watches every config of the group, or those whose data ID matches PATTERN, in which *
stands for any text. Nacos tells no client of configs that it does not listen to, so the command
lists the group every --interval: a new config appears that much later, and one that is created and
deleted within it is not seen. Changes of the others arrive at once. A list uses the HTTP interface,
for which a Nacos 3 may require an administrator, and a Nacos 2 sends all contents with it. At most
3000 configs are watched.`,
		Example: `  nacre watch orders.yaml payments/limits.yaml
  nacre watch orders.yaml --count 1 && echo "it changed"
  nacre watch --all 'orders*' --group payments
  nacre watch orders.yaml -o json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case count < 0:
				return usage("count %d is negative", count)
			case interval < minInterval:
				return usage("interval %v is shorter than %v, which a server with many configs may not bear", interval, minInterval)
			case all && len(args) > 1:
				return usage("--all takes one pattern, and no further configs")
			case !all && cmd.Flags().Changed("interval"):
				return usage("--interval needs --all")
			case !all && len(args) == 0:
				return usage("no config is named; name one, or give --all")
			}
			return a.watch(cmd.Context(), args, all, interval, count)
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "end after so many changes; 0 does not end")
	cmd.Flags().BoolVar(&all, "all", false, "every config of the group, or those that match a pattern, also new ones")
	cmd.Flags().DurationVar(&interval, "interval", 30*time.Second, "with --all, how often to look for new configs")
	return cmd
}

const (
	minInterval = 2 * time.Second // between two lists
	maxWatched  = 3000            // configs that are watched at once
)

// watched is a config that is watched.
type watched struct {
	name, dataID string
	options      []nacos.SourceOption
}

func (a *app) watch(ctx context.Context, args []string, all bool, interval time.Duration, count int) error {
	t, err := a.target()
	if err != nil {
		return err
	}
	var configs []watched
	named := args
	if all {
		named = nil
	}
	for i, arg := range named {
		before := t.config.Namespace
		dataID, options, err := t.at(arg)
		if err != nil {
			return err
		}
		if i > 0 && t.config.Namespace != before {
			return usage("configs of several namespaces cannot be watched at once; run nacre watch for each namespace")
		}
		configs = append(configs, watched{arg, dataID, options})
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
	w := &watcher{a: a, t: t, client: client, left: count, bounded: count > 0, lenient: all, stop: stop}
	for _, c := range configs {
		w.add(ctx, c, false)
	}
	if all {
		w.group.Go(func() {
			if err := w.followAll(ctx, args, interval); err != nil {
				stop(err)
			}
		})
	}
	w.group.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, errCounted) {
		return t.refused(cause)
	}
	return nil
}

// add begins to follow a config. It is new if it was created while the command runs.
func (w *watcher) add(ctx context.Context, c watched, isNew bool) {
	src := w.client.Source(c.dataID, append(c.options, nacos.Format(source.FormatText))...)
	w.group.Go(func() {
		err := w.follow(ctx, src, c.name, c.dataID, isNew)
		switch {
		case err != nil && w.lenient && errors.Is(err, source.PermissionDenied):
			w.a.note("nacre: %s is not watched: %v", c.name, w.t.refused(err))
		case err != nil:
			w.stop(err)
		}
	})
}

// followAll lists the configs of the group until ctx ends, and follows each that it has not seen. A
// config that is deleted is still followed, and so seen when it is created again.
func (w *watcher) followAll(ctx context.Context, args []string, interval time.Duration) error {
	known := map[string]bool{}
	failing := false
	for first := true; ; first = false {
		listing, cancel := context.WithTimeout(ctx, max(interval, w.a.flags.timeout))
		entries, err := w.a.list(listing, w.client, args, false)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the list was given up
		case err != nil && first:
			return err
		case err != nil && !failing:
			w.a.note("nacre: new configs are not seen: %v", w.t.refused(err))
		case err == nil && failing:
			w.a.note("nacre: new configs are seen again")
		case err == nil && first && len(entries) == 0:
			w.a.note("nacre: no config matches yet")
		}
		failing = err != nil
		for _, e := range entries {
			switch {
			case known[e.Key.DataID]:
			case len(known) >= maxWatched && first:
				return usage("more than %d configs match; give a pattern that matches fewer", maxWatched)
			case len(known) >= maxWatched:
				w.a.note("nacre: %s is not watched: at most %d are", e.Key.DataID, maxWatched)
				known[e.Key.DataID] = true
			default:
				known[e.Key.DataID] = true
				w.add(ctx, watched{e.Key.DataID, e.Key.DataID, nil}, !first)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
	}
}

// errCounted ends a watch that has printed what it was asked for.
var errCounted = errors.New("counted")

// watcher prints the states of all watched configs.
type watcher struct {
	a       *app
	t       *target
	client  *nacos.Client
	lenient bool // a config that may not be read ends nothing
	group   sync.WaitGroup
	mu      sync.Mutex
	left    int
	bounded bool
	stop    context.CancelCauseFunc
}

// follow prints the states of one config until ctx ends or the config cannot be followed.
func (w *watcher) follow(ctx context.Context, src source.Source, name, dataID string, isNew bool) error {
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
			if err := w.print(seen{Config: name, Op: "failing", Error: w.t.refused(err).Error()}, false); err != nil {
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
		if s.Op == "now" && isNew {
			s.Op = "created"
		}
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
