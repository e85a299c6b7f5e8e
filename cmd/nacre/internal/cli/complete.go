package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
	"github.com/nacre-go/nacre/providers/nacos"
)

// completionTime is how long a shell waits for names.
const completionTime = 2 * time.Second

type completion = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// complete sets what the shell completes: contexts, and the data IDs and groups of the server. A
// server that does not answer in time completes nothing, and prints nothing either.
func (a *app) complete(root *cobra.Command) {
	fixed := func(names []string) completion {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names, cobra.ShellCompDirectiveNoFileComp
		}
	}
	_ = root.RegisterFlagCompletionFunc("output", fixed(output.Formats())) // it fails for an unknown flag only, which a test would see
	_ = root.RegisterFlagCompletionFunc("color", fixed(terminal.Modes()))
	_ = root.RegisterFlagCompletionFunc("context", a.contextNames)
	_ = root.RegisterFlagCompletionFunc("group", a.groups)
	for name, f := range map[string]completion{
		"get": only(1, a.dataIDs), "history": only(1, a.dataIDs), "show": only(1, a.dataIDs), "who": only(1, a.dataIDs),
		"ls": only(1, a.dataIDs), "doctor": only(1, a.dataIDs), "watch": a.dataIDs, "diff": a.dataIDsAndFiles,
	} {
		if cmd, _, err := root.Find([]string{name}); err == nil {
			cmd.ValidArgsFunction = f
		}
	}
	for _, name := range []string{"status", "retry"} {
		if cmd, _, err := root.Find([]string{"once", name}); err == nil {
			cmd.ValidArgsFunction = only(1, a.dataIDs)
		}
	}
	for name, f := range map[string]completion{
		"plan": only(1, a.environments), "verify": only(1, a.environments), "rollback": only(2, a.environments),
	} {
		if cmd, _, err := root.Find([]string{name}); err == nil {
			cmd.ValidArgsFunction = f
		}
	}
	if cmd, _, err := root.Find([]string{"check"}); err == nil {
		_ = cmd.RegisterFlagCompletionFunc("environment", a.environments)
	}
	for _, name := range []string{"use", "show", "delete", "set"} {
		if cmd, _, err := root.Find([]string{"context", name}); err == nil {
			cmd.ValidArgsFunction = only(1, a.contextNames)
		}
	}
	for _, name := range []string{"to-context", "to-group"} {
		if cmd, _, err := root.Find([]string{"diff"}); err == nil {
			_ = cmd.RegisterFlagCompletionFunc(name, map[string]completion{"to-context": a.contextNames, "to-group": a.groups}[name])
		}
	}
}

// only completes the first n arguments.
func only(n int, f completion) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

func (a *app) contextNames(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	file, err := a.contexts()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return beginning(file.Names(), typed), cobra.ShellCompDirectiveNoFileComp
}

// environments completes the environments of the repository in --dir, and for a second argument the
// releases that have a rollback file.
func (a *app) environments(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	f := asCode{dir: cmd.Flag("dir").Value.String()}
	if state := cmd.Flag("state"); state != nil {
		f.state = state.Value.String()
	}
	var names []string
	if cmd.Name() == "rollback" && len(args) == 1 {
		names, _ = f.store().List(args[0])
	} else if r, err := repository.Open(f.dir); err == nil {
		for _, env := range r.Environments {
			names = append(names, env.Name)
		}
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func beginning(names []string, typed string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, typed) })
}

// dataIDs completes data IDs, or GROUP/DATA-ID once the group is typed.
func (a *app) dataIDs(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	group, start, inGroup := strings.Cut(typed, "/")
	if !inGroup {
		group, start = "", typed
	}
	var names []string
	for _, e := range a.known(cmd, start+"*", group) {
		name := e.Key.DataID
		if inGroup {
			name = group + "/" + name
		}
		names = append(names, name)
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) dataIDsAndFiles(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 || isFile(typed) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	names, _ := a.dataIDs(cmd, args, typed)
	return names, cobra.ShellCompDirectiveDefault
}

func (a *app) groups(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, e := range a.known(cmd, "*", "*") {
		names = append(names, e.Key.Group)
	}
	slices.Sort(names)
	return beginning(slices.Compact(names), typed), cobra.ShellCompDirectiveNoFileComp
}

// known returns the configs that the server lists in time.
func (a *app) known(cmd *cobra.Command, pattern, group string) []nacos.ListEntry {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	quiet := *a
	env := *a.env
	env.Err = discard{}
	quiet.env, quiet.flags.timeout, quiet.connecting, quiet.flags.verbose = &env, completionTime, completionTime, false
	var entries []nacos.ListEntry
	_ = quiet.open(ctx, func(ctx context.Context, c *nacos.Client, _ *target) (err error) {
		var options []nacos.SourceOption
		if group != "" {
			options = append(options, nacos.Group(group))
		}
		entries, err = c.List(ctx, pattern, options...)
		return err
	})
	return entries
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
