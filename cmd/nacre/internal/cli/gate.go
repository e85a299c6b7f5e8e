package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/policy"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/source"
)

// file reads a file that nacre.yaml names. It cannot be outside of the folder.
func (f *asCode) file(name string) ([]byte, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	defer root.Close()
	data, err := root.ReadFile(name)
	if err != nil {
		return nil, exit.With(exit.Invalid, fmt.Errorf("file %s, which %s names: %w", name, repository.FileName, reason(err)), "")
	}
	return data, nil
}

// valid checks the routing documents of an environment, and its documents by the schemas that
// nacre.yaml names: documents with one schema are the layers of one service, in the order of
// nacre.yaml, and so are those of each set that a rule can select.
func (f *asCode) valid(ctx context.Context, t release.Target, missingOK []string, at surroundings) (check.Report, error) {
	var report check.Report
	r, err := reachOf(ctx, t, at)
	if err != nil {
		return report, err
	}
	if len(r.problems) > 0 {
		report.Checks = append(report.Checks, check.Result{Name: t.Environment.Name, Problems: r.problems})
	}
	for _, name := range r.schemas() {
		data, err := f.file(name)
		if err != nil {
			return report, err
		}
		checker, err := schemaOf(name, data)
		if err != nil {
			return report, err
		}
		one, err := checker.Check(ctx, check.Request{Checks: r.checks(name), MissingOK: missingOK})
		if err != nil {
			return report, err
		}
		report.Checks = append(report.Checks, one.Checks...)
	}
	return distinct(report), nil
}

// formatOf returns the format of a document whose name does not say it.
func formatOf(d repository.Document) string {
	if path.Ext(d.File) != "" {
		return ""
	}
	return strings.ToLower(d.Type)
}

// schemaOf reads a JSON Schema, or a declaration that has one.
func schemaOf(name string, data []byte) (check.Schema, error) {
	if declaration.Is(data) {
		d, err := declaration.Parse(name, data)
		if err != nil {
			return check.Schema{}, err
		}
		data = d.Schema
	}
	return check.ParseSchema(name, data)
}

// requireValid returns an error if a document is not valid, and prints all problems to stderr.
func (a *app) requireValid(ctx context.Context, f *asCode, srv release.Server, t release.Target) error {
	report, err := f.valid(ctx, t, nil, surroundingsOf(srv))
	if err != nil {
		return err
	}
	for _, c := range report.Checks {
		for _, p := range c.Problems {
			a.note("%s", problemLine(a.errPaint(), c.Name, p))
		}
	}
	return invalidDocuments(report.Errors())
}

// violations returns the rules that a plan breaks now: those of the environment's policy, and those
// that hold without one.
func (a *app) violations(ctx context.Context, f *asCode, env *repository.Environment, p *release.Plan) ([]policy.Violation, error) {
	broken, err := f.broken(ctx, env, a.env.Now(), p.Documents)
	return append(unconditional(p), broken...), err
}

// policy reads the policy of an environment; nil: it has none.
func (f *asCode) policy(ctx context.Context, env *repository.Environment) (*policy.Policy, error) {
	if env.Policy == "" {
		return nil, nil
	}
	data, err := f.file(env.Policy)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Parse(ctx, env.Policy, data)
	if err != nil {
		return nil, exit.With(exit.Invalid, named(err, env.Policy), "")
	}
	return rules, nil
}

// policyProblems returns the mistakes in the policy of an environment. An error is one of the file.
func (f *asCode) policyProblems(ctx context.Context, env *repository.Environment) (all []check.Problem, err error) {
	_, err = f.policy(ctx, env)
	found, ok := errors.AsType[source.Problems](err)
	if !ok {
		return nil, err
	}
	for _, p := range found {
		all = append(all, check.ProblemOf(p))
	}
	return all, nil
}

// broken returns the rules of the environment's policy that changes break at a time.
func (f *asCode) broken(ctx context.Context, env *repository.Environment, at time.Time, changes []release.Change) ([]policy.Violation, error) {
	rules, err := f.policy(ctx, env)
	if err != nil || rules == nil {
		return nil, err
	}
	c := policy.Change{At: at}
	for _, d := range changes {
		changed := policy.Document{Name: d.DataID, Deleted: d.Action == "delete", Opaque: d.Keys == nil && d.Action != "retype"}
		for _, k := range d.Keys {
			changed.Keys = append(changed.Keys, policy.Key{Path: k.Key, Removed: k.Op == "removed"})
		}
		c.Documents = append(c.Documents, changed)
	}
	return rules.Evaluate(c), nil
}

// unconditional returns the rules without a policy that a plan breaks.
func unconditional(p *release.Plan) (all []policy.Violation) {
	for _, d := range p.Documents {
		if d.Listeners != nil && *d.Listeners > 0 {
			all = append(all, policy.Violation{
				Rule: policy.Listeners, Document: d.DataID,
				Text: "would be deleted and has " + plural.Count(*d.Listeners, "listener") + "; a service that reads it cannot start without it",
			})
		}
	}
	if p.Rollback == nil {
		return all
	}
	for _, found := range p.Rollback.Problems {
		if found.IsError() {
			all = append(all, policy.Violation{Rule: policy.InvalidRollback, Text: "a rollback would restore what a service rejects: " + found.Text})
		}
	}
	return all
}

// restored returns the check of the state that a rollback restores: the documents that it changes,
// and those that services read together with them.
func (a *app) restored(f *asCode, srv release.Server, t release.Target) func(context.Context, release.Reversal) (release.Validity, error) {
	return func(ctx context.Context, r release.Reversal) (v release.Validity, err error) {
		if v.Policy, err = f.broken(ctx, t.Environment, time.Time{}, r.Changes); err != nil {
			return v, err
		}
		changed := map[release.Key]bool{}
		for _, c := range r.Changes {
			changed[c.Key] = true
		}
		// The layers of a service are known only together with what its routes select.
		concerned := map[string]bool{}
		routed := slices.ContainsFunc(t.Documents, routing.Is)
		for _, d := range t.Documents {
			concerned[d.Schema] = concerned[d.Schema] || changed[release.KeyOf(srv, d)]
		}
		at := surroundingsOf(srv)
		at.get = func(ctx context.Context, k release.Key) (release.State, error) {
			if st, known := r.States[k]; known {
				return st, nil
			}
			return srv.Get(ctx, k)
		}
		was := release.Target{Environment: t.Environment}
		for _, d := range t.Documents {
			if !routed && (d.Schema == "" || !concerned[d.Schema]) {
				continue
			}
			k := release.KeyOf(srv, d)
			st, err := at.get(ctx, k)
			if err != nil {
				return v, err
			}
			if st.Exists() {
				d.File, d.Content = k.String(), st.Content
				was.Documents = append(was.Documents, d)
			}
		}
		report, err := f.valid(ctx, was, nil, at)
		for _, c := range report.Checks {
			v.Problems = append(v.Problems, c.Problems...)
		}
		return v, err
	}
}

// permitted returns an error if a rule is broken and not overridden. The reason of the release then
// says which rules are overridden, so that everyone sees it where the reason is kept.
func permitted(all []policy.Violation, overrides []string, reason *string) error {
	left, unused := policy.Override(all, overrides)
	if len(unused) > 0 {
		return usage("--override %s names no rule that this plan breaks now", strings.Join(unused, ","))
	}
	if len(left) > 0 {
		var lines, names []string
		for _, v := range left {
			lines = append(lines, v.String())
			if !slices.Contains(names, v.Rule) {
				names = append(names, v.Rule)
			}
		}
		return exit.With(exit.Denied, errors.New("the policy of the environment does not permit this release:\n  "+strings.Join(lines, "\n  ")),
			"wait, change the plan, or give --override "+strings.Join(names, ",")+" with a --reason that says why")
	}
	overridden(reason, overrides)
	return nil
}

// overridden adds the names of rules to a reason.
func overridden(reason *string, rules []string) {
	if len(rules) > 0 && strings.TrimSpace(*reason) != "" {
		*reason += " [overrides " + strings.Join(rules, ", ") + "]"
	}
}
