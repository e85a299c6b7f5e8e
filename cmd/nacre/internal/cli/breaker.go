package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
)

// breaker are the flags of a release that waits for instances, and rolls itself back if they refuse
// it.
type breaker struct {
	wait, onTimeout bool
	instances       []string
	maxRefused      float64
	least           int
	patience, every time.Duration
}

func (b *breaker) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&b.wait, "wait", false, "wait until the instances have acted: those of --instance, else of the context")
	f.StringSliceVar(&b.instances, "instance", nil, "instances to wait for: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	f.Float64Var(&b.maxRefused, "max-refused", 0, "percentage of instances that may refuse the release or revert it; above, it is rolled back")
	f.IntVar(&b.least, "min-instances", 1, "number of instances that must read the release; 0 before a service exists")
	f.DurationVar(&b.patience, "rollout-timeout", 5*time.Minute, "how long the instances may take to act")
	f.BoolVar(&b.onTimeout, "rollback-on-timeout", false, "roll back also if instances do not act in time, or cannot be asked")
	f.DurationVar(&b.every, "interval", time.Second, "how often the instances are asked")
}

// check returns the instances to wait for; none: the release does not wait. stepped says that it
// raises the percentage of a rule, for which --max-refused counts too.
func (b *breaker) check(cmd *cobra.Command, t *target, stepped bool) ([]string, error) {
	given := func(name string) bool { return cmd.Flags().Changed(name) }
	waits := b.wait || len(b.instances) > 0
	switch {
	case (waits || stepped) && (b.maxRefused < 0 || b.maxRefused > 100):
		return nil, usage("--max-refused %v is not a percentage", b.maxRefused)
	case !waits && (given("max-refused") && !stepped || given("min-instances") || given("rollout-timeout") || given("rollback-on-timeout") || given("interval")):
		return nil, usage("--max-refused, --min-instances, --rollout-timeout, --rollback-on-timeout and --interval need --wait or --instance")
	case !waits:
		return nil, nil
	case b.least < 0:
		return nil, usage("--min-instances %d is negative", b.least)
	case b.patience <= 0 || b.every <= 0:
		return nil, usage("--rollout-timeout and --interval must be positive")
	}
	asked := addresses(b.instances, t)
	if len(asked) == 0 {
		return nil, usage("no instance is known to wait for; give --instance HOST:PORT, or list instances in the context")
	}
	return asked, checkAddresses(asked)
}

// rollout is how far a release has got, in JSON.
type rollout struct {
	Instances []progress `json:"instances"`
	// Verdict is "acted", "refused" if too many instances refuse the release, or "timeout".
	Verdict      string `json:"verdict"`
	RolledBackBy string `json:"rolled_back_by,omitempty"`
}

// published are the documents that instances read: a document that is deleted is not in use.
func published(p *release.Plan) (all []release.Change) {
	for _, c := range p.Documents {
		if c.Action == "create" || c.Action == "update" {
			all = append(all, c)
		}
	}
	return all
}

// watchRollout asks until all instances have acted on a release, too many refuse it, or the time is
// over. The error is that of an interrupt.
func (a *app) watchRollout(ctx context.Context, b *breaker, asked []string, changes []release.Change) (*rollout, error) {
	line := progressLine{w: a.env.Err, inPlace: terminal.Is(a.env.Err)}
	defer line.end()
	waiting, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	ticker := time.NewTicker(b.every)
	defer ticker.Stop()
	r, published := &rollout{Verdict: "timeout"}, time.Now()
	for {
		items, err := a.askRelease(waiting, asked, changes, published)
		switch {
		case ctx.Err() != nil:
			return r, context.Cause(ctx)
		case waiting.Err() != nil:
			if r.Instances == nil { // otherwise the answers before are complete
				r.Instances = items
			}
			return r, nil
		case err != nil: // a name that cannot be resolved now
			line.show(err.Error())
		default:
			r.Instances = items
			line.show(summary(items))
		}
		used := slices.DeleteFunc(slices.Clone(r.Instances), func(p progress) bool { return p.Status == "unused" })
		switch {
		case refusedTooOften(used, b.maxRefused):
			r.Verdict = "refused"
			return r, nil
		case settled(used, b.least) && err == nil:
			r.Verdict = "acted"
			return r, nil
		}
		select {
		case <-ticker.C:
		case <-waiting.Done():
		}
	}
}

// askRelease asks all instances once how far they are with the documents of a release, which were
// published before the time. One on probation has not acted.
func (a *app) askRelease(ctx context.Context, asked []string, changes []release.Change, published time.Time) ([]progress, error) {
	return a.askChanges(ctx, asked, func(address string, s *state) progress {
		p := releaseProgress(address, s, changes, published)
		if p.Acted && s.Health.OnProbation {
			p.Acted = false
			p.Why = []string{"on probation: an automatic rollback still watches the version"}
		}
		return p
	})
}

// askChanges asks all instances once. One that does not answer is unknown.
func (a *app) askChanges(ctx context.Context, asked []string, of func(address string, s *state) progress) ([]progress, error) {
	asked, err := expand(ctx, asked)
	if err != nil {
		return nil, err
	}
	items := unknown(asked)
	return items, parallel.Each(ctx, workers, len(asked), func(ctx context.Context, i int) error {
		s, err := a.instance(ctx, asked[i])
		if err != nil {
			items[i].Why = unanswered(asked[i], err)
			return nil
		}
		items[i] = of(asked[i], s)
		return nil
	})
}

// releaseProgress is the progress of an instance with the document in which it is least far.
// Documents that it does not read do not count.
func releaseProgress(address string, s *state, changes []release.Change, published time.Time) progress {
	worst := progress{Instance: address, From: "instance", Version: s.Health.Version, Status: "unused"}
	rank := func(p progress) int {
		switch {
		case p.Status == "unused":
			return 4
		case p.Refused:
			return 0
		case !p.Applied:
			return 1
		case !p.Acted:
			return 2
		}
		return 3
	}
	for _, c := range changes {
		p := progressOf(address, s, c.DataID, c.MD5, published)
		if rank(p) >= rank(worst) {
			continue
		}
		for i, why := range p.Why {
			if !strings.Contains(why, c.DataID) {
				p.Why[i] = c.DataID + ": " + why
			}
		}
		worst = p
	}
	return worst
}

// text lists the instances that have not acted.
func (r *rollout) text() string {
	lines := []string{summary(r.Instances)}
	for _, p := range r.Instances {
		if !p.Acted {
			lines = append(lines, output.Clean("  "+p.Instance+" "+p.Status+" "+strings.Join(p.Why, "; ")))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// err says why a release is not done.
func (r *rollout) err(name string, b *breaker) error {
	used := slices.DeleteFunc(slices.Clone(r.Instances), func(p progress) bool { return p.Status == "unused" })
	var why []string
	of := func(one, more string, refused bool) error {
		for _, p := range used {
			if p.Refused == refused && !p.Acted {
				why = append(why, said(p))
			}
		}
		n := count(used, func(p progress) bool { return p.Refused == refused && !p.Acted })
		return fmt.Errorf("%s %s release %s: %s", plural.Of(n, len(used), "instance"), plural.Verb(n, one, more), name, few(why))
	}
	switch {
	case r.Verdict == "refused":
		return of("refuses", "refuse", true)
	case len(used) < b.least:
		return fmt.Errorf("release %s: found %s that %s it, and at least %d must", name, plural.Count(len(used), "instance"), plural.Verb(len(used), "reads", "read"), b.least)
	}
	after := fmt.Sprintf(" not acted after %v on", b.patience)
	return of("has"+after, "have"+after, false)
}

// followRelease waits for the instances after a release, and rolls it back if it must. It returns
// what is printed with the result of the release, and the error of a release that is not done.
func (a *app) followRelease(ctx context.Context, b *breaker, asked []string, p *release.Plan, name string, back func(ctx context.Context, reason string) (*release.Result, error)) (*rollout, error) {
	changes := published(p)
	if len(changes) == 0 {
		return nil, nil
	}
	r, err := a.watchRollout(ctx, b, asked, changes)
	if err != nil {
		a.note("nacre: release %s is applied, and was not watched to the end; nacre rollback %s %s undoes it", name, p.Environment, name)
		return r, err
	}
	if r.Verdict == "acted" {
		return r, nil
	}
	cause := r.err(name, b)
	if r.Verdict == "timeout" && !b.onTimeout {
		return r, exit.With(exit.NotConverged, cause, "the release stays; wait with nacre rollout status, or run nacre rollback "+p.Environment+" "+name)
	}
	// An interrupt does not stop a rollback that the fleet needs; --timeout does.
	undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.flags.timeout)
	defer cancel()
	a.note("release %s is rolled back now", name)
	res, err := back(undoing, "circuit breaker: "+strings.Map(oneLine, cause.Error()))
	if err != nil {
		code := exit.Partly
		if exit.Of(err) != exit.Partly {
			err = fmt.Errorf("release %s stays: %w", name, err)
		}
		return r, exit.With(code, errors.Join(cause, err), "run nacre rollback "+p.Environment+" "+name)
	}
	r.RolledBackBy = res.Release
	return r, exit.With(exit.NotConverged, fmt.Errorf("%w; it was rolled back by release %s", cause, res.Release), "")
}

// oneLine replaces control characters by spaces, for the reason of a release.
func oneLine(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}
