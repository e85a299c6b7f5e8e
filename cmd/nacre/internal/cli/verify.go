package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
)

func newVerify(a *app) *cobra.Command {
	var f asCode
	cmd := &cobra.Command{
		Use:   "verify ENVIRONMENT",
		Short: "Compare the repository with the server",
		Long: `Compare the repository with the server of an environment: each document, the manifest, and the
record of the last release. The exit code is 1 if they differ. Values are never printed.`,
		Example: `  nacre verify prod
  nacre verify prod -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.released(cmd, &f, args[0], nil, func(ctx context.Context, srv release.Server, t release.Target) error {
				tell, end := a.showProgress()
				d, err := release.Verify(ctx, srv, t, release.Options{Now: a.env.Now, Progress: tell})
				end()
				if err != nil {
					return err
				}
				if err := a.print(driftResult(d)); err != nil || d.Differences == 0 && d.Record.Phase != "applying" {
					return err
				}
				return differs()
			})
		},
	}
	f.addFlags(cmd, a)
	return cmd
}

func driftResult(d *release.Drift) output.Result {
	r := output.Result{Value: d, Text: func(w io.Writer) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s, %s\n", output.Clean(d.Environment), counted(len(d.Documents), "document"), counted(d.Differences, "difference"))
		switch rec := d.Record; rec.Phase {
		case "idle":
			b.WriteString("no release was applied\n")
		default:
			fmt.Fprintf(&b, "release %s is %s, by %s: %s\n", output.Clean(rec.Release), output.Clean(rec.Phase), output.Clean(rec.Author), output.Clean(rec.Reason))
		}
		for _, f := range d.Documents {
			if f.State == "same" {
				continue
			}
			fmt.Fprintf(&b, "~ %s %s\n", f.Key, f.State)
			for _, k := range f.Keys {
				fmt.Fprintf(&b, "    %s %s\n", sign(k.Op), output.Clean(k.Key))
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	}}
	for _, f := range d.Documents {
		if f.State != "same" {
			r.Names = append(r.Names, f.Key.String())
		}
	}
	return r
}
