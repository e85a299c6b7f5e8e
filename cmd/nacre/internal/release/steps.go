package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
)

// Steps make a release raise the percentage of a rule step by step. The routing document with the
// rule is published last, and once for each step, with nothing but the number changed.
type Steps struct {
	// Rule is the name of the rule.
	Rule string
	// Percentages rise. The last one is that of the file. None: 1, 10 and 50, and that of the file.
	Percentages []float64
	// Reached is called when a step can be read from the server, and returns when the next one may
	// begin. An error undoes the release. After a crash the step that the server has is repeated.
	Reached func(ctx context.Context, s Step) error
}

// Step is a step that the server has.
type Step struct {
	Rule       string
	Number, Of int // from 1
	Percentage float64
	Key        Key // of the routing document
	MD5        string
}

// raised are the steps of a release in its rollback file.
type raised struct {
	Rule        string    `json:"rule"`
	Percentages []float64 `json:"percentages"` // one for each of Between, and that of the file
}

// usualSteps are those before the percentage of the file.
var usualSteps = []float64{1, 10, 50}

// UsualSteps is the largest number of steps without [Steps.Percentages].
const UsualSteps = 4

// check returns what is wrong with the steps, apart from the documents.
func (s *Steps) check(t Target) error {
	switch {
	case s == nil:
		return nil
	case s.Rule == "":
		return invalid("steps", "have no rule", "give --rule the name of a rule")
	case t.Environment.Manifest != nil:
		return invalid("manifest", "lists one content of the routing document, and instances accept no other one",
			"raise the percentage with a release for each step, or use an environment without a manifest")
	}
	for i, p := range s.Percentages {
		if !(p > 0 && p <= 100) || i > 0 && p <= s.Percentages[i-1] {
			return invalid("steps", "must rise, each above 0 and at most 100", "write them as in 1,10,50,100")
		}
	}
	return nil
}

// raise makes the routing document with the rule the last step of a release, with the contents
// between what the server has and the file.
func (s *Steps) raise(t Target, srv Server, j *journal) error {
	at, d, err := s.find(t, srv, j)
	if err != nil {
		return err
	}
	one := j.Steps[at]
	target, err := routing.Percentage(d, s.Rule)
	if err != nil {
		return err
	}
	start, err := s.start(d, one)
	if err != nil {
		return err
	}
	all := s.Percentages
	if len(all) == 0 {
		all = append(slices.DeleteFunc(slices.Clone(usualSteps), func(p float64) bool { return p >= target }), target)
	}
	switch last := all[len(all)-1]; {
	case last != target:
		return invalid(d.File, fmt.Sprintf("has the rule %q with %s %%, and the last step is %s", s.Rule, percent(target), percent(last)), "end --steps with the percentage of the file")
	case start >= target:
		return invalid(d.File, fmt.Sprintf("does not raise the rule %q: the server has %s %%, and the file %s", s.Rule, percent(start), percent(target)), "apply the plan with --strategy all")
	}
	all = slices.DeleteFunc(slices.Clone(all), func(p float64) bool { return p <= start }) // they have been reached
	for _, p := range all[:len(all)-1] {
		text, err := routing.WithPercentage(d, s.Rule, p)
		if err != nil {
			return err
		}
		one.Between = append(one.Between, newSide(text, one.After.Metadata))
	}
	j.Steps = append(slices.Delete(j.Steps, at, at+1), one)
	if n := len(j.Steps); n > 1 {
		j.Steps[n-1].Stage = max(j.Steps[n-1].Stage, j.Steps[n-2].Stage+1) // alone
	}
	j.Raised = &raised{Rule: s.Rule, Percentages: all}
	return nil
}

// find returns the routing document of the release that has the rule.
func (s *Steps) find(t Target, srv Server, j *journal) (at int, d repository.Document, err error) {
	at = -1
	for _, doc := range t.Documents {
		k := KeyOf(srv, doc)
		i := slices.IndexFunc(j.Steps, func(st step) bool { return st.Key == k })
		if !routing.Is(doc) || i < 0 {
			continue
		}
		_, err := routing.Percentage(doc, s.Rule)
		if errors.Is(err, routing.ErrNoRule) {
			continue
		}
		if err != nil {
			return 0, d, err
		}
		if at >= 0 {
			return 0, d, invalid(doc.File, fmt.Sprintf("and another routing document of the plan have the rule %q", s.Rule), "give one of the rules another name")
		}
		at, d = i, doc
	}
	if at < 0 {
		return 0, d, invalid("plan", fmt.Sprintf("changes no routing document with the rule %q", s.Rule), "give --rule the name of a rule whose percentage the plan raises; nacre.yaml marks routing documents with kind: routes")
	}
	return at, d, nil
}

// start returns the percentage that the server has. It refuses a document in which more than the
// rule differs, since that would reach all instances with the first step.
func (s *Steps) start(d repository.Document, one step) (float64, error) {
	if !one.Before.Exists {
		return 0, invalid(d.File, "does not exist on the server", "release it with the rule at 0 % first, with --strategy all")
	}
	old := d
	old.Content = one.Before.Data
	was, err := routing.Parse(old)
	if err != nil {
		return 0, invalid(d.File, "has mistakes on the server", "release it with the rule at 0 % first, with --strategy all")
	}
	is, err := routing.Parse(d)
	if err != nil {
		return 0, err
	}
	for _, c := range routing.Compare(was, is, "") {
		if c.Name() != s.Rule || c.Op == "removed" {
			return 0, invalid(d.File, "also changes "+c.Rule+", for all instances at once", "release that first, with --strategy all")
		}
	}
	start, err := routing.Percentage(old, s.Rule)
	switch {
	case errors.Is(err, routing.ErrNoRule):
		return 0, nil // the rule is new
	case err != nil:
		return 0, invalid(d.File, fmt.Sprintf("has the rule %q without a plain percentage on the server", s.Rule), "release it with a percentage first, with --strategy all")
	}
	return start, nil
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) }

// resumes checks that a release with steps is continued as one: what the steps are is in the
// rollback file.
func (s *Steps) resumes(j *journal) error {
	switch {
	case j.Raised == nil && s == nil:
		return nil
	case j.Raised == nil:
		return conflict(j.Environment, "release "+j.Release+" was begun without steps", "apply its plan without --rule to finish it")
	case s == nil || s.Rule != j.Raised.Rule:
		return conflict(j.Environment, fmt.Sprintf("release %s was begun with steps of the rule %q", j.Release, j.Raised.Rule),
			j.forward())
	}
	return nil
}

// climbs reports whether a step of the release is the one that is published in steps.
func (j *journal) climbs(s step) bool { return j.Raised != nil && s.Key == j.Steps[len(j.Steps)-1].Key }

// sides returns all contents that a document has during a release, in order.
func (s step) sides() []side {
	return append(append([]side{s.Before}, s.Between...), s.After)
}

// side returns the content with an md5 that the release has published, or is to publish; ok is
// false for what is there without the release.
func (s step) published(md5 string) (is side, ok bool) {
	if md5 == s.Before.MD5 {
		return s.Before, false
	}
	for _, is := range s.sides()[1:] {
		if is.MD5 == md5 {
			return is, true
		}
	}
	return side{}, false
}

// climb publishes the contents of a step with others between, from the one that the server has.
func (e *run) climb(ctx context.Context, s step) error {
	sides := s.sides()
	md5, err := e.exactly(ctx, s.Key)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(sides, func(is side) bool { return is.MD5 == md5 })
	if at < 0 {
		return conflict(s.Key.String(), "someone else has published it", "make a new plan")
	}
	for i := max(at, 1); i < len(sides); i++ {
		if i > at {
			if other := e.takenOver(ctx); other != "" {
				return e.losesTo(other)
			}
			if err := e.publish(ctx, s.Key, sides[i-1], sides[i], e.content(sides[i])); err != nil {
				return err
			}
		}
		if err := e.shown(ctx, s.Key, sides[i]); err != nil {
			return err
		}
		if e.o.Steps == nil || e.o.Steps.Reached == nil {
			continue
		}
		reached := Step{Rule: e.j.Raised.Rule, Number: i, Of: len(sides) - 1, Percentage: e.j.Raised.Percentages[i-1], Key: s.Key, MD5: sides[i].MD5}
		if err := e.o.Steps.Reached(ctx, reached); err != nil {
			return fmt.Errorf("step %d of %d, %s %% of the rule %q: %w", i, len(sides)-1, percent(reached.Percentage), reached.Rule, err)
		}
	}
	return nil
}

// exactly returns the md5 of a document, not late where metadata can be read.
func (e *run) exactly(ctx context.Context, k Key) (string, error) {
	deadline := e.o.Now().Add(showWithin)
	for {
		st, err := e.srv.Read(ctx, k)
		if err == nil || !inDoubt(err) || e.o.Now().After(deadline) {
			return st.MD5, err
		}
		if err := e.o.Sleep(ctx, pollEvery); err != nil {
			return "", err
		}
	}
}
