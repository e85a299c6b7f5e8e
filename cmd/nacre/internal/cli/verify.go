package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
)

func newVerify(a *app) *cobra.Command {
	var f asCode
	var instances []string
	var serverOnly bool
	cmd := &cobra.Command{
		Use:   "verify ENVIRONMENT",
		Short: "Compare the repository with the server and with running instances",
		Long: `Compare the repository with the server of an environment: each document, the manifest, and the
record of the last release. Values are never printed.

With --instance, or with the instances of the context, verify also asks each instance at
confighttp.JSON what it runs, and compares that with what the server has. An instance has drifted
if it runs another content of a document, reads it from another namespace or group, or reads no
document of the environment. One that is only behind is asked again for some seconds. If an instance
hides the md5 of a document, since it holds a secret or is a part of a route, the instance must have
verified its content since the publish, which takes up to half a minute.

A release that has been begun and not finished counts as a difference: the output says which one,
and how to finish or undo it. The exit code is 1 if anything differs, and 3 if nothing does and an
instance does not answer.`,
		Example: `  nacre verify prod
  nacre verify prod --instance dns:orders.prod.svc:8080
  nacre verify prod -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var asked []string
			where := func(t *target) error {
				if !serverOnly {
					asked = addresses(instances, t)
				} else if len(instances) > 0 {
					return usage("--instance and --server-only exclude each other")
				}
				return checkAddresses(asked)
			}
			return a.released(cmd, &f, args[0], where, func(ctx context.Context, srv release.Server, t release.Target) error {
				tell, end := a.showProgress()
				d, err := release.Verify(ctx, srv, t, release.Options{Now: a.env.Now, Progress: tell})
				end()
				if err != nil {
					return err
				}
				running, err := a.drifts(ctx, asked, srv.Namespace(), d)
				if err != nil {
					return err
				}
				if err := a.print(driftResult(d, running)); err != nil {
					return err
				}
				unknown, unproven := 0, 0
				differ := d.Differences > 0 || d.Unfinished != ""
				for _, i := range running {
					switch i.State {
					case "drifted":
						differ = true
					case "unknown":
						unknown++
					case "unproven":
						unproven++
					}
				}
				switch {
				case differ:
					return differs()
				case unknown > 0:
					return exit.With(exit.Unreachable, fmt.Errorf("%s did not answer", plural.Of(unknown, len(running), "instance")), "check their addresses, or give --server-only")
				case unproven > 0:
					return exit.With(exit.Failed, fmt.Errorf("what %s %s is not proven", plural.Of(unproven, len(running), "instance"), plural.Verb(unproven, "runs", "run")), "compare the values with nacre explain, or give --server-only")
				}
				return nil
			})
		},
	}
	f.addFlags(cmd, a)
	cmd.Flags().StringSliceVar(&instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	cmd.Flags().BoolVar(&serverOnly, "server-only", false, "do not ask the instances of the context")
	return cmd
}

func driftResult(d *release.Drift, running []instanceDrift) output.Result {
	value := struct {
		*release.Drift
		Instances []instanceDrift `json:"instances,omitempty"`
	}{d, running}
	r := output.Result{Value: value, Text: func(w io.Writer) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s, %s\n", output.Clean(d.Environment), plural.Count(len(d.Documents), "document"), plural.Count(d.Differences, "difference"))
		switch rec := d.Record; rec.Phase {
		case "idle":
			b.WriteString("no release was applied\n")
		case "applying": // said below
		default:
			fmt.Fprintf(&b, "release %s is %s, by %s: %s\n", output.Clean(rec.Release), output.Clean(rec.Phase), output.Clean(rec.Author), output.Clean(rec.Reason))
		}
		if d.Unfinished != "" {
			b.WriteString("~ " + output.Clean(d.Unfinished) + "\n")
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
		if same := len(running) - len(drifted(running)); len(running) > 0 {
			fmt.Fprintf(&b, "%s run what the server has\n", fraction(same, len(running))+" instances")
		}
		for _, i := range drifted(running) {
			b.WriteString(strings.Join(i.lines(), "\n") + "\n")
		}
		_, err := io.WriteString(w, b.String())
		return err
	}}
	for _, f := range d.Documents {
		if f.State != "same" {
			r.Names = append(r.Names, f.Key.String())
		}
	}
	for _, i := range drifted(running) {
		r.Names = append(r.Names, i.Instance)
	}
	return r
}

// drifted returns the instances that do not run what the server has, or do not answer.
func drifted(all []instanceDrift) []instanceDrift {
	return slices.DeleteFunc(slices.Clone(all), func(i instanceDrift) bool { return i.State == "same" })
}
