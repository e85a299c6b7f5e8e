package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// listed is a config of a list in JSON.
type listed struct {
	Namespace   string    `json:"namespace"`
	Group       string    `json:"group"`
	DataID      string    `json:"data_id"`
	Type        string    `json:"type,omitempty"`
	Size        *int      `json:"size,omitempty"` // missing if the server does not report it
	MD5         string    `json:"md5,omitempty"`
	App         string    `json:"app,omitempty"`
	Modified    time.Time `json:"modified,omitzero"`
	User        string    `json:"user,omitempty"`
	Description string    `json:"description,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Listeners   *int      `json:"listeners,omitempty"` // with --long
}

// workers is how many requests a command sends at once.
const workers = 8

func newList(a *app) *cobra.Command {
	var long, allGroups bool
	cmd := &cobra.Command{
		Use:     "ls [PATTERN]",
		Aliases: []string{"list"},
		Short:   "List the configs of a namespace",
		Long: `List the configs of a namespace, sorted by group and data ID.

In PATTERN, * stands for any text; quote it from the shell. Only the group of the context or of
--group is listed, unless --all-groups is given. A list does not have times on a Nacos 2, and no
sizes on a Nacos 3: --long asks for each config when it was published, by whom, and how many
addresses listen to it, which takes two more requests a config. A list may be empty: the exit code
is then 0, and 9 if the namespace does not exist.

The records of releases, nacre.release.*, are listed like all others.

Listing uses the HTTP interface of the server, for which a Nacos 3 may require an administrator.`,
		Example: `  nacre ls
  nacre ls 'orders*' --long
  nacre ls --all-groups -o name`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.many(cmd)
			return a.open(cmd.Context(), func(ctx context.Context, c *nacos.Client, t *target) error {
				entries, err := a.list(ctx, c, args, allGroups)
				if err != nil {
					return err
				}
				if len(entries) == 0 {
					where := "group " + cmp.Or(t.config.Group, "DEFAULT_GROUP") + " of "
					if allGroups {
						where = ""
					}
					a.note("no config of %snamespace %s matches", where, cmp.Or(t.config.Namespace, "public"))
				}
				items := make([]listed, len(entries))
				for i, e := range entries {
					items[i] = listedOf(e)
				}
				if long {
					if err := details(ctx, c, items); err != nil {
						return err
					}
				}
				return a.print(listResult(items, long, allGroups))
			})
		},
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "with time, author and listeners")
	cmd.Flags().BoolVarP(&allGroups, "all-groups", "A", false, "of all groups")
	return cmd
}

// list returns the configs that match the pattern of the arguments.
func (a *app) list(ctx context.Context, c *nacos.Client, args []string, allGroups bool) ([]nacos.ListEntry, error) {
	pattern := "*"
	if len(args) > 0 {
		pattern = args[0]
	}
	var options []nacos.SourceOption
	if allGroups {
		options = append(options, nacos.Group("*"))
	}
	entries, err := c.List(ctx, pattern, options...)
	if err == nil && len(entries) == 0 { // a server lists nothing in a namespace that does not exist
		_, err := c.Get(ctx, "nacre.none")
		if e, ok := errors.AsType[*source.Error](err); ok && errors.Is(err, nacos.NamespaceNotFound) {
			return nil, exit.With(exit.NotFound, fmt.Errorf("namespace %s does not exist", strings.SplitN(e.Document, "/", 2)[0]), e.Fix)
		}
	}
	return entries, overHTTP(err, "a list")
}

func listedOf(e nacos.ListEntry) listed {
	l := listed{
		Namespace: namespaceName(e.Key.Namespace), Group: e.Key.Group, DataID: e.Key.DataID,
		Type: e.Type, MD5: e.MD5, App: e.App, Modified: e.Modified,
	}
	if e.Size >= 0 {
		l.Size = &e.Size
	}
	return l
}

// details adds the metadata and the number of listeners.
func details(ctx context.Context, c *nacos.Client, items []listed) error {
	return parallel.Each(ctx, workers, len(items), func(ctx context.Context, i int) error {
		item := &items[i]
		m, err := c.Metadata(ctx, item.DataID, nacos.Group(item.Group))
		if err != nil {
			return overHTTP(err, "ls --long")
		}
		listeners, err := c.Listeners(ctx, item.DataID, nacos.Group(item.Group))
		if err != nil {
			return overHTTP(err, "ls --long")
		}
		n := len(listeners)
		item.Listeners, item.Description, item.Tags, item.User = &n, m.Description, m.Tags, m.User
		if m.Type != "" {
			item.Type = m.Type
		}
		if !m.Modified.IsZero() {
			item.Modified = m.Modified
		}
		return nil
	})
}

func listResult(items []listed, long, allGroups bool) output.Result {
	r := output.Result{
		Value: struct {
			Items []listed `json:"items"`
		}{items},
		Header: []string{"GROUP", "DATA ID", "TYPE", "SIZE", "MD5"},
	}
	if long {
		r.Header = []string{"GROUP", "DATA ID", "TYPE", "SIZE", "MODIFIED", "USER", "LISTENERS", "MD5"}
	}
	for _, item := range items {
		size := ""
		if item.Size != nil {
			size = strconv.Itoa(*item.Size)
		}
		row := []string{item.Group, item.DataID, item.Type, size}
		if long {
			row = append(row, moment(item.Modified), item.User, fmt.Sprint(*item.Listeners))
		}
		r.Rows = append(r.Rows, append(row, brief(item.MD5)))
		name := item.DataID
		if allGroups {
			name = item.Group + "/" + name
		}
		r.Names = append(r.Names, name)
	}
	return r
}

// moment is a time in a table, in UTC; empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// brief is the beginning of an md5, which is enough for a person to compare.
func brief(md5 string) string { return md5[:min(len(md5), 12)] }
