package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/policy"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
)

func newRollback(a *app) *cobra.Command {
	var f asCode
	var consent consent
	var name string
	var overrides []string
	cmd := &cobra.Command{
		Use:   "rollback ENVIRONMENT RELEASE",
		Short: "Undo a release",
		Long: `Undo a release, from the rollback file that nacre apply has written.

A release that was begun and not finished is undone as it is. One that was applied is undone by a
release of its own, with a manifest, a record and a rollback file. Documents that were published
after the release are a conflict (6), and nothing is published then: roll back what came later
first.

The contents from before an applied release are checked first, by the schemas of nacre.yaml, as the
plan of the release was. If a service would reject them, nothing is published (5), unless
--override invalid-rollback says so; the reason then does too. The policy does not stop a rollback.`,
		Example: `  nacre rollback prod 2.4.0 --reason "orders time out"`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.publishes = true
			r, env, err := f.environment(args[0])
			if err != nil {
				return err
			}
			for _, name := range overrides {
				if name != policy.InvalidRollback {
					return usage("--override %s is unknown; a rollback only knows %s", name, policy.InvalidRollback)
				}
			}
			key, err := f.signer()
			if err != nil {
				return err
			}
			t, err := a.where(env)
			if err != nil {
				return err
			}
			if err := consent.check(t); err != nil {
				return err
			}
			return a.atServer(cmd, t, func(ctx context.Context, srv release.Server) error {
				validate := a.restoredBy(&f, srv, r, env)
				if len(overrides) > 0 {
					validate = nil
					overridden(&consent.reason, overrides)
				}
				tell, end := a.showProgress()
				res, err := release.Rollback(ctx, srv, env.Name, args[1], release.Options{
					Release: name, Reason: consent.reason, Author: consent.author, Folder: f.store(), Key: key,
					TraceParent: a.env.Get("TRACEPARENT"), Validate: validate, AllowInvalid: validate == nil, Unfinished: a.leaves, Progress: tell, Now: a.env.Now,
				})
				end()
				return a.releaseEnded(ctx, res, nil, err)
			})
		},
	}
	f.addFlags(cmd, a)
	f.addKey(cmd, a)
	consent.addFlags(cmd, a, reasonRequired)
	cmd.Flags().StringSliceVar(&overrides, "override", nil, policy.InvalidRollback+": publish contents that a service would reject")
	cmd.Flags().StringVar(&name, "release", "", "name of the release that undoes it (default: RELEASE.rollback)")
	return cmd
}

// restoredBy is [app.restored] for a rollback. If the documents of the repository cannot be read,
// the schemas are not known, which is a problem of the state that is restored.
func (a *app) restoredBy(f *asCode, srv release.Server, r *repository.Repository, env *repository.Environment) func(context.Context, release.Reversal) (release.Validity, error) {
	return func(ctx context.Context, back release.Reversal) (release.Validity, error) {
		docs, err := r.Load(env)
		if err != nil {
			unknown := check.Problem{Severity: "error", Kind: "unknown", Text: "the schemas are not known, since the repository cannot be read: " + err.Error()}
			return release.Validity{Problems: []check.Problem{unknown}}, nil //nolint:nilerr // it is a problem that a person may accept
		}
		return a.restored(f, srv, release.Target{Environment: env, Documents: docs})(ctx, back)
	}
}
