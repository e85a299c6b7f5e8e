package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// imported is what an import does with a config, in JSON.
type imported struct {
	Group  string `json:"group"`
	DataID string `json:"data_id"`
	Action string `json:"action"` // create, update, none, conflict
	Status string `json:"status"` // planned, done, failed, not tried, not needed
	OldMD5 string `json:"old_md5,omitempty"`
	NewMD5 string `json:"new_md5"`
	Why    string `json:"why,omitempty"`

	config folder.Config
}

func (i *imported) name() string { return i.Group + "/" + i.DataID }

func newImport(a *app) *cobra.Command {
	var consent consent
	var dryRun, overwrite, noCAS, records bool
	cmd := &cobra.Command{
		Use:   "import FOLDER",
		Short: "Publish the files of a folder",
		Long: `Publish the files of a folder that nacre export has written, or of one with files GROUP/DATA-ID. A
folder with files and no folders in it is that of one group, of --group or the context. Hidden files
and temporary files of editors are ignored, and stderr says so. Only configs that differ are
published, with their metadata. Nothing is deleted.

If the folder was exported from the same server and namespace, a config that has changed there since
the export is a conflict: then nothing is published, and the exit code is 6. --overwrite publishes
all the same. Afterwards ` + folder.ListName + ` has the md5s that the server has now, so
that you can edit the files again.

Each publish is a compare-and-set, so that a change which comes between is a conflict and is not
lost. Two programs that create the same config at the same moment are not protected, since servers
cannot do that. If a publish fails after others have succeeded, the exit code is 8, and the output
says what was done. Run the command again for the rest.

Before it updates a config, the command checks with a config of its own, nacre.probe.*, that the
server honors compare-and-set. r-nacos does not; --no-cas publishes all the same.

Records of releases in the folder are left out, unless --records is given: they belong to the server
where nacre apply has written them. Records of hooks (nacre once) are always left out.

Documents in a format with keys are checked first, and a document that cannot be decoded is an
error (5) before anything is published.

A protected context requires --yes and --reason.`,
		Example: `  nacre import ./configs --dry-run
  nacre import ./configs --context prod --yes --reason "more connections, OPS-123"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.publishes = true
			t, err := a.target()
			if err != nil {
				return err
			}
			list, err := a.readFolder(args[0], t)
			if err != nil {
				return err
			}
			if !dryRun {
				if err := consent.check(t); err != nil {
					return err
				}
			}
			var left []folder.Config
			list.Configs, left = a.withoutRecordFiles(list.Configs, records)
			for _, c := range list.Configs {
				if _, err := document.Decode(cmd.Context(), c.Group+"/"+c.DataID, c.Type, c.Content); err != nil && !errors.Is(err, document.ErrNoKeys) {
					return err
				}
			}
			a.many(cmd)
			return a.openTarget(cmd.Context(), t, func(ctx context.Context, c *nacos.Client, t *target) error {
				base := list.Origin == t.origin() && !overwrite
				items := make([]imported, len(list.Configs))
				if err := parallel.Each(ctx, workers, len(items), func(ctx context.Context, i int) (err error) {
					items[i], err = planned(ctx, c, list.Configs[i], base)
					return err
				}); err != nil {
					return err
				}
				err := conflicts(items)
				if err == nil && !dryRun && !noCAS {
					err = a.probe(ctx, c, items)
				}
				if err == nil && !dryRun {
					a.leaves("a part of the configs may be published; run the command again for the rest")
					err = a.publishAll(ctx, c, items, consent)
					if list.Origin == t.origin() {
						err = errors.Join(err, rebase(args[0], folder.List{Origin: list.Origin, Configs: append(list.Configs, left...)}, items))
					}
				}
				if err != nil {
					notTried(items)
				}
				return errors.Join(a.print(importResult(items)), err)
			})
		},
	}
	consent.addFlags(cmd, a, reasonProtected)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be done, and do nothing")
	cmd.Flags().BoolVar(&records, "records", false, "also the records of releases")
	cmd.Flags().BoolVar(&noCAS, "no-cas", false, "publish also on a server that does not honor compare-and-set")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "publish also what has changed on the server since the export")
	return cmd
}

// readFolder reads the configs of a folder, and says which files are none.
func (a *app) readFolder(dir string, t *target) (folder.List, error) {
	list, err := folder.Read(dir, cmp.Or(t.config.Group, "DEFAULT_GROUP"))
	for _, file := range list.Ignored {
		a.note("ignored %s", file)
	}
	return list, err
}

// planned decides what to do with a config. With base, its md5 is the state that the file was
// edited from.
func planned(ctx context.Context, c *nacos.Client, config folder.Config, base bool) (imported, error) {
	p := imported{Group: config.Group, DataID: config.DataID, NewMD5: folder.Sum(config.Content), Status: "planned", config: config}
	item, err := c.Get(ctx, config.DataID, nacos.Group(config.Group))
	switch {
	case absent(err):
		p.Action = "create"
		if base && config.MD5 != "" {
			p.Action, p.Why = "conflict", "was deleted on the server since the export"
		}
		return p, nil
	case err != nil:
		return p, err
	}
	p.OldMD5, p.Action = item.MD5, "update"
	switch {
	case p.OldMD5 == p.NewMD5:
		p.Action, p.Status = "none", "not needed"
	case base && config.MD5 == "":
		p.Action, p.Why = "conflict", "exists on the server, and not in the export"
	case base && config.MD5 != p.OldMD5:
		p.Action, p.Why = "conflict", "has changed on the server since the export"
	}
	return p, nil
}

func conflicts(items []imported) error {
	n := 0
	for i := range items {
		if items[i].Action == "conflict" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return exit.With(exit.Conflict, fmt.Errorf("changed on the server since the export: %s; nothing is published", plural.Count(n, "config")),
		"compare with nacre diff, export again, or give --overwrite")
}

// probe returns an error if the server ignores compare-and-set, on which updates rely. It only
// warns if the user may not write the config of the probe.
func (a *app) probe(ctx context.Context, c *nacos.Client, items []imported) error {
	updates := slices.IndexFunc(items, func(i imported) bool { return i.Action == "update" })
	if updates < 0 {
		return nil
	}
	switch err := c.ProbeIfMD5(ctx, nacos.Group(items[updates].Group)); {
	case errors.Is(err, nacos.NotSupported):
		return exit.With(exit.Failed, err, "the change of another publisher could be overwritten; --no-cas publishes all the same")
	case errors.Is(err, source.PermissionDenied):
		a.note("warning: whether the server honors compare-and-set is not known: %v", err)
		return nil
	default:
		return err
	}
}

// notTried marks what was planned when an import ended early.
func notTried(items []imported) {
	for i := range items {
		if items[i].Status == "planned" {
			items[i].Status = "not tried"
		}
	}
}

// publishAll publishes in order until one fails, and then waits until the server returns what was
// published.
func (a *app) publishAll(ctx context.Context, c *nacos.Client, items []imported, by consent) error {
	done := 0
	var failed error
	for i := range items {
		item := &items[i]
		switch {
		case item.Action == "none":
			continue
		case failed != nil:
			continue
		}
		if err := c.Publish(ctx, item.DataID, item.config.Content, by.options(item)...); err != nil {
			item.Status, item.Why = "failed", err.Error()
			failed = err
			continue
		}
		item.Status = "done"
		done++
	}
	if failed != nil { // the next command would take what is not shown yet for a change of someone else
		_ = readBack(ctx, c, items)
	}
	switch {
	case failed != nil && done > 0:
		return exit.With(exit.Partly, fmt.Errorf("published %s, then: %w", plural.Count(done, "config"), failed), "run the command again for the rest")
	case failed != nil:
		return failed
	}
	return readBack(ctx, c, items)
}

// rebase records in the folder what the server has now: the state from which the files are edited
// next.
func rebase(dir string, list folder.List, items []imported) error {
	for i := range items {
		if items[i].Status == "done" || items[i].Status == "not needed" {
			list.Configs[i].MD5 = items[i].NewMD5
		}
	}
	list.Configs = slices.DeleteFunc(list.Configs, func(c folder.Config) bool { return c.MD5 == "" }) // was not published
	return folder.WriteList(dir, list)
}

// options are those of the publish of a config: as a compare-and-set, with its metadata, its author
// and the reason.
func (k *consent) options(item *imported) []nacos.PublishOption {
	f := item.config
	m := nacos.Metadata{
		Description: f.Description, Tags: f.Tags, App: f.App, Type: f.Type, Use: f.Use, Effect: f.Effect, Schema: f.Schema, EncryptedDataKey: f.DataKey,
	}
	options := []nacos.PublishOption{nacos.Group(item.Group)}
	switch {
	case f.Listed:
		if k.reason != "" {
			m.Description = described(m.Description, k.author, k.reason)
		}
		options = append(options, nacos.WithMetadata(m))
	case item.OldMD5 != "":
		options = append(options, nacos.KeepMetadata())
		fallthrough
	default:
		if k.reason != "" {
			options = append(options, nacos.Description(described("", k.author, k.reason)))
		}
	}
	if item.OldMD5 != "" {
		options = append(options, nacos.IfMD5(item.OldMD5))
	}
	if k.author != "" {
		options = append(options, nacos.Author(k.author))
	}
	return options
}

// described returns a description with the reason of a change at its end, in place of the last one.
func described(text, author, reason string) string {
	const most = 128 // characters that a server accepts
	text, _, _ = strings.Cut(text, " [nacre ")
	note := "[nacre by=" + author + ": " + reason + "]"
	if text == "" || strings.HasPrefix(text, "[nacre ") {
		return cut(note, most)
	}
	note = cut(note, most/2)
	return cut(text, most-1-len([]rune(note))) + " " + note
}

// cut returns the beginning of a text that has at most n characters.
func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}

// readBack waits until reads see what was published: a server answers a publish before that.
func readBack(ctx context.Context, c *nacos.Client, items []imported) error {
	return parallel.Each(ctx, workers, len(items), func(ctx context.Context, i int) error {
		item := &items[i]
		for item.Status == "done" {
			got, err := c.Get(ctx, item.DataID, nacos.Group(item.Group))
			if err == nil && got.MD5 == item.NewMD5 {
				return nil
			}
			if err != nil && !absent(err) {
				return err
			}
			select {
			case <-ctx.Done():
				if err := context.Cause(ctx); errors.Is(err, errInterrupted) {
					return err
				}
				return exit.With(exit.NotConverged, fmt.Errorf("config %s is published, and the server does not return it yet", item.name()), "another change may have followed; see nacre history "+item.name())
			case <-time.After(200 * time.Millisecond): // a server is slowed down by more
			}
		}
		return nil
	})
}

func importResult(items []imported) output.Result {
	r := output.Result{
		Value: struct {
			Items []imported `json:"items"`
		}{items},
		Header: []string{"CONFIG", "ACTION", "STATUS", "OLD MD5", "NEW MD5", "WHY"},
	}
	for i := range items {
		item := &items[i]
		r.Rows = append(r.Rows, []string{item.name(), item.Action, item.Status, brief(item.OldMD5), brief(item.NewMD5), strings.ReplaceAll(item.Why, "\n", " ")})
		if item.Action != "none" {
			r.Names = append(r.Names, item.name())
		}
	}
	return r
}
