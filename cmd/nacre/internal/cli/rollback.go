package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
)

func newRollback(a *app) *cobra.Command {
	var f asCode
	var consent consent
	var name string
	cmd := &cobra.Command{
		Use:   "rollback ENVIRONMENT RELEASE",
		Short: "Undo a release",
		Long: `Undo a release, from the rollback file that nacre apply has written.

A release that was begun and not finished is undone as it is. One that was applied is undone by a
release of its own, with a manifest, a record and a rollback file. Documents that were published
after the release are a conflict (6), and nothing is published then: roll back what came later
first.`,
		Example: `  nacre rollback prod 2.4.0 --reason "orders time out"`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, env, err := f.environment(args[0])
			if err != nil {
				return err
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
				tell, end := a.showProgress()
				res, err := release.Rollback(ctx, srv, env.Name, args[1], release.Options{
					Release: name, Reason: consent.reason, Author: consent.author, Folder: f.store(), Key: key,
					TraceParent: a.env.Get("TRACEPARENT"), Progress: tell, Now: a.env.Now,
				})
				end()
				return a.releaseEnded(ctx, res, err)
			})
		},
	}
	f.addFlags(cmd, a)
	f.addKey(cmd, a)
	consent.addFlags(cmd, a)
	cmd.Flags().StringVar(&name, "release", "", "name of the release that undoes it (default: RELEASE.rollback)")
	return cmd
}
