package release_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/source"
)

// A release whose machine is killed at any moment has a name, and a way forward and back: whatever
// is half there is named by the record of the server and by a rollback file, and the next apply or
// rollback finishes it, even if that is killed too.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	runs := 50
	if testing.Short() {
		runs = 5
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 19))
			steps := 1000
			for at := 1; at <= steps; at++ {
				steps = killedAt(t, random, at)
				if t.Failed() {
					t.Fatalf("seed %d, killed at step %d", seed, at)
				}
			}
			if steps < 40 {
				t.Errorf("a release of ten documents has only %d steps", steps)
			}
		})
	}
}

// killedAt kills a machine at one step, and recovers. It returns the number of steps that the
// machine took, which is below at if it was not killed.
func killedAt(t *testing.T, random *rand.Rand, at int) int {
	t.Helper()
	w := newWorld(t, random.IntN(4) > 0)
	if w.target.Environment.Manifest == nil && random.IntN(2) == 0 { // it raises the percentage of a rule
		w.withSteps([]string{"0", "1", "20"}[random.IntN(3)])
	}
	if random.IntN(2) == 0 { // the release deletes documents too
		w.withGone()
	}
	w.srv.hideMeta = random.IntN(4) == 0
	p := w.plan(t)
	m := w.machine()
	m.at, m.after = at, random.IntN(2) == 0
	res, err := release.Apply(t.Context(), m, w.target, p, w.options(m, "r1"))
	if !m.dead() {
		if err != nil || res.Phase != "applied" || !w.has(w.want) {
			t.Errorf("without a kill: %+v, %v", res, err)
		}
		return m.ops
	}
	steps := at
	m.revive()
	w.checkNamed(t, m)
	rollback := random.IntN(2) == 0
	for range random.IntN(3) { // the recovery is killed too
		m.at, m.after = 1+random.IntN(60), random.IntN(2) == 0
		w.recover(t, m, p, rollback)
		m.revive()
		w.checkNamed(t, m)
		if random.IntN(3) == 0 {
			rollback = !rollback
		}
	}
	if err := w.recover(t, m, p, rollback); rollback && source.KindOf(err) == source.NotFound && w.has(w.base) {
		// It was killed before it had a name, and so before it has published anything.
	} else if err != nil {
		// A release that was rolled back is applied by a new plan, and one whose rollback is half
		// done is finished by the rollback: the error says so.
		rollback = true
		if err := w.recover(t, m, p, rollback); err != nil {
			t.Errorf("neither apply nor rollback finishes the release: %v", err)
		}
	}
	w.checkWhole(t, m, rollback)
	return steps + 1
}

func (k *machine) revive() { k.mu.Lock(); defer k.mu.Unlock(); k.ops, k.at = 0, 0 }

func (w *world) recover(t *testing.T, m *machine, p *release.Plan, rollback bool) error {
	t.Helper()
	_ = w.srv.sleep(t.Context(), time.Second) // a process needs longer to start than a server to show a publish
	var err error
	if rollback {
		_, err = release.Rollback(t.Context(), m, "prod", "r1", w.options(m, ""))
	} else {
		_, err = release.Apply(t.Context(), m, w.target, p, w.options(m, "r1"))
	}
	return err
}

// checkNamed checks that what is half there has a name.
func (w *world) checkNamed(t *testing.T, m *machine) {
	t.Helper()
	if w.has(w.base) || w.has(w.want) {
		return
	}
	_ = w.srv.sleep(t.Context(), time.Second)
	record, err := release.ReadRecord(t.Context(), w.srv, "prod")
	if text, _ := m.Load("prod", "r1"); err == nil && record.Phase == "applied" && record.Release == "r1" && strings.Contains(string(text), `"abandoned":true`) {
		return // a rollback has begun: all is published, and not all is deleted
	}
	if err != nil || record.Phase != "applying" || record.Release != "r1" && record.Undoes != "r1" || record.Author != "kim" || record.Reason != "more pools" {
		t.Errorf("a half release, and the record says %+v, %v", record, err)
	}
	if text, _ := m.Load("prod", record.Release); len(text) == 0 {
		t.Errorf("a half release %s without a rollback file", record.Release)
	}
}

// checkWhole checks that a release is there as a whole, or not at all.
func (w *world) checkWhole(t *testing.T, m *machine, rolledBack bool) {
	t.Helper()
	_ = w.srv.sleep(t.Context(), time.Second)
	want := w.want
	if rolledBack {
		want = w.base
	}
	if !w.has(want) {
		t.Errorf("after the recovery (rollback: %v) the server has %v", rolledBack, w.documents())
	}
	record, err := release.ReadRecord(t.Context(), w.srv, "prod")
	if err != nil || record.Phase == "applying" {
		t.Errorf("after the recovery the record says %+v, %v", record, err)
	}
	for k := range w.base {
		d := w.srv.docs[k]
		if w.srv.text(k) == "" {
			continue
		}
		if k == gone[2] && (d.meta.Type != "text" || !w.srv.hideMeta && (d.meta.Use != "a list" || d.meta.Effect != "none")) {
			t.Errorf("%s has lost its metadata: %+v", k, d.meta)
		}
		if (k.DataID[0] == 'd' && k.DataID[1]%2 == 0 || k == gone[0]) && !w.srv.hideMeta && (d.meta.Description != human.Description || d.meta.App != human.App || d.meta.Tags[0] != human.Tags[0]) {
			t.Errorf("%s has lost its metadata: %+v", k, d.meta)
		}
	}
	for _, k := range w.srv.deleted {
		if _, ours := w.base[k]; ours && !slices.Contains(gone, k) {
			t.Errorf("%s was deleted, which the repository has", k)
		}
	}
	if want := rolledBack; w.prune && slices.ContainsFunc(record.Inventory, func(e release.Entry) bool { return e.Key == gone[0] }) != want {
		t.Errorf("after the recovery (rollback: %v) the inventory is %+v", rolledBack, record.Inventory)
	}
	if w.target.Environment.Manifest == nil {
		return
	}
	name := "r1"
	switch {
	case rolledBack && record.Release == "r1.rollback":
		name = "r1.rollback"
	case rolledBack:
		name = "first"
	}
	w.wantManifest(t, name, w.listed(want), 7)
}
