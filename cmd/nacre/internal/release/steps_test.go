package release_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/source"
)

var routesKey = key("app.routes.yaml")

// routes is a routing document with a rule of a percentage.
func routes(percentage string) string {
	return "# who has it\nrules:\n- name: canary # ours\n  match: {percentage: " + percentage + "} # of all\n  documents: [d0.yaml, d8.yaml]\n- documents: [d0.yaml]\n"
}

// withSteps adds a routing document whose rule the release raises from a percentage to 100.
func (w *world) withSteps(from string) *world {
	w.steps = true
	w.base[routesKey], w.want[routesKey] = routes(from), routes("100")
	w.srv.put(routesKey, routes(from), bare)
	_ = w.srv.sleep(context.Background(), time.Minute)
	w.target.Documents = append(w.target.Documents, repository.Document{
		DataID: "app.routes.yaml", Stage: 1, File: "base/app.routes.yaml", Kind: repository.KindRoutes, Content: []byte(routes("100")),
	})
	return w
}

// reached checks that the server has a step, on a machine that may be killed then.
func (w *world) reached(ctx context.Context, s release.Step, store release.Store) error {
	look := func() error {
		if text := w.srv.text(routesKey); text != routes(fmt.Sprint(s.Percentage)) || s.MD5 != sum(text) || s.Key != routesKey {
			return fmt.Errorf("the server has %q at %+v", text, s)
		}
		return ctx.Err()
	}
	if m, ok := store.(*machine); ok {
		return m.do(look)
	}
	return look()
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from string
		want []string
		set  func(o *release.Options)
	}{
		"from nothing":     {"0", []string{"1 1/4", "10 2/4", "50 3/4", "100 4/4"}, nil},
		"from 10 %":        {"10", []string{"50 1/2", "100 2/2"}, nil},
		"the usual steps":  {"0.5", []string{"1 1/4", "10 2/4", "50 3/4", "100 4/4"}, func(o *release.Options) { o.Steps.Percentages = nil }},
		"the end at once":  {"99", []string{"100 1/1"}, nil},
		"steps of its own": {"0", []string{"2.5 1/2", "100 2/2"}, func(o *release.Options) { o.Steps.Percentages = []float64{2.5, 100} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false).withSteps(c.from)
			store := newFiles()
			o := w.options(store, "r1")
			if c.set != nil {
				c.set(&o)
			}
			look, got := o.Steps.Reached, []string(nil)
			o.Steps.Reached = func(ctx context.Context, s release.Step) error {
				got = append(got, fmt.Sprintf("%v %d/%d", s.Percentage, s.Number, s.Of))
				documents := w.documents()
				documents[routesKey] = w.want[routesKey]
				if fmt.Sprint(documents) != fmt.Sprint(w.want) {
					t.Errorf("at %+v the other documents are not published: %v", s, documents)
				}
				if r, err := release.ReadRecord(ctx, w.srv, "prod"); err != nil || r.Phase != "applying" {
					t.Errorf("at %+v the record says %+v, %v", s, r, err)
				}
				return look(ctx, s)
			}
			p := w.plan(t)
			res, err := release.Apply(t.Context(), w.srv, w.target, p, o)
			if err != nil || res.Phase != "applied" || !w.has(w.want) || !slices.Equal(got, c.want) {
				t.Fatalf("Apply returned %+v, %v; the steps were %q, want %q; the server has %v", res, err, got, c.want, w.documents())
			}
			if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", w.options(store, "")); err != nil || !w.has(w.base) {
				t.Errorf("a rollback: %v; the server has %v", err, w.documents())
			}
		})
	}
}

// A step that is not healthy ends the release: the routing document from before comes back first,
// and then the others.
func TestStepsAreUndone(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 4; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false).withSteps("0")
			o := w.options(newFiles(), "r1")
			var order []release.Key
			o.Steps.Reached = func(_ context.Context, s release.Step) error {
				if s.Number < at {
					return nil
				}
				w.srv.onPublish = func(k release.Key) error { order = append(order, k); return nil }
				return exit.With(exit.NotConverged, errors.New("unhappy"), "")
			}
			res, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o)
			if exit.Of(err) != exit.NotConverged || res.Phase != "undone" || !strings.Contains(err.Error(), fmt.Sprintf("step %d of 4, %s %% of the rule \"canary\": unhappy", at, []string{"1", "10", "50", "100"}[at-1])) {
				t.Errorf("Apply returned %+v, %v", res, err)
			}
			if !w.has(w.base) || len(order) == 0 || order[0] != routesKey {
				t.Errorf("after the undo, in the order %v, the server has %v", order, w.documents())
			}
		})
	}
}

// Someone who publishes the routing document meanwhile wins, and the rest is undone.
func TestStepsOfSomeoneElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false).withSteps("0")
	o := w.options(newFiles(), "r1")
	o.Steps.Reached = func(_ context.Context, s release.Step) error {
		if s.Number == 2 {
			w.srv.put(routesKey, "rules: [{documents: [d1.yaml]}]", bare)
		}
		return nil
	}
	res, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o)
	if source.KindOf(err) != source.Conflict || res.Phase != "undone" || w.srv.text(routesKey) != "rules: [{documents: [d1.yaml]}]" {
		t.Errorf("Apply returned %+v, %v; the server has %q", res, err, w.srv.text(routesKey))
	}
	if !slices.Contains(res.Documents, release.Outcome{Key: routesKey, State: "other"}) {
		t.Errorf("the outcome is %+v", res.Documents)
	}
}

// A release with steps that was killed is continued only with steps: the rest of them must not be
// skipped by a flag that was forgotten.
func TestStepsAreContinued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false).withSteps("0")
	m := w.machine()
	o := w.options(m, "r1")
	o.Steps.Reached = func(_ context.Context, s release.Step) error {
		if s.Number == 2 {
			m.mu.Lock()
			m.at = m.ops // it dies here
			m.mu.Unlock()
		}
		return nil
	}
	p := w.plan(t)
	if _, err := release.Apply(t.Context(), m, w.target, p, o); err == nil || w.srv.text(routesKey) != routes("10") {
		t.Fatalf("Apply returned %v; the server has %q", err, w.srv.text(routesKey))
	}
	m.revive()
	_ = w.srv.sleep(t.Context(), time.Second)
	without, other := w.options(m, "r1"), w.options(m, "r1")
	without.Steps, other.Steps.Rule = nil, "x"
	for _, o := range []release.Options{without, other} {
		if _, err := release.Apply(t.Context(), m, w.target, p, o); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "--rule canary") {
			t.Errorf("Apply returned %v", err)
		}
	}
	again := w.options(m, "r1")
	var got []float64
	again.Steps.Reached = func(_ context.Context, s release.Step) error { got = append(got, s.Percentage); return nil }
	again.Steps.Percentages = []float64{5, 100} // the steps are those of the beginning
	if res, err := release.Apply(t.Context(), m, w.target, p, again); err != nil || !res.Resumed || !slices.Equal(got, []float64{10, 50, 100}) || !w.has(w.want) {
		t.Errorf("Apply returned %+v, %v after the steps %v", res, err, got)
	}
}

// What steps cannot do is refused before anything is published.
func TestStepsRefuse(t *testing.T) {
	t.Parallel()
	change := func(w *world, text string) {
		d := &w.target.Documents[len(w.target.Documents)-1]
		d.Content = []byte(text)
	}
	for name, c := range map[string]struct {
		set  func(w *world, s *release.Steps)
		want string
	}{
		"no rule":           {func(_ *world, s *release.Steps) { s.Rule = "" }, "--rule"},
		"an unknown rule":   {func(_ *world, s *release.Steps) { s.Rule = "x" }, `changes no routing document with the rule "x"`},
		"steps that fall":   {func(_ *world, s *release.Steps) { s.Percentages = []float64{10, 1, 100} }, "must rise"},
		"steps above":       {func(_ *world, s *release.Steps) { s.Percentages = []float64{10, 101} }, "at most 100"},
		"another end":       {func(_ *world, s *release.Steps) { s.Percentages = []float64{10, 50} }, `has the rule "canary" with 100 %, and the last step is 50`},
		"a rule that falls": {func(w *world, s *release.Steps) { change(w, routes("5")); s.Percentages = nil }, `does not raise the rule "canary": the server has 7 %, and the file 5`},
		"another rule too": {func(w *world, _ *release.Steps) {
			change(w, strings.Replace(routes("100"), "- documents: [d0.yaml]", "- documents: [d1.yaml]", 1))
		}, "also changes rule 2, for all instances at once"},
		"no percentage": {func(w *world, _ *release.Steps) {
			change(w, strings.Replace(routes("100"), "percentage: 100", "service: a", 1))
		}, `has no percentage`},
		"no routing document": {func(w *world, _ *release.Steps) { w.srv.put(routesKey, "", bare) }, "does not exist on the server"},
		"mistakes":            {func(w *world, _ *release.Steps) { w.srv.put(routesKey, "rules: x", bare) }, "has mistakes on the server"},
		"a manifest": {func(w *world, _ *release.Steps) {
			w.target.Environment.Manifest = &repository.Manifest{DataID: "release.yaml"}
		}, "instances accept no other one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false).withSteps("7")
			o := w.options(newFiles(), "r1")
			c.set(w, o.Steps)
			_ = w.srv.sleep(t.Context(), time.Minute)
			p := w.plan(t)
			if _, err := release.Apply(t.Context(), w.srv, w.target, p, o); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), c.want) || w.srv.publishes > 0 {
				t.Errorf("Apply returned %v after %d publishes, want %q", err, w.srv.publishes, c.want)
			}
		})
	}
}

// A release that another one takes over while it watches a step publishes nothing more, and undoes
// nothing: what the server has is the other one's.
func TestStepsThatAreTakenOver(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{"and the instances are well": nil, "and it is interrupted": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false).withSteps("0")
			o := w.options(newFiles(), "r1")
			p := w.plan(t)
			var published int
			o.Steps.Reached = func(ctx context.Context, s release.Step) error {
				if s.Number != 2 {
					return nil
				}
				other := w.options(newFiles(), "r2")
				other.TakeOver = "r1"
				other.Steps.Reached = func(context.Context, release.Step) error { return nil }
				if _, err := release.Apply(ctx, w.srv, w.target, w.plan(t), other); err != nil {
					t.Fatal(err)
				}
				published = w.srv.publishes
				return cause
			}
			_, err := release.Apply(t.Context(), w.srv, w.target, p, o)
			if source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "release r2 has taken over") {
				t.Errorf("Apply returned %v, want that r2 has taken over", err)
			} else if strings.Count(err.Error(), "has taken over") != 1 {
				t.Errorf("the error says it more than once: %v", err)
			}
			if w.srv.publishes != published || fmt.Sprint(w.documents()) != fmt.Sprint(w.want) {
				t.Errorf("after the other release there were %d more publishes, and the server has %v", w.srv.publishes-published, w.documents())
			}
			if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Release != "r2" || r.Phase != "applied" {
				t.Errorf("the record is %+v, %v, want r2", r, err)
			}
		})
	}
}
