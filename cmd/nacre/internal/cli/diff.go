package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/providers/nacos"
)

// pair is a document on both sides of a comparison; nil where it does not exist.
type pair struct {
	name     string // for a person: "orders.yaml@41 → orders.yaml"
	short    string // for --output name: the config, or a file if there is none
	old, now *blob
}

// blob is a content with what is known of its format.
type blob struct {
	name, kind string
	content    []byte
}

func newDiff(a *app) *cobra.Command {
	var to elsewhere
	var asText bool
	cmd := &cobra.Command{
		Use:   "diff [CONFIG|PATTERN|FILE|FOLDER] [CONFIG|FILE]",
		Short: "Compare configs, files, revisions, namespaces or contexts",
		Long: `Compare two documents, or the configs of two places, key by key.

An argument is a config (DATA-ID, GROUP/DATA-ID or NAMESPACE/GROUP/DATA-ID), a revision of it
(DATA-ID@REVISION, see "nacre history"), or a file: a path that begins with ./, ../ or /, file:PATH,
or - for stdin.

  two arguments              compare the first with the second
  one file or folder         compare the server with the file, whose name is the data ID, or with
                             all files of a folder that nacre import accepts
  --to-context and the like  compare the configs that match PATTERN, default all, with those of
                             another context, namespace or group

A line is "+ key: value" for a key that only the second has, "- key: value" for one that only the
first has, and "~ key: old → new" with line and column in the second. Documents without keys, and
all documents with --text, are compared line by line. Values of secrets are never shown: of keys
with a word such as password, token, key or dsn, and values such as private keys, URLs with a
password and encrypted texts.

The records of releases, nacre.release.*, differ between servers. They are compared only if they are
named, or with --records.

The exit code is 0 if nothing differs, 1 if something does, and above 1 for an error.`,
		Example: `  nacre diff ./orders.yaml
  nacre diff orders.yaml@41 orders.yaml
  nacre diff orders.yaml --to-context prod
  nacre diff --to-namespace staging 'orders*' -o name
  nacre get orders.yaml | sed s/20/50/ | nacre diff orders.yaml -`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.many(cmd)
			pairs, err := a.pairs(cmd, args, to)
			if err != nil {
				return err
			}
			return a.printPairs(cmd.Context(), pairs, asText)
		},
	}
	f := cmd.Flags()
	f.StringVar(&to.context, "to-context", "", "compare with this context")
	f.StringVar(&to.namespace, "to-namespace", "", "compare with this namespace")
	f.StringVar(&to.group, "to-group", "", "compare with this group")
	f.BoolVar(&to.records, "records", false, "compare the records of releases too")
	f.BoolVar(&asText, "text", false, "compare line by line")
	return cmd
}

// elsewhere is the second place of a comparison.
type elsewhere struct {
	context, namespace, group string
	records                   bool // of releases, too
}

// given reports whether a second place is named.
func (e elsewhere) given() bool { return e.context != "" || e.namespace != "" || e.group != "" }

func (a *app) pairs(cmd *cobra.Command, args []string, to elsewhere) ([]pair, error) {
	ctx := cmd.Context()
	switch {
	case to.given():
		if len(args) > 1 || len(args) == 1 && isFile(args[0]) {
			return nil, usage("--to-context, --to-namespace and --to-group compare the configs that one pattern matches")
		}
		return a.comparePlaces(ctx, args, to)
	case len(args) == 2:
		return a.compareTwo(ctx, args[0], args[1])
	case len(args) == 1 && isFile(args[0]):
		path := filePath(args[0])
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return a.compareFolder(ctx, path, to.records)
		}
		if args[0] == "-" {
			return nil, usage("diff - does not say which config to compare with; nacre diff CONFIG -")
		}
		return a.compareTwo(ctx, filepath.Base(path), args[0])
	case len(args) == 1:
		return nil, usage("diff of %s lacks what to compare with: a second argument, or --to-context, --to-namespace or --to-group; a file is written as ./%s", args[0], args[0])
	}
	return nil, usage("diff lacks what to compare; nacre diff --help has examples")
}

func isFile(arg string) bool {
	return arg == "-" || arg == "." || arg == ".." || strings.HasPrefix(arg, "file:") || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") ||
		strings.HasPrefix(arg, `.\`) || strings.HasPrefix(arg, `..\`) || filepath.IsAbs(arg)
}

func filePath(arg string) string { return strings.TrimPrefix(arg, "file:") }

// compareTwo compares two documents, each a file, a config or a revision of one. The name of the
// other one decides the format of stdin.
func (a *app) compareTwo(ctx context.Context, first, second string) ([]pair, error) {
	if first == "-" && second == "-" {
		return nil, usage("stdin is only one document")
	}
	var p pair
	for i, arg := range []string{first, second} {
		b, err := a.load(ctx, arg, []string{second, first}[i])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			p.old = b
		} else {
			p.now = b
		}
	}
	if p.old == nil && p.now == nil {
		return nil, exit.With(exit.NotFound, fmt.Errorf("neither %s nor %s exists", first, second), "")
	}
	p.name, p.short = second, shortName(first, second)
	if first != second {
		p.name = first + " → " + second
	}
	return []pair{p}, nil
}

// shortName returns the name of the config that is compared, without a revision, or else that of a
// file.
func shortName(first, second string) string {
	for _, arg := range []string{first, second} {
		if !isFile(arg) {
			name, _, _ := strings.Cut(arg, "@")
			return name
		}
	}
	if second == "-" {
		return first
	}
	return second
}

// load reads one document; nil for a config that does not exist.
func (a *app) load(ctx context.Context, arg, other string) (*blob, error) {
	if isFile(arg) {
		return a.readFile(arg, other)
	}
	t, err := a.target()
	if err != nil {
		return nil, err
	}
	name, id, hasRevision := strings.Cut(arg, "@")
	dataID, options, err := t.at(name)
	if err != nil {
		return nil, err
	}
	var b *blob
	err = a.openTarget(ctx, t, func(ctx context.Context, c *nacos.Client, _ *target) error {
		var item nacos.Item
		if hasRevision {
			number, err := revision(id)
			if err != nil {
				return err
			}
			if item, err = contentOf(ctx, c, dataID, number, false, options); err != nil {
				return err
			}
		} else if item, err = c.Get(ctx, dataID, options...); err != nil {
			if absent(err) {
				return nil
			}
			return err
		}
		b = &blob{dataID, item.Type, item.Content}
		return nil
	})
	return b, err
}

func (a *app) readFile(arg, other string) (*blob, error) {
	if arg == "-" {
		name, _, _ := strings.Cut(other, "@")
		content, err := io.ReadAll(a.env.In)
		return &blob{name: filepath.Base(filePath(name)), content: content}, err
	}
	content, err := os.ReadFile(filePath(arg))
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	return &blob{name: filepath.Base(filePath(arg)), content: content}, nil
}

// compareFolder compares the server with the files of a folder.
func (a *app) compareFolder(ctx context.Context, dir string, records bool) ([]pair, error) {
	t, err := a.target()
	if err != nil {
		return nil, err
	}
	list, err := a.readFolder(dir, t)
	if err != nil {
		return nil, err
	}
	list.Configs, _ = a.withoutRecordFiles(list.Configs, records)
	pairs := make([]pair, len(list.Configs))
	return pairs, a.openTarget(ctx, t, func(ctx context.Context, c *nacos.Client, _ *target) error {
		return parallel.Each(ctx, workers, len(pairs), func(ctx context.Context, i int) error {
			config := list.Configs[i]
			pairs[i] = pair{name: config.Name(), short: config.Name(), now: &blob{config.DataID, config.Type, config.Content}}
			item, err := c.Get(ctx, config.DataID, nacos.Group(config.Group))
			switch {
			case err == nil:
				pairs[i].old = &blob{config.DataID, item.Type, item.Content}
			case !absent(err):
				return err
			}
			return nil
		})
	})
}

// comparePlaces compares the configs of the target with those of another place. A single name
// without a * needs no list, and so no permission for one.
func (a *app) comparePlaces(ctx context.Context, args []string, to elsewhere) ([]pair, error) {
	var sides [2]map[string]*blob
	for i := range sides {
		t, err := a.place(i == 1, to)
		if err != nil {
			return nil, err
		}
		err = a.openTarget(ctx, t, func(ctx context.Context, c *nacos.Client, _ *target) (err error) {
			sides[i], err = a.contentsOf(ctx, c, t, args, to.group != "" || a.flags.group != "", to.records)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(sides[0]) == 0 && len(sides[1]) == 0 {
		return nil, exit.With(exit.NotFound, errors.New("no config matches on either side"), "")
	}
	return pairUp(sides[0], sides[1]), nil
}

func (a *app) place(second bool, to elsewhere) (*target, error) {
	if !second {
		return a.target()
	}
	if to.context == "" {
		t, err := a.target()
		if err == nil {
			t.override(to.namespace, to.group)
		}
		return t, err
	}
	if len(a.flags.servers) > 0 {
		return nil, usage("--server and --to-context exclude each other; make a context for the first place too")
	}
	t, err := a.chosen(to.context)
	if err == nil {
		t.override(to.namespace, to.group)
	}
	return t, err
}

// contentsOf returns the configs that match the pattern, by GROUP/DATA-ID, or by data ID where two
// groups are compared.
func (a *app) contentsOf(ctx context.Context, c *nacos.Client, t *target, args []string, oneGroup, records bool) (map[string]*blob, error) {
	found := map[string]*blob{}
	if len(args) == 1 && !strings.Contains(args[0], "*") {
		dataID, options, err := t.at(args[0])
		if err != nil {
			return nil, err
		}
		item, err := c.Get(ctx, dataID, options...)
		if absent(err) {
			return found, nil
		}
		found[args[0]] = &blob{dataID, item.Type, item.Content}
		return found, err
	}
	entries, err := a.list(ctx, c, args, !oneGroup)
	if err != nil {
		return nil, err
	}
	entries = a.withoutRecords(entries, records, args)
	blobs := make([]*blob, len(entries))
	err = parallel.Each(ctx, workers, len(entries), func(ctx context.Context, i int) error {
		item, err := c.Get(ctx, entries[i].Key.DataID, nacos.Group(entries[i].Key.Group))
		if absent(err) { // deleted meanwhile
			return nil
		}
		blobs[i] = &blob{entries[i].Key.DataID, item.Type, item.Content}
		return err
	})
	for i, b := range blobs {
		name := entries[i].Key.DataID
		if !oneGroup {
			name = entries[i].Key.Group + "/" + name
		}
		if b != nil {
			found[name] = b
		}
	}
	return found, err
}
