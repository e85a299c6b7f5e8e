package release_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	checks "github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/source"
)

// A plan, the release and its rollback check the same state: that before the release.
func TestRollbackIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true).withGone()
	var seen []string
	bad := false
	validate := func(_ context.Context, r release.Reversal) (v release.Validity, err error) {
		var all []string
		for _, c := range r.Changes {
			all = append(all, c.Action+" "+c.DataID+" "+string(r.States[c.Key].Content))
		}
		slices.Sort(all)
		seen = append(seen, fmt.Sprintf("%q", all))
		if bad {
			v.Problems = []checks.Problem{{Severity: "warning", Text: "old"}, {Severity: "error", Text: "pool is too large"}}
		}
		return v, nil
	}
	store := newFiles()
	plan := func() *release.Plan {
		t.Helper()
		o := w.options(nil, "")
		o.Validate = validate
		p, err := release.NewPlan(t.Context(), w.srv, w.target, "", o)
		if err != nil || p.Rollback == nil {
			t.Fatalf("the plan is %+v, %v", p, err)
		}
		return p
	}
	o := w.options(store, "r1")
	o.Validate = validate
	p := plan()
	bad = true
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, o); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "pool is too large") || w.srv.publishes > 0 {
		t.Errorf("Apply with a rollback that has become invalid: %v", err)
	}
	p = plan() // it keeps the outcome, which a user sees before they apply it
	if p.Rollback.Errors() != 1 || len(p.Rollback.Problems) != 2 {
		t.Errorf("the plan has %+v", p.Rollback)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, o); err != nil {
		t.Fatal(err)
	}
	if text, _ := store.Load("prod", "r1"); !strings.Contains(string(text), "pool is too large") {
		t.Error("the rollback file does not say that the state before is not valid")
	}
	back := w.options(store, "")
	back.Validate = validate
	n := w.srv.publishes
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", back); exit.Of(err) != exit.Invalid || !strings.Contains(err.Error(), "pool is too large") || !strings.Contains(err.Error(), "invalid-rollback") || w.srv.publishes != n {
		t.Errorf("a rollback to a state that is not valid: %v", err)
	}
	back.AllowInvalid = true
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", back); err != nil || !w.has(w.base) {
		t.Errorf("a rollback that is accepted: %v", err)
	}
	if len(seen) < 5 || len(slices.Compact(seen)) != 1 || !strings.Contains(seen[0], `"create gone0.yaml v: gone\nn: 0\n"`) || !strings.Contains(seen[0], `"delete d8.yaml "`) || !strings.Contains(seen[0], `"update d0.yaml v: old\nn: 0\n"`) {
		t.Errorf("checked were\n%s", strings.Join(seen, "\n"))
	}
}

// What a service cannot decode is found without a schema, also in a document that is deleted.
func TestRollbackToWhatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true).withGone()
	w.srv.put(key("d0.yaml"), "v: {hunter2-canary\n", bare)
	w.base[gone[0]] = "v: [hunter2-canary\n"
	w.srv.put(gone[0], w.base[gone[0]], bare)
	w.record(release.Record{SchemaVersion: 1, Environment: "prod", Phase: "applied", Release: "first", Inventory: []release.Entry{{Key: gone[0], MD5: sum(w.base[gone[0]])}}})
	_ = w.srv.sleep(t.Context(), time.Minute)
	p := w.plan(t)
	var found []string
	for _, problem := range p.Rollback.Problems {
		found = append(found, problem.Document)
		if strings.Contains(problem.Text, "canary") {
			t.Errorf("a problem shows a value: %s", problem.Text)
		}
	}
	if slices.Sort(found); !slices.Equal(slices.Compact(found), []string{"G/d0.yaml", "G/gone0.yaml"}) {
		t.Errorf("the problems are in %q", found)
	}
}
