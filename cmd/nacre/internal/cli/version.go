package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of nacre",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
			}{version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			return a.print(output.Result{
				Value: v, Names: []string{v.Version},
				Text: func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "nacre %s %s %s\n", v.Version, v.Go, v.Platform)
					return err
				},
			})
		},
	}
}

// version returns the version of the module that the program was built from: "(devel)" in a
// checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
