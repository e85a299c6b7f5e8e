package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// The groups of commands in the help.
const (
	reading    = "read"
	writing    = "write"
	releasing  = "release"
	examining  = "check"
	developing = "develop"
	settingUp  = "setup"
)

const rootLong = `nacre reads, compares and publishes the configuration that a Nacos server holds.

A context of the contexts file says which server, namespace and credentials to use. Without a
contexts file, the variables NACOS_SERVER_ADDR, NACOS_NAMESPACE, NACOS_USERNAME and the like do, as
for a service.

Data goes to stdout and everything else to stderr. Exit codes:

  0  done                          6  the server has changed meanwhile
  1  the compared things differ    7  instances did not apply the change in time, or a hook failed
  2  usage, or an unreadable file  8  partly done; the report says what
  3  server, instance unreachable  9  no such config, revision or key
  4  denied                       10  another failure
  5  content not valid           130  interrupted`

// newRoot returns the command nacre with all of its commands.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:               "nacre",
		Short:             "Read, compare and publish the configuration on a Nacos server",
		Long:              rootLong,
		Args:              onlyCommands,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.SetArgs(a.env.Args)
	root.SetIn(a.env.In)
	root.SetOut(a.env.Out)
	root.SetErr(a.env.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plainFlagError(err) })
	root.AddGroup(
		&cobra.Group{ID: reading, Title: "Read:"},
		&cobra.Group{ID: examining, Title: "Check:"},
		&cobra.Group{ID: writing, Title: "Write:"},
		&cobra.Group{ID: developing, Title: "Develop:"},
		&cobra.Group{ID: releasing, Title: "Release from a repository:"},
		&cobra.Group{ID: settingUp, Title: "Set up:"},
	)
	a.addFlags(root)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(reading, newRollout(a), newGet(a), newList(a), newHistory(a), newShow(a), newDiff(a), newWatch(a), newWho(a), newExplain(a), newExport(a), newOnce(a))
	add(examining, newCheck(a), newSchema(a), newImpact(a), newRoute(a), newDoctor(a))
	add(writing, newInstance(a), newImport(a))
	add(developing, newDev(a))
	add(releasing, newPlan(a), newApply(a), newCanary(a), newRollback(a), newVerify(a), newKeygen(a), newSign(a))
	add(settingUp, newContext(a), newMan(a), newVersion(a))
	root.SetHelpCommandGroupID(settingUp)
	root.SetCompletionCommandGroupID(settingUp)
	root.Version = version()
	root.SetVersionTemplate("nacre {{.Version}}\n")
	root.InitDefaultCompletionCmd("completion")
	if shells, _, err := root.Find([]string{"completion"}); err == nil {
		shells.Args, shells.RunE = onlyCommands, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	a.complete(root)
	return root
}

// plainFlagError replaces what Go's packages say of a value by what it must be.
func plainFlagError(err error) error {
	invalid, ok := errors.AsType[interface { // of the library, which does not export a constructor
		error
		GetValue() string
		Unwrap() error
	}](err)
	if !ok {
		return err
	}
	cause := invalid.Unwrap().Error()
	var must string
	number, isNumber := errors.AsType[*strconv.NumError](err)
	switch {
	case isNumber && number.Func == "ParseBool":
		must = "write true or false"
	case isNumber && number.Func == "ParseFloat":
		must = "write a number"
	case isNumber:
		must = "write a whole number that is not too large"
	case strings.HasPrefix(cause, "time: "):
		must = "write a duration such as 30s or 5m"
	default:
		return err
	}
	return errors.New(strings.TrimSuffix(err.Error(), cause) + must)
}

// onlyCommands refuses an argument that is not one of the commands below, and names similar ones.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", args[0])
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		text += ", did you mean " + strings.Join(similar, " or ") + "?"
	}
	return usage("%s", text)
}
