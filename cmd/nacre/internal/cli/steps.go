package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
)

// stepsOf returns the steps of a release that raises the percentage of --rule. After each one, the
// instances of --canary-instance, or else those of --instance, and --healthy decide.
func (a *app) stepsOf(k *canary, b *breaker, p *release.Plan, asked []string) *release.Steps {
	for _, c := range p.Documents {
		if c.Action == "update" && c.Routes == nil {
			a.note("%s changes for all its instances before the first step; only a new document waits for the rule", c.Key)
		}
	}
	w := stepWatch{app: a, k: k, maxRefused: b.maxRefused, instances: k.instances, changes: published(p)}
	if len(w.instances) == 0 {
		w.instances = asked
	}
	return &release.Steps{Rule: k.rule, Percentages: k.steps, Reached: w.reached}
}

// stepWatch watches the instances after each step.
type stepWatch struct {
	*app
	k          *canary
	maxRefused float64
	instances  []string
	changes    []release.Change
}

// reached waits until the instances have acted on a step, and returns nil when they have been
// healthy for as long as --bake says.
func (w *stepWatch) reached(ctx context.Context, s release.Step) error {
	changes := slices.Clone(w.changes)
	for i := range changes {
		if changes[i].Key == s.Key {
			changes[i].MD5 = s.MD5
		}
	}
	where := fmt.Sprintf("step %d of %d: %s %% of %s", s.Number, s.Of, strconv.FormatFloat(s.Percentage, 'f', -1, 64), s.Rule)
	w.note("%s", where)
	published, acted, watching := time.Now(), time.Time{}, false
	ticker := time.NewTicker(min(max(w.k.bake/20, 100*time.Millisecond), 5*time.Second))
	defer ticker.Stop()
	var end <-chan time.Time
	for last := false; ; {
		missing, err := w.look(ctx, changes, published)
		switch {
		case ctx.Err() != nil:
			return w.ended(ctx, w.k)
		case err != nil:
			return err
		case len(missing) == 0 && last:
			return nil
		case len(missing) == 0:
			if acted = time.Now(); !watching {
				watching = true
				if len(w.instances) > 0 {
					w.note("%s: the instances have acted; they are watched for %v", where, w.k.bake)
				} else {
					w.note("%s: watched for %v", where, w.k.bake)
				}
				timer := time.NewTimer(w.k.bake)
				defer timer.Stop()
				end = timer.C
			}
		case time.Since(latest(published, acted)) > w.k.applied:
			return exit.With(exit.NotConverged, fmt.Errorf("instances have not acted for %v: %s", w.k.applied, few(missing)), "")
		}
		select {
		case <-end:
			last, end = true, nil // and once more, now
		case <-ticker.C:
		case <-ctx.Done():
			return w.ended(ctx, w.k)
		}
	}
}

// look asks once. missing are the instances that have not acted; an error ends the release.
func (w *stepWatch) look(ctx context.Context, changes []release.Change, published time.Time) (missing []string, err error) {
	if len(w.instances) > 0 {
		items, err := w.askRelease(ctx, w.instances, changes, published)
		if err != nil {
			missing = append(missing, err.Error()) // a name that cannot be resolved now
		}
		used := slices.DeleteFunc(items, func(p progress) bool { return p.Status == "unused" || p.Instance == "" })
		switch {
		case err == nil && len(used) == 0:
			return nil, exit.With(exit.NotConverged, errors.New("no instance reads a document of the plan"), "check the addresses of --canary-instance or --instance")
		case refusedTooOften(used, w.maxRefused):
			var why []string
			for _, p := range used {
				if p.Refused {
					why = append(why, said(p))
				}
			}
			return nil, exit.With(exit.NotConverged, fmt.Errorf("%s %s the release: %s", plural.Of(len(why), len(used), "instance"), plural.Verb(len(why), "refuses", "refuse"), few(why)), "")
		}
		for _, p := range used {
			if !p.Acted && !p.Refused {
				missing = append(missing, said(p))
			}
		}
	}
	if w.k.when == "" {
		return missing, nil
	}
	healthy, err := w.holds(ctx, w.k.prometheus, w.k.when)
	if err == nil && !healthy {
		err = exit.With(exit.NotConverged, errors.New("the condition of --healthy does not hold"), "")
	}
	return missing, err
}

// said returns what an instance says, in a line.
func said(p progress) string {
	return strings.TrimSpace(p.Instance + " " + p.Status + " " + strings.Join(p.Why, ", "))
}

// few joins texts, at most three of them.
func few(all []string) string {
	text := strings.Join(all[:min(len(all), 3)], "; ")
	if more := len(all) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
