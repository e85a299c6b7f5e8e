package cli

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

func newMan(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the man pages into a folder",
		Long: `Write a man page for each command into a folder, which is made if it does not exist. For
"man nacre" to find them, the folder is one of man1 below a folder of MANPATH.`,
		Example: `  nacre man ~/.local/share/man/man1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return exit.With(exit.Local(err), err, "")
			}
			// Without a title, each page has the name of its command.
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1", Source: "nacre " + version(), Manual: "nacre"}, args[0])
		},
	}
}
