package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// canary are the flags of a release that some instances get first.
type canary struct {
	strategy         string
	tag              string
	ips, instances   []string
	bake, applied    time.Duration
	prometheus, when string
	rule             string // of a routing document, in place of tag and ips
	steps            percentages
}

// percentages is the value of --steps.
type percentages []float64

// String returns nothing, so that the help shows one default, the one in the text.
func (*percentages) String() string { return "" }

// Type names the value in the help.
func (*percentages) Type() string { return "percentages" }

// Set adds percentages to those of an earlier --steps.
func (p *percentages) Set(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(one), 64)
		if err != nil || !(n > 0 && n <= 100) {
			return errors.New("write percentages above 0 and up to 100, as in 1,10,50,100")
		}
		*p = append(*p, n)
	}
	return nil
}

func (k *canary) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&k.strategy, "strategy", "all", "all: publish for all at once; canary: for some instances first")
	f.StringVar(&k.rule, "rule", "", "rule of a routing document whose instances are the canaries")
	f.Var(&k.steps, "steps", "rising percentages of --rule, the last one that of the file (default: 1,10,50 and that of the file)")
	f.StringVar(&k.tag, "canary-tag", "", "tag of the canaries, which they have from NACOS_TAG")
	f.StringSliceVar(&k.ips, "canary-ip", nil, "addresses of the canaries, as the server sees them")
	f.StringSliceVar(&k.instances, "canary-instance", nil, "canaries to watch: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	f.DurationVar(&k.applied, "canary-timeout", time.Minute, "how long the canaries may take to act on the release")
	f.DurationVar(&k.bake, "bake", 5*time.Minute, "how long the canaries must be healthy")
	f.StringVar(&k.prometheus, "prometheus", "", "URL of a Prometheus, for --healthy")
	f.StringVar(&k.when, "healthy", "", "PromQL that returns samples, none of them 0, while the canaries are healthy")
}

// check returns what is wrong with the flags. follows says that the release waits for instances,
// and timeout is that of the command.
func (k *canary) check(env *repository.Environment, follows bool, timeout time.Duration) error {
	switch {
	case k.strategy != "all" && k.strategy != "canary":
		return usage("--strategy %q is unknown; use all or canary", k.strategy)
	case k.strategy == "all" && (k.tag != "" || k.ips != nil || k.instances != nil || k.when != "" || k.rule != "" || k.steps != nil):
		return usage("--canary-*, --rule, --steps and --healthy need --strategy canary")
	case k.strategy == "all":
		return nil
	case k.steps != nil && k.rule == "":
		return usage("--steps needs --rule")
	case count([]bool{k.tag != "", len(k.ips) > 0, k.rule != ""}, func(given bool) bool { return given }) != 1:
		return usage("a canary needs one of --canary-tag, --canary-ip and --rule")
	case k.rule != "" && len(k.instances) == 0 && k.when == "" && !follows:
		return usage("nothing would be watched; give --instance or --canary-instance, or --prometheus and --healthy")
	case k.rule == "" && len(k.instances) == 0 && k.when == "":
		return usage("nothing would be watched; give --canary-instance, or --prometheus and --healthy")
	case (k.prometheus == "") != (k.when == ""):
		return usage("--prometheus and --healthy need each other")
	case k.bake <= 0 || k.applied <= 0:
		return usage("--bake and --canary-timeout must be positive")
	case timeout <= k.bake:
		return usage("--timeout %v ends before the canaries are watched for --bake %v; raise --timeout, or leave it out", timeout, k.bake)
	case env.Manifest != nil:
		return usage("environment %s has a manifest, which its instances check against every content: release it to a part of them with another environment", env.Name)
	}
	return nil
}

// duration returns how long the canaries may be watched, for the default of --timeout.
func (k *canary) duration() time.Duration {
	steps := 1
	switch {
	case k.strategy != "canary":
		return 0
	case k.rule != "":
		steps = max(len(k.steps), release.UsualSteps)
	}
	return time.Duration(steps) * (k.bake + k.applied)
}

// ended is the error of canaries that are not watched to the end, since ctx has ended: at an
// interrupt or with --timeout.
func (a *app) ended(ctx context.Context, k *canary) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	return exit.With(exit.NotConverged, fmt.Errorf("--timeout %v was over before the canaries were watched for --bake %v", a.flags.timeout, k.bake),
		fmt.Sprintf("raise --timeout to %v, or leave it out", releaseTimeout+k.duration()))
}

// option is the one of a publish for the canaries only.
func (k *canary) option() nacos.DeleteOption {
	if k.tag != "" {
		return nacos.GrayTag(k.tag)
	}
	return nacos.BetaIPs(k.ips...)
}

// canaryFirst releases a plan to the canaries, and returns what removes it from them.
func (a *app) canaryFirst(ctx context.Context, k *canary, p *release.Plan, t release.Target) (remove func() error, err error) {
	where, err := a.where(t.Environment)
	if err != nil {
		return nil, err
	}
	client, err := a.connect(ctx, where)
	if err != nil {
		return nil, err
	}
	if err := a.runCanary(ctx, client, k, p, t); err != nil {
		_ = client.Close()
		return nil, fmt.Errorf("canary of %s: %w", p.Environment, err)
	}
	return func() error {
		defer client.Close()
		return a.removeCanary(ctx, client, k, p)
	}, nil
}

// runCanary publishes the documents of a plan for the canaries, and returns nil when they have been
// healthy for as long as --bake says. The contents for the canaries then stay until removeCanary.
// After an error they are removed.
func (a *app) runCanary(ctx context.Context, c *nacos.Client, k *canary, p *release.Plan, t release.Target) (err error) {
	a.leaves(canariesStay)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.removeCanary(ctx, c, k, p))
		}
	}()
	watched, err := a.publishCanary(ctx, c, k, p, t)
	if err != nil {
		return err
	}
	if err := a.canariesAct(ctx, k, watched); err != nil {
		return err
	}
	if len(k.instances) > 0 {
		a.note("the canaries have acted; they are watched for %v", k.bake)
	} else {
		a.note("the canaries are watched for %v", k.bake)
	}
	end := time.NewTimer(k.bake)
	defer end.Stop()
	ticker := time.NewTicker(min(max(k.bake/20, 100*time.Millisecond), 5*time.Second))
	defer ticker.Stop()
	for {
		if err := a.canariesHealthy(ctx, k, watched); err != nil {
			return err
		}
		select {
		case <-end.C:
			return a.canariesHealthy(ctx, k, watched)
		case <-ticker.C:
		case <-ctx.Done():
			return a.ended(ctx, k)
		}
	}
}

// publishCanary returns the changes that the canaries get: those of documents that exist.
func (a *app) publishCanary(ctx context.Context, c *nacos.Client, k *canary, p *release.Plan, t release.Target) ([]release.Change, error) {
	content := map[string][]byte{} // by md5
	for _, d := range t.Documents {
		content[folder.Sum(d.Content)] = d.Content
	}
	var all []release.Change
	for _, change := range p.Documents {
		switch change.Action {
		case "retype", "delete":
			continue
		case "create":
			a.note("%s does not exist yet, so the canaries get it with the others", change.Key)
			continue
		}
		data, found := content[change.MD5]
		if !found {
			return nil, exit.With(exit.Conflict, fmt.Errorf("%s: the file has changed since the plan was made", change.File), "make a new plan")
		}
		options := []nacos.PublishOption{nacos.Group(change.Group), nacos.App("nacre"), nacos.Description("canary of " + p.Environment), k.option()}
		if change.Type != "" {
			options = append(options, nacos.Type(change.Type))
		}
		if err := c.Publish(ctx, change.DataID, data, options...); err != nil {
			return nil, err
		}
		all = append(all, change)
	}
	if len(all) == 0 {
		return nil, usage("the plan changes no document that exists, so there is nothing for canaries; apply it with --strategy all")
	}
	return all, nil
}

// canariesAct waits until every canary has acted on each document that it reads.
func (a *app) canariesAct(ctx context.Context, k *canary, watched []release.Change) error {
	if len(k.instances) == 0 {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, k.applied)
	defer cancel()
	var last []string
	for {
		missing, err := a.canariesMissing(waiting, k, watched)
		if waiting.Err() == nil || last == nil { // otherwise the answers before are complete
			last = missing
		}
		switch {
		case ctx.Err() != nil:
			return a.ended(ctx, k)
		case waiting.Err() != nil:
			return exit.With(exit.NotConverged, fmt.Errorf("the canaries have not acted after %v: %s", k.applied, few(last)), "")
		case err != nil:
			return err
		case len(missing) == 0:
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-waiting.Done():
		}
	}
}

// canariesMissing says which canaries have not acted. An error means that one refuses the content.
func (a *app) canariesMissing(ctx context.Context, k *canary, watched []release.Change) (missing []string, err error) {
	items, err := a.askChanges(ctx, k.instances, func(address string, s *state) progress {
		return releaseProgress(address, s, watched, time.Time{}) // the time of the publish is not compared
	})
	used := false
	var refused []string
	for _, p := range items {
		used = used || p.Status != "unused"
		switch {
		case p.Refused:
			refused = append(refused, said(p))
		case p.Status != "unused" && !p.Acted:
			missing = append(missing, said(p))
		}
	}
	switch {
	case err != nil:
		return missing, err
	case len(refused) > 0:
		return missing, exit.With(exit.NotConverged, fmt.Errorf("%s %s the content: %s",
			plural.Of(len(refused), len(items), "canary"), plural.Verb(len(refused), "refuses", "refuse"), few(refused)), "")
	case !used:
		return nil, exit.With(exit.NotConverged, errors.New("no canary reads a document of the plan"), "check the addresses of --canary-instance")
	}
	return missing, nil
}

// canariesHealthy returns an error if a canary has left the release, or the condition does not
// hold.
func (a *app) canariesHealthy(ctx context.Context, k *canary, watched []release.Change) error {
	if len(k.instances) > 0 {
		missing, err := a.canariesMissing(ctx, k, watched)
		switch {
		case ctx.Err() != nil:
			return a.ended(ctx, k)
		case err != nil:
			return err
		case len(missing) > 0:
			return exit.With(exit.NotConverged, fmt.Errorf("a canary is not healthy: %s", few(missing)), "")
		}
	}
	if k.when == "" {
		return nil
	}
	healthy, err := a.holds(ctx, k.prometheus, k.when)
	switch {
	case ctx.Err() != nil:
		return a.ended(ctx, k)
	case err != nil:
		return err
	case !healthy:
		return exit.With(exit.NotConverged, errors.New("the condition of --healthy does not hold"), "")
	}
	return nil
}

// canariesStay is what a command leaves that does not end in order.
const canariesStay = "the contents for the canaries stay; remove them with nacre canary remove PLAN, and the flags of the canaries"

// removeCanary removes the contents for the canaries, also after the end of ctx.
func (a *app) removeCanary(ctx context.Context, c *nacos.Client, k *canary, p *release.Plan) error {
	a.leaves(canariesStay)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.flags.timeout)
	defer cancel()
	var errs []error
	var left []string
	for _, change := range slices.Backward(p.Documents) {
		if change.Action != "update" {
			continue
		}
		if err := c.Delete(ctx, change.DataID, nacos.Group(change.Group), k.option()); err != nil && !errors.Is(err, source.NotFound) {
			errs = append(errs, err)
			left = append(left, change.Key.String())
		}
	}
	if errs == nil {
		a.leaves("")
		return nil
	}
	return exit.With(exit.Partly, fmt.Errorf("the contents for the canaries stay at %s: %w", strings.Join(left, ", "), errors.Join(errs...)),
		"remove them with nacre canary remove")
}

func newCanary(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "canary",
		Short: "Remove what a release has left for its canaries",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCanaryRemove(a))
	return cmd
}

func newCanaryRemove(a *app) *cobra.Command {
	var f asCode
	var consent consent
	k := canary{strategy: "canary"}
	cmd := &cobra.Command{
		Use:   "remove PLAN",
		Short: "Remove the contents for the canaries of a plan",
		Long: `Remove the contents that nacre apply --strategy canary has published for the canaries of a plan, so
that they return to the content for all.

That is needed only if apply was killed: it removes them itself when it ends. Removing the content
of an address uses the HTTP interface, for which a Nacos 3 requires an administrator.`,
		Example: `  nacre canary remove prod.plan --canary-tag canary`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (k.tag == "") == (len(k.ips) == 0) {
				return usage("give either --canary-tag or --canary-ip, as apply had it")
			}
			p, err := loadPlan(args[0])
			if err != nil {
				return err
			}
			_, env, err := f.environment(p.Environment)
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
			return a.openTarget(cmd.Context(), t, func(ctx context.Context, c *nacos.Client, _ *target) error {
				return a.removeCanary(ctx, c, &k, p)
			})
		},
	}
	consent.addFlags(cmd, a, reasonProtected)
	cmd.Flags().StringVarP(&f.dir, "dir", "C", ".", "folder with nacre.yaml")
	cmd.Flags().StringVar(&k.tag, "canary-tag", "", "tag of the canaries")
	cmd.Flags().StringSliceVar(&k.ips, "canary-ip", nil, "addresses of the canaries")
	return cmd
}
