package cli

import "github.com/spf13/cobra"

// newRoot returns the command nacre with all of its commands.
func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "nacre",
		Short:         "Read, compare and publish the configuration on a Nacos server",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetArgs(env.Args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.AddCommand(newVersion(env))
	return root
}
