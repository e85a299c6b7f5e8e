package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
	"github.com/nacre-go/nacre/route"
)

// checking are the flags that say how documents are checked.
type checking struct {
	typ, options, schema, validator string
	missingOK, shared               []string
}

func (k *checking) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&k.typ, "type", "t", "", "struct of the service in a Go module, such as ./internal/conf.Config; it is compiled with the go command")
	f.StringVar(&k.options, "options", "", "function of the package of --type that returns the nacre.Options of the service")
	f.StringVar(&k.validator, "validator", "", "program whose main function is nacre.CheckMain")
	f.StringVar(&k.schema, "schema", "", "file with a JSON Schema, such as nacre schema and the package describe write")
	f.StringSliceVar(&k.missingOK, "missing-ok", nil, "required keys that the service has from elsewhere; * is any text: db.password,tls.*")
	f.StringSliceVar(&k.shared, "shared", nil, "documents that other services read too, so that keys that no field has are warnings; by their path")
}

// checker returns what the flags say, and whether it is more than a check of the form.
func (k *checking) checker(a *app) (check.Checker, bool, error) {
	given := 0
	for _, text := range []string{k.typ, k.schema, k.validator} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, false, usage("--type, --schema and --validator exclude each other")
	case k.options != "" && k.typ == "":
		return nil, false, usage("--options needs --type")
	case k.typ != "":
		t, err := check.ParseType(k.typ)
		t.Options, t.Env = k.options, a.env.Environ
		return t, true, err
	case k.validator != "":
		return check.Program{Path: k.validator, Env: a.env.Environ}, true, nil
	case k.schema != "":
		data, err := os.ReadFile(k.schema)
		if err != nil {
			return nil, false, exit.With(exit.Usage, err, "")
		}
		s, err := schemaOf(k.schema, data)
		return s, true, err
	}
	s, err := check.ParseSchema("the default", []byte("true"))
	return s, false, err
}

func newCheck(a *app) *cobra.Command {
	var k checking
	var f asCode
	var environments []string
	var service string
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check documents as the service would, before they are published",
		Long: `Check documents as the service would, before they are published.

Each FILE is a layer, the lowest first. Without FILE, the documents of the environments of a
repository are checked, each environment by itself: see nacre plan. They are merged, bound and
validated, by one of:

  --type       the struct of the service, compiled with the go command. Its rules and Validate
               methods are those of the service
  --validator  a program that the service ships, whose main function is nacre.CheckMain
  --schema     a JSON Schema, which knows no rules that only Go code has

Without one of them, files are checked for their form, and the documents of a repository by the
schemas that nacre.yaml names: those with one schema are the layers of one service. The policy of
an environment is read too. Each problem names file, line and key, and no value.

Of a routing document (kind: routes in nacre.yaml), each set of documents that a rule can select is
checked, merged in its order. A document that the environment does not have is a warning; nacre plan
looks for it on the server.

The exit code is 0 if the service would accept the documents and the policy has no mistake, and 5
if not.`,
		Example: `  nacre check -t ./internal/conf.Config config.yaml prod/orders.yaml
  nacre check --validator bin/orders-check --missing-ok db.password config.yaml prod/orders.yaml
  nacre check --schema orders.schema.json prod/orders.yaml -o json
  nacre check --environment prod
  nacre check -t ./internal/conf.Config --environment prod --service orders`,
		RunE: func(cmd *cobra.Command, args []string) error {
			checker, complete, err := k.checker(a)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if !complete {
					checker = nil
				}
				return a.checkRepository(cmd.Context(), &f, &k, checker, environments, service)
			}
			if len(environments) > 0 || service != "" {
				return usage("FILE excludes --environment and --service")
			}
			layers, err := a.layers(args, k.shared)
			if err != nil {
				return err
			}
			if !complete {
				a.note("only the form is checked; give --type, --validator or --schema to check keys, types and rules")
			}
			report, err := checker.Check(cmd.Context(), check.Request{Checks: []check.Layers{layers}, MissingOK: k.missingOK})
			if err != nil {
				return err
			}
			if err := a.printProblems(report); err != nil {
				return err
			}
			return invalidDocuments(report.Errors())
		},
	}
	k.addFlags(cmd)
	cmd.Flags().StringVarP(&f.dir, "dir", "C", ".", "folder with nacre.yaml")
	cmd.Flags().StringVar(&service, "service", "", "service whose sets are checked, of a routing document for several")
	cmd.Flags().StringSliceVarP(&environments, "environment", "e", nil, "environments of the repository (default: all)")
	return cmd
}

// checkRepository checks environments with one checker, or with the schemas of nacre.yaml for a nil
// one.
func (a *app) checkRepository(ctx context.Context, f *asCode, k *checking, checker check.Checker, names []string, service string) error {
	r, err := repository.Open(f.dir)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		for _, env := range r.Environments {
			names = append(names, env.Name)
		}
	}
	request := check.Request{MissingOK: k.missingOK}
	var report, policies check.Report
	for _, name := range names {
		env, err := r.Environment(name)
		if err != nil {
			return err
		}
		documents, err := r.Load(env)
		if err != nil {
			return err
		}
		t := release.Target{Environment: env, Documents: documents}
		wrong, err := f.policyProblems(ctx, env)
		if err != nil {
			return err
		}
		if len(wrong) > 0 {
			policies.Checks = append(policies.Checks, check.Result{Name: name, Problems: wrong})
		}
		if checker == nil {
			if problems := unreadable(ctx, documents); problems != nil {
				report.Checks = append(report.Checks, check.Result{Name: name, Problems: problems})
			}
		}
		at := surroundings{group: "DEFAULT_GROUP", known: route.Instance{Service: service}}
		if checker != nil {
			r, err := reachOf(ctx, t, at)
			if err != nil {
				return err
			}
			if len(r.problems) > 0 {
				report.Checks = append(report.Checks, check.Result{Name: name, Problems: r.problems})
			}
			request.Checks = append(request.Checks, r.checks("")...)
			continue
		}
		one, err := f.valid(ctx, t, k.missingOK, at)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(documents, func(d repository.Document) bool { return d.Schema != "" }) {
			a.note("%s: no document has a schema; give --type, --validator or --schema to check keys, types and rules", name)
		}
		report.Checks = append(report.Checks, one.Checks...)
	}
	if len(request.Checks) > 0 {
		checked, err := checker.Check(ctx, request)
		if err != nil {
			return err
		}
		report.Checks = append(report.Checks, checked.Checks...)
	}
	report = distinct(report)
	broken, rejected := policies.Errors(), report.Errors()
	report.Checks = append(policies.Checks, report.Checks...)
	if err := a.printProblems(report); err != nil {
		return err
	}
	return errors.Join(invalidPolicy(broken), invalidDocuments(rejected))
}

// unreadable returns what is wrong with the documents that no schema checks, as far as their format
// goes. A routing document is checked with its sets.
func unreadable(ctx context.Context, documents []repository.Document) (all []check.Problem) {
	for _, d := range documents {
		if d.Schema != "" || routing.Is(d) {
			continue
		}
		for _, p := range release.ProblemsOf(ctx, d.DataID, d) {
			all = append(all, check.ProblemOf(p))
		}
	}
	return all
}

func (a *app) layers(files, shared []string) (check.Layers, error) {
	var l check.Layers
	known := map[string]bool{}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return l, exit.With(exit.Usage, err, "")
		}
		known[name] = true
		l.Layers = append(l.Layers, check.Layer{Document: name, Content: content})
	}
	for _, name := range shared {
		if !known[name] {
			return l, usage("--shared %s is not one of the files", name)
		}
		for i := range l.Layers {
			l.Layers[i].Shared = l.Layers[i].Shared || l.Layers[i].Document == name
		}
	}
	return l, nil
}

// printProblems prints a report.
func (a *app) printProblems(report check.Report) error {
	paint := a.paint()
	r := output.Result{Value: struct {
		Checks []check.Result `json:"checks"`
	}{report.Checks}, Header: nil}
	for _, c := range report.Checks {
		for _, p := range c.Problems {
			r.Rows = append(r.Rows, []string{problemLine(paint, c.Name, p)})
			r.Names = append(r.Names, p.Document)
		}
	}
	if a.raw() {
		for _, row := range r.Rows {
			fmt.Fprintln(a.env.Out, row[0])
		}
		return nil
	}
	return a.print(r)
}

func invalidDocuments(n int) error {
	if n == 0 {
		return nil
	}
	return exit.With(exit.Invalid, errors.New("a service would reject these documents: "+plural.Count(n, "problem")), "")
}

func invalidPolicy(n int) error {
	if n == 0 {
		return nil
	}
	return exit.With(exit.Invalid, errors.New("nacre plan and apply would refuse the policy: "+plural.Count(n, "problem")), "")
}

func problemLine(paint terminal.Paint, name string, p check.Problem) string {
	text := output.Clean(p.Text)
	if name != "" {
		text = output.Clean(name) + ": " + text
	}
	if p.IsError() {
		return paint.Red("error") + "  " + text
	}
	return paint.Yellow("warning") + "  " + text
}
