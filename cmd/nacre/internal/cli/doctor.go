package cli

import (
	"cmp"
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/doctor"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
	"github.com/nacre-go/nacre/providers/nacos"
)

func newDoctor(a *app) *cobra.Command {
	var readOnly, yes bool
	var copies string
	cmd := &cobra.Command{
		Use:   "doctor [DATA-ID]",
		Short: "Find out why a service and its Nacos do not work together",
		Long: `Find out why a service and its Nacos do not work together.

Checks the NACOS_* variables, the last known good copies on this machine, and for each server its
name, HTTP port, kind and version, authentication, limits, clock, gRPC port and login; then the
namespace, the permissions, how long a published change takes to arrive, compare-and-set, gray
contents, the plugins that encrypt or check what is published, and the history. With DATA-ID, it
compares the config on all servers, and fails if none has it. What a server does not tell is skipped
as "not told".

Each line is pass, warn or fail, with the code of the problem and one way to fix it; see
docs/nacos-errors.md. Run it on the machine and as the user of the service.

Some checks publish configs with nacre.doctor. or nacre.probe. in their names, and delete them. In
a protected context they need --yes. --timeout limits each check. The exit code is 0 if nothing
failed, 3 if no server could be used because it is not reachable, 4 for a login or a permission, 9
if DATA-ID does not exist, and 10 for another failure.`,
		Example: `  nacre doctor
  nacre doctor orders.yaml --context production --read-only
  nacre doctor -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.target()
			if err != nil {
				return err
			}
			s := doctor.Settings{Environ: a.env.Environ, ReadOnly: readOnly, Copies: cmp.Or(copies, a.copies()), Timeout: a.flags.timeout, Now: a.env.Now}
			if len(args) > 0 {
				dataID, options, err := t.at(args[0])
				if err != nil {
					return err
				}
				if options != nil {
					return usage("the config of doctor has no group in its name; give --group")
				}
				s.Document = dataID
			}
			if t.protected && !yes && !readOnly {
				a.note("context %s is protected: the checks that publish are skipped; give --yes to make them", t.name)
				s.ReadOnly = true
			}
			if err := a.authenticate(cmd.Context(), t); err != nil {
				return err
			}
			s.Config, s.User = t.config, t.user()
			return a.examine(cmd, s)
		},
	}
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "skip the checks that publish a config of their own")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "publish in a protected context")
	cmd.Flags().StringVar(&copies, "copies", "", "folder of the last known good copies (default: nacre in the user's cache)")
	return cmd
}

// copies returns the folder where a service of this user keeps its copies.
func (a *app) copies() string {
	dir := a.userDir(cacheFolder)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "nacre")
}

// examine makes the checks, and prints each as soon as it is made, unless the output is one object.
func (a *app) examine(cmd *cobra.Command, s doctor.Settings) error {
	var print func(doctor.Finding)
	var unwritten error
	if a.raw() {
		print = func(f doctor.Finding) { unwritten = cmp.Or(unwritten, writeFinding(a.env.Out, a.paint(), f)) }
	}
	all := doctor.Run(cmd.Context(), s, print)
	if err := cmd.Context().Err(); err != nil {
		for _, f := range all {
			if f.Check == doctor.Removal && !a.raw() {
				a.note("warning: %s; %s", f.Text, f.Fix)
			}
		}
		return err
	}
	if !a.raw() {
		r := output.Result{Value: struct {
			Findings []doctor.Finding `json:"findings"`
		}{all}}
		for _, f := range all {
			if f.Result == doctor.Fail {
				r.Names = append(r.Names, f.Check)
			}
		}
		if err := a.print(r); err != nil {
			return err
		}
	}
	return cmp.Or(failures(all), unwritten)
}

func writeFinding(w io.Writer, paint terminal.Paint, f doctor.Finding) error {
	result := string(f.Result)
	switch f.Result {
	case doctor.Pass:
		result = paint.Green(result)
	case doctor.Warn:
		result = paint.Yellow(result)
	case doctor.Fail:
		result = paint.Red(result)
	}
	text := f.Check
	if f.Target != "" {
		text += " " + f.Target
	}
	text += ": " + f.Text
	if f.Code != "" {
		text += " [" + f.Code + "]"
	}
	text = result + "  " + output.Clean(text) + "\n"
	if f.Fix != "" {
		text += "      fix: " + output.Clean(f.Fix) + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// failures returns the error of the failures: a server that works is enough to reach the cluster.
func failures(all []doctor.Finding) error {
	failed, code, works := 0, exit.Failed, false
	for _, f := range all {
		if f.Check == "grpc" && f.Result == doctor.Pass {
			works = true
		}
	}
	for _, f := range all {
		if f.Result != doctor.Fail {
			continue
		}
		if failed++; code != exit.Failed {
			continue
		}
		switch f.Check {
		case "settings":
			code = exit.Usage
		case "login":
			code = exit.Denied
		case "dns", "grpc", "address server":
			if !works {
				code = exit.Unreachable
			}
		}
		switch f.Code {
		case nacos.PermissionDenied.Name():
			code = exit.Denied
		case nacos.ConfigNotFound.Name():
			code = exit.NotFound
		}
	}
	if failed == 0 {
		return nil
	}
	return exit.With(code, errors.New(plural.Count(failed, "check")+" failed"), "")
}
