package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
)

func newExport(a *app) *cobra.Command {
	var allGroups, records bool
	cmd := &cobra.Command{
		Use:   "export FOLDER [PATTERN]",
		Short: "Write the configs of a namespace as files into a folder",
		Long: `Write the configs of a namespace as files into a folder: each as GROUP/DATA-ID, with the bytes that
the server has. The file ` + folder.ListName + ` has what the server keeps besides: type,
description, tags and the like, and the md5.

The records of releases, nacre.release.*, are not configuration: they say what this server has, and
would mislead nacre apply elsewhere. They are left out, unless --records is given or PATTERN names
them. The records of hooks (nacre once) are always left out.

The folder must be new, empty, or an export; files of configs that are gone from the server stay.
Contents may hold secrets, so only you can read the files. Listing uses the HTTP interface of the
server, for which a Nacos 3 may require an administrator.`,
		Example: `  nacre export ./configs
  nacre export ./configs 'orders*' --all-groups`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.many(cmd)
			return a.open(cmd.Context(), func(ctx context.Context, c *nacos.Client, t *target) error {
				entries, err := a.list(ctx, c, args[1:], allGroups)
				if err != nil {
					return err
				}
				entries = a.withoutRecords(entries, records, args[1:])
				if len(entries) == 0 {
					return exit.With(exit.NotFound, errors.New("no config matches"), "nacre ls --all-groups lists what there is")
				}
				list := folder.List{Origin: t.origin(), Configs: make([]folder.Config, len(entries))}
				err = parallel.Each(ctx, workers, len(entries), func(ctx context.Context, i int) (err error) {
					list.Configs[i], err = exported(ctx, c, entries[i].Key)
					return err
				})
				if err != nil {
					return err
				}
				list.Configs = slices.DeleteFunc(list.Configs, func(c folder.Config) bool { return c.DataID == "" })
				list.Configs = a.withoutHookRecords(list.Configs)
				if err := folder.Write(args[0], list); err != nil {
					return err
				}
				a.note("exported %s to %s", plural.Count(len(list.Configs), "config"), args[0])
				return nil
			})
		},
	}
	cmd.Flags().BoolVarP(&allGroups, "all-groups", "A", false, "of all groups")
	cmd.Flags().BoolVar(&records, "records", false, "also the records of releases")
	return cmd
}

// withoutRecords returns the configs of a list without the records of releases, unless they are
// asked for.
func (a *app) withoutRecords(entries []nacos.ListEntry, asked bool, pattern []string) []nacos.ListEntry {
	if asked || len(pattern) > 0 && strings.HasPrefix(pattern[0], "nacre.") {
		return entries
	}
	kept := slices.DeleteFunc(slices.Clone(entries), func(e nacos.ListEntry) bool { return release.IsRecord(e.Key.DataID) })
	if left := len(entries) - len(kept); left > 0 {
		a.note("%s of releases left out; --records includes them", plural.Count(left, "record"))
	}
	return kept
}

// withoutHookRecords returns configs without the records of hooks: to publish an old one would make
// a fleet run a hook again, and take a claim from an instance that runs.
func (a *app) withoutHookRecords(configs []folder.Config) []folder.Config {
	kept := slices.DeleteFunc(slices.Clone(configs), func(c folder.Config) bool {
		_, err := fleetonce.Record{Data: c.Content}.Status()
		return err == nil
	})
	if left := len(configs) - len(kept); left > 0 {
		a.note("%s of hooks left out; nacre once create makes %s", plural.Count(left, "record"), plural.Verb(left, "it", "them"))
	}
	return kept
}

// withoutRecordFiles returns the configs of a folder without the records of releases, and these.
// Records of hooks are never among the former.
func (a *app) withoutRecordFiles(configs []folder.Config, asked bool) (kept, records []folder.Config) {
	configs = a.withoutHookRecords(configs)
	for _, c := range configs {
		if release.IsRecord(c.DataID) && !asked {
			records = append(records, c)
		} else {
			kept = append(kept, c)
		}
	}
	if len(records) > 0 {
		a.note("%s of releases left out; --records includes them", plural.Count(len(records), "record"))
	}
	return kept, records
}

// origin says from where configs are, to recognize a folder that was exported from there.
func (t *target) origin() string {
	servers := append([]string{t.config.Endpoint}, t.config.Servers...)
	slices.Sort(servers)
	return strings.Trim(strings.Join(servers, ","), ",") + "/" + namespaceName(t.config.Namespace)
}

// exported reads a config with its metadata; the zero Config if it was deleted meanwhile.
func exported(ctx context.Context, c *nacos.Client, k nacos.Key) (folder.Config, error) {
	item, err := c.Get(ctx, k.DataID, nacos.Group(k.Group))
	if absent(err) {
		return folder.Config{}, nil
	}
	if err != nil {
		return folder.Config{}, err
	}
	m, err := c.Metadata(ctx, k.DataID, nacos.Group(k.Group))
	if err != nil {
		return folder.Config{}, overHTTP(fmt.Errorf("metadata of %s: %w", k, err), "export")
	}
	return folder.Config{
		Group: k.Group, DataID: k.DataID, MD5: item.MD5, Type: m.Type, Description: m.Description, Tags: m.Tags, App: m.App,
		Use: m.Use, Effect: m.Effect, Schema: m.Schema, DataKey: m.EncryptedDataKey, Content: item.Content,
	}, nil
}
