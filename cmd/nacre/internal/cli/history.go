package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/providers/nacos"
)

// change is an entry of a history in JSON.
type change struct {
	Revision int64     `json:"revision"`
	Time     time.Time `json:"time"`
	Op       string    `json:"op"`
	User     string    `json:"user,omitempty"`
	IP       string    `json:"ip,omitempty"`
	App      string    `json:"app,omitempty"`
}

func newHistory(a *app) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "history CONFIG",
		Short: "List the changes of a config",
		Long: `List the changes of a config that the server has kept, newest first. Servers keep 30 days unless
they are set up otherwise.

A revision is a change; "nacre show CONFIG REVISION" prints the content that it made. USER is who
the publisher said they are: a server does not check it. A config that was deleted has a history
too; the exit code is 9 if the config does not exist and has none.

The history uses the HTTP interface of the server, for which a Nacos 3 requires an administrator.`,
		Example: `  nacre history orders.yaml
  nacre history orders.yaml --limit 1 -o name`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("limit %d is negative", limit)
			}
			return a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, t *target, dataID string, options []nacos.SourceOption) error {
				entries, err := c.History(ctx, dataID, limit, options...)
				if err != nil {
					return overHTTP(err, "the history")
				}
				if len(entries) == 0 {
					switch _, err := c.Get(ctx, dataID, options...); {
					case absent(err):
						return exit.With(exit.NotFound, fmt.Errorf("config %s does not exist, and the server has no change of it", t.full(args[0])), "nacre ls --all-groups lists the configs")
					case err != nil:
						return err
					}
					a.note("the server has no change of %s", t.full(args[0]))
				}
				return a.print(historyResult(entries))
			})
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "l", 20, "number of changes; 0 lists all")
	return cmd
}

func historyResult(entries []nacos.HistoryEntry) output.Result {
	items := make([]change, len(entries))
	r := output.Result{Header: []string{"REVISION", "TIME", "OP", "USER", "IP", "APP"}}
	for i, e := range entries {
		items[i] = change{e.ID, e.Time, e.Op, e.User, e.IP, e.App}
		id := strconv.FormatInt(e.ID, 10)
		r.Rows = append(r.Rows, []string{id, moment(e.Time), e.Op, e.User, e.IP, e.App})
		r.Names = append(r.Names, id)
	}
	r.Value = struct {
		Items []change `json:"items"`
	}{items}
	return r
}

func newShow(a *app) *cobra.Command {
	var before bool
	cmd := &cobra.Command{
		Use:   "show CONFIG REVISION",
		Short: "Print the content that a change made",
		Long: `Print the content that a change made, byte by byte, or with --before the content that it replaced.
REVISION is a number of "nacre history CONFIG".

The exit code is 9 if the server has no such revision, or if the revision deleted the config. The
history uses the HTTP interface of the server, for which a Nacos 3 requires an administrator.`,
		Example: `  nacre show orders.yaml 42
  nacre show orders.yaml 42 --before > orders.yaml`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := revision(args[1])
			if err != nil {
				return err
			}
			return a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, _ *target, dataID string, options []nacos.SourceOption) error {
				item, err := contentOf(ctx, c, dataID, id, before, options)
				if err != nil {
					return err
				}
				return a.printItem(item)
			})
		},
	}
	cmd.Flags().BoolVar(&before, "before", false, "the content that the change replaced")
	return cmd
}

func revision(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, usage("revision %q is not a number of the history; nacre history lists them", text)
	}
	return id, nil
}

// contentOf returns the content that a change made, or the one before it. Nacos stores with each
// change the content before it, and for an insert the inserted one: so what a change made is with
// the next change, and of the newest change on the server.
func contentOf(ctx context.Context, c *nacos.Client, dataID string, id int64, before bool, options []nacos.SourceOption) (nacos.Item, error) {
	entries, err := c.History(ctx, dataID, 0, options...)
	if err != nil {
		return nacos.Item{}, overHTTP(err, "the history")
	}
	i := slices.IndexFunc(entries, func(e nacos.HistoryEntry) bool { return e.ID == id })
	if i < 0 {
		return nacos.Item{}, exit.With(exit.NotFound, fmt.Errorf("revision %d of %s does not exist", id, dataID), "nacre history "+dataID+" lists the revisions")
	}
	switch e := entries[i]; {
	case before && e.Op == "insert":
		return nacos.Item{}, exit.With(exit.NotFound, fmt.Errorf("config %s did not exist before revision %d", dataID, id), "")
	case !before && e.Op == "delete":
		return nacos.Item{}, exit.With(exit.NotFound, fmt.Errorf("revision %d deleted %s", id, dataID), "--before prints the content that it deleted")
	case before, e.Op == "insert":
		item, err := c.PreviousContent(ctx, e)
		return item, overHTTP(err, "the history")
	case i > 0 && entries[i-1].Op == "insert":
		return nacos.Item{}, exit.With(exit.NotFound, fmt.Errorf("content of revision %d of %s is unknown: the server has not kept the change after it", id, dataID), "")
	case i > 0:
		item, err := c.PreviousContent(ctx, entries[i-1])
		return item, overHTTP(err, "the history")
	}
	return c.Get(ctx, dataID, options...)
}
