package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
)

func newApply(a *app) *cobra.Command {
	var f asCode
	var consent consent
	var name, takeOver string
	var overrides []string
	var k canary
	var b breaker
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Publish a saved plan as one release",
		Long: `Publish what a saved plan says as one release: the documents stage by stage, then the manifest.
Documents that the plan deletes are deleted last, each after its md5 was compared once more; one
that has listeners is deleted only with --override listeners.

Before the first document, apply writes a rollback file, and a record on the server that says which
release is being applied, by whom and why. Each publish is a compare-and-set: a document that was
published since the plan was made is a conflict (6). If a document cannot be published, apply undoes
the others and the exit code says why. If that is impossible too, the exit code is 8, and the output
says what the server has. A second apply meanwhile is a conflict.

After a crash, an interrupt or exit code 8, run the same command again to finish the release, or
nacre rollback to undo it. If the machine with the rollback file is lost, make a new plan, and apply
it with --take-over and the name of the release.

Before all this, apply checks the documents by the schemas of nacre.yaml, and the plan by the policy
of the environment: freezes, protected keys and limits. The state that a rollback would restore must
be valid too (rule invalid-rollback). --override names the rules that do not count this time; the
reason of the release then says so.

With --strategy canary, apply first publishes the documents for some instances only, by their tag or
their addresses, waits until they have acted, and watches them for as long as --bake says: that they
keep the content and report no failure, and that the condition of --healthy holds. Then it publishes
for all, and removes the contents for the canaries. If a canary refuses the content or is not
healthy, it removes them, publishes nothing else, and ends with 7.

With --rule, the canaries are the instances of that rule of a routing document. Apply publishes the
other documents, and then the routing document once for each percentage of --steps, the last of
which is that of the file. After each step it waits for the instances of --canary-instance, or else
of --instance, and watches them and --healthy as above. More than --max-refused percent that refuse
the release, or anything else that fails, restores the routing document and undoes the release.

With --instance, or with --wait and the instances of the context, apply asks the instances after the
release, as nacre rollout status does, until all that read one of its documents have acted, and no
automatic rollback still watches the version. If more than --max-refused percent reject the release,
hold it or have reverted it, apply rolls it back at once, as a release with that reason, and ends
with 7. If instances do not act within --rollout-timeout, it ends with 7 and the release stays,
unless --rollback-on-timeout is given.

The server must honor a compare-and-set, which apply checks first.`,
		Example: `  nacre apply prod.plan --reason "more connections, OPS-123"
  nacre apply prod.plan --release 2.4.0 --reason "release 2.4.0" --key release.key --yes
  nacre apply prod.plan --reason "OPS-123" --instance dns:orders.prod.svc:8080 --max-refused 5
  nacre apply prod.plan --reason "OPS-123" --strategy canary --canary-tag canary --canary-instance dns:canary:8080
  nacre apply prod.plan --reason "OPS-123" --strategy canary --rule next --steps 1,10,100 --instance dns:orders:8080`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.publishes = true
			p, err := loadPlan(args[0])
			if err != nil {
				return err
			}
			key, err := f.signer()
			if err != nil {
				return err
			}
			var asked []string
			allowed := func(t *target) (err error) {
				if asked, err = b.check(cmd, t, k.rule != ""); err != nil {
					return err
				}
				return consent.check(t)
			}
			if !cmd.Flags().Changed("timeout") {
				a.flags.timeout = releaseTimeout + k.duration()
			}
			return a.released(cmd, &f, p.Environment, allowed, func(ctx context.Context, srv release.Server, t release.Target) (err error) {
				if err := k.check(t.Environment, len(asked) > 0, a.flags.timeout); err != nil {
					return err
				}
				if err := a.requireValid(ctx, &f, srv, t); err != nil {
					return err
				}
				if err := p.AskListeners(ctx, srv); err != nil {
					return err
				}
				broken, err := a.violations(ctx, &f, t.Environment, p)
				if err != nil {
					return err
				}
				if err := permitted(broken, overrides, &consent.reason); err != nil {
					return err
				}
				removeCanaries := func() error { return nil }
				if k.strategy == "canary" && k.rule == "" && !p.Empty() {
					if removeCanaries, err = a.canaryFirst(ctx, &k, p, t); err != nil {
						return err
					}
				}
				tell, end := a.showProgress()
				o := release.Options{
					Release: cmp.Or(name, defaultRelease(p)), Reason: consent.reason, Author: consent.author, Folder: f.store(), Key: key,
					TraceParent: a.env.Get("TRACEPARENT"), TakeOver: takeOver, Validate: a.restored(&f, srv, t), Unfinished: a.leaves, Progress: tell, Now: a.env.Now,
				}
				if k.rule != "" {
					o.Steps = a.stepsOf(&k, &b, p, asked)
				}
				res, err := release.Apply(ctx, srv, t, p, o)
				end()
				if errors.Is(ctx.Err(), context.DeadlineExceeded) && exit.Of(err) == exit.Unreachable {
					err = exit.With(exit.Unreachable, err, fmt.Sprintf("--timeout %v is over; raise it, or leave it out", a.flags.timeout))
				}
				left := removeCanaries()
				if err != nil || len(asked) == 0 || p.Empty() {
					return errors.Join(a.releaseEnded(ctx, res, nil, err), left)
				}
				r, err := a.followRelease(cmd.Context(), &b, asked, p, res.Release, func(ctx context.Context, reason string) (*release.Result, error) {
					o := o
					o.Release, o.Reason, o.TakeOver, o.Progress, o.Steps = "", reason, "", nil, nil
					o.Validate, o.AllowInvalid = nil, true // what is restored was live a moment ago
					return release.Rollback(ctx, srv, p.Environment, res.Release, o)
				})
				return errors.Join(a.releaseEnded(ctx, res, r, err), left)
			})
		},
	}
	f.addFlags(cmd, a)
	f.addKey(cmd, a)
	consent.addFlags(cmd, a, reasonRequired)
	k.addFlags(cmd)
	b.addFlags(cmd)
	cmd.Flags().StringVar(&name, "release", "", "name of the release (default: the time of the plan, and its commit)")
	cmd.Flags().StringSliceVar(&overrides, "override", nil, "rules of the policy that do not count for this release")
	cmd.Flags().StringVar(&takeOver, "take-over", "", "release that was begun on a machine that is lost")
	return cmd
}

// defaultRelease names a release after its plan, so that the same command continues it.
func defaultRelease(p *release.Plan) string {
	name := p.Created.UTC().Format("20060102T150405Z")
	if commit := p.Commit; commit != "" {
		name += "-" + commit[:min(len(commit), 12)]
	}
	return name
}
