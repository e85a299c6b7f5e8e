package release_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/source"
)

// deletions returns what a plan deletes, and what it leaves with the reasons.
func deletions(p *release.Plan) (deleted []string, left map[string]string) {
	left = map[string]string{}
	for _, c := range p.Documents {
		if c.Action == "delete" {
			deleted = append(deleted, c.DataID+" "+c.BaseMD5)
		}
	}
	for _, l := range p.Left {
		left[l.DataID] = l.Why
	}
	return deleted, left
}

// Only what releases of the environment have published is deleted, and only if that is asked for.
func TestPlanOfDeletions(t *testing.T) {
	t.Parallel()
	const own, foreign, changed, shared = "a release has published it; nacre plan --prune deletes it", "no release of this environment has published it",
		"someone else has published it since the last release", "it is also a document of environment eu"
	entry := func(id, text string, adopted bool) release.Entry {
		return release.Entry{Key: key(id), MD5: sum(text), Adopted: adopted}
	}
	w := newWorld(t, false)
	for _, id := range []string{"own.yaml", "adopted.yaml", "byhand.yaml", "foreign.yaml", "shared.yaml"} {
		w.srv.put(key(id), "v: 1\nsecret: hunter2\n", human)
	}
	w.srv.put(key("byhand.yaml"), "v: theirs\n", human)
	w.record(release.Record{SchemaVersion: 1, Environment: "prod", Phase: "applied", Release: "r0", Inventory: []release.Entry{
		entry("own.yaml", "v: 1\nsecret: hunter2\n", false), entry("adopted.yaml", "v: 1\nsecret: hunter2\n", true),
		entry("byhand.yaml", "v: 1\nsecret: hunter2\n", false), entry("shared.yaml", "v: 1\nsecret: hunter2\n", false),
		entry("vanished.yaml", "v: 1\n", false), entry("d0.yaml", "v: old\nn: 0\n", false),
	}})
	w.target.Others = []repository.Environment{{Name: "prod"}, {Name: "eu"}, {Name: "us", Group: "US"}}
	w.srv.put(key("nacre.release.eu"), `{"schema_version":1,"environment":"eu","inventory":[{"group":"G","data_id":"shared.yaml","md5":"x","adopted":true}]}`, bare)
	_ = w.srv.sleep(t.Context(), time.Minute)

	deleted, left := deletions(w.plan(t))
	want := map[string]string{"own.yaml": own, "adopted.yaml": foreign, "byhand.yaml": changed, "shared.yaml": shared}
	if len(deleted) > 0 || !maps.Equal(left, want) {
		t.Errorf("without --prune the plan deletes %q and leaves %q, want to leave %q", deleted, left, want)
	}
	w.prune = true
	w.srv.listening = map[release.Key]int{key("own.yaml"): 3}
	p := w.plan(t)
	deleted, left = deletions(p)
	delete(want, "own.yaml")
	if !slices.Equal(deleted, []string{"own.yaml " + sum("v: 1\nsecret: hunter2\n")}) || !maps.Equal(left, want) {
		t.Errorf("with --prune the plan deletes %q and leaves %q, want own.yaml and %q", deleted, left, want)
	}
	last := p.Documents[len(p.Documents)-1]
	if last.Action != "delete" || last.BaseSize == 0 || last.MD5 != "" || len(last.Keys) != 2 || last.Keys[0].Op != "removed" || last.Listeners == nil || *last.Listeners != 3 || p.Changes != 10 {
		t.Errorf("the last change of %d is %+v", p.Changes, last)
	}
	if text, err := p.Encode(); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("the plan shows a value: %v", err)
	}
}

// A release deletes last, and a rollback restores with type and metadata, before the manifest names
// the documents again.
func TestDeletions(t *testing.T) {
	t.Parallel()
	for _, manifest := range []bool{true, false} {
		w := newWorld(t, manifest).withGone()
		p := w.plan(t)
		if deleted, left := deletions(p); len(deleted) != 3 || len(left) > 0 {
			t.Fatalf("the plan deletes %q and leaves %q", deleted, left)
		}
		store := newFiles()
		var order []string
		w.srv.onPublish = func(k release.Key) error { order = append(order, "+"+k.DataID); return nil }
		w.srv.onDelete = func(k release.Key) error { order = append(order, "-"+k.DataID); return nil }
		o := w.options(store, "r1")
		o.Workers = 1
		res, err := release.Apply(t.Context(), w.srv, w.target, p, o)
		if err != nil || !w.has(w.want) || len(res.Documents) < 12 {
			t.Fatalf("Apply returned %+v, %v; the server has %v", res, err, w.documents())
		}
		n := len(order)
		if got := order[n-4 : n]; !slices.Equal(got, []string{"-gone0.yaml", "-gone1.yaml", "-gone2.txt", "+nacre.release.prod"}) {
			t.Errorf("manifest %v: the last steps were %q", manifest, got)
		}
		if manifest && order[n-5] != "+release.yaml" {
			t.Errorf("before the deletions %s was published, want the manifest", order[n-5])
		}
		if again := w.plan(t); !again.Empty() || len(again.Left) > 0 {
			t.Errorf("after the release the plan is %+v", again)
		}
		order = nil
		b := w.options(store, "")
		b.Workers = 1
		if res, err := release.Rollback(t.Context(), w.srv, "prod", "r1", b); err != nil || !w.has(w.base) {
			t.Fatalf("the rollback: %+v, %v; the server has %v", res, err, w.documents())
		}
		if !slices.Equal(order[1:4], []string{"+gone0.yaml", "+gone1.yaml", "+gone2.txt"}) || !slices.Equal(order[len(order)-3:], []string{"-d8.yaml", "-d7.yaml", "+nacre.release.prod"}) {
			t.Errorf("manifest %v: the rollback went %q", manifest, order)
		}
		if m := w.srv.docs[gone[0]].meta; m.Description != human.Description || m.App != human.App || m.Type != "yaml" || m.Tags[0] != "team-a" {
			t.Errorf("the metadata of a restored document are %+v", m)
		}
		if m := w.srv.docs[gone[2]].meta; m.Type != "text" || m.Use != "a list" || m.Effect != "none" {
			t.Errorf("the metadata of a restored document are %+v", m)
		}
		// The restored documents are the environment's own again, and the created ones are not.
		r, err := release.ReadRecord(t.Context(), w.srv, "prod")
		want := []release.Entry{
			{Key: key("d9.yaml"), MD5: sum(w.want[key("d9.yaml")]), Adopted: true},
			{Key: gone[0], MD5: sum(w.base[gone[0]])}, {Key: gone[1], MD5: sum(w.base[gone[1]])}, {Key: gone[2], MD5: sum(w.base[gone[2]])},
		}
		if manifest {
			want = append(want, release.Entry{Key: w.atKey, MD5: sum(w.srv.text(w.atKey)), Manifest: true})
		}
		if err != nil || !slices.Equal(r.Inventory, want) {
			t.Errorf("after the rollback the inventory is %+v, %v", r.Inventory, err)
		}
		// The rollback of the rollback deletes again.
		if res, err := release.Rollback(t.Context(), w.srv, "prod", "r1.rollback", w.options(store, "r1.again")); err != nil || !w.has(w.want) {
			t.Errorf("the rollback of the rollback: %+v, %v; the server has %v", res, err, w.documents())
		}
	}
}

// Without the flag nothing is deleted, and a later release can still delete what this one left.
func TestLeftIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true).withGone()
	w.prune = false
	store := newFiles()
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(store, "r1")); err != nil || len(w.srv.deleted) > 0 {
		t.Fatalf("%v, and deleted are %v", err, w.srv.deleted)
	}
	w.prune = true
	p := w.plan(t)
	if deleted, _ := deletions(p); len(deleted) != 3 || p.Changes != 3 {
		t.Fatalf("the next plan deletes %q", deleted)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r2")); err != nil || !w.has(w.want) {
		t.Errorf("%v; the server has %v", err, w.documents())
	}
	w.wantManifest(t, "r2", w.want, 8)
}

// A renamed document is created, and then deleted under its old name.
func TestRename(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.prune = true
	store := newFiles()
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(store, "r1")); err != nil {
		t.Fatal(err)
	}
	w.target.Documents[3].DataID = "renamed.yaml"
	p := w.plan(t)
	var got []string
	for _, c := range p.Documents {
		got = append(got, c.Action+" "+c.DataID)
	}
	if !slices.Equal(got, []string{"create renamed.yaml", "delete d3.yaml"}) || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "G/renamed.yaml has the content of G/d3.yaml") {
		t.Errorf("the plan has %q, and the notes %q", got, p.Notes)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r2")); err != nil || w.srv.text(key("d3.yaml")) != "" || w.srv.text(key("renamed.yaml")) != w.want[key("d3.yaml")] {
		t.Errorf("%v; the server has %v", err, w.srv.all())
	}
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r2", w.options(store, "")); err != nil || w.srv.text(key("d3.yaml")) != w.want[key("d3.yaml")] || w.srv.text(key("renamed.yaml")) != "" {
		t.Errorf("the rollback: %v; the server has %v", err, w.srv.all())
	}
}

// A manifest that nacre.yaml gives another name, or none, is deleted as documents are, after the
// new one was published; and a rollback restores it.
func TestRenamedManifest(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]*repository.Manifest{"another name": {DataID: "new.yaml"}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			store := newFiles()
			if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(store, "r1")); err != nil {
				t.Fatal(err)
			}
			old := w.srv.text(w.atKey)
			w.target.Environment.Manifest = at
			p := w.plan(t)
			if len(p.Left) != 1 || p.Left[0].Key != w.atKey || !strings.Contains(p.Left[0].Why, "it is the manifest of earlier releases") || p.Changes != 0 {
				t.Fatalf("the plan leaves %+v", p.Left)
			}
			w.prune = true
			p = w.plan(t)
			if deleted, _ := deletions(p); len(deleted) != 1 || len(p.Left) > 0 {
				t.Fatalf("the plan deletes %q and leaves %+v", deleted, p.Left)
			}
			var order []string
			w.srv.onPublish = func(k release.Key) error { order = append(order, k.DataID); return nil }
			w.srv.onDelete = func(k release.Key) error { order = append(order, "-"+k.DataID); return nil }
			if res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r2")); err != nil || w.srv.text(w.atKey) != "" || !w.has(w.want) {
				t.Fatalf("Apply returned %+v, %v; the server has %v", res, err, w.srv.all())
			}
			want := []string{"nacre.release.prod", "-release.yaml", "nacre.release.prod"}
			if at != nil {
				want = slices.Insert(want, 1, "new.yaml")
			}
			if !slices.Equal(order, want) {
				t.Errorf("the order was %q, want %q", order, want)
			}
			if p := w.plan(t); !p.Empty() || len(p.Left) > 0 {
				t.Errorf("after the release the plan is %+v", p)
			}
			if _, err := release.Rollback(t.Context(), w.srv, "prod", "r2", w.options(store, "")); err != nil || w.srv.text(w.atKey) != old || w.srv.text(key("new.yaml")) != "" {
				t.Errorf("the rollback: %v; the server has %v", err, w.srv.all())
			}
		})
	}
}

// A plan does not delete what has changed since, or what the repository has again.
func TestDeletionsAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(w *world)
		says   string
	}{
		"a document that someone has published": {func(w *world) { w.srv.put(gone[1], "v: theirs\n", bare) }, "G/gone1.yaml"},
		"a document that someone has deleted":   {func(w *world) { _ = w.srv.Delete(context.Background(), gone[1]) }, "G/gone1.yaml"},
		"a document that is back": {func(w *world) {
			w.target.Documents = append(w.target.Documents, repository.Document{DataID: "gone1.yaml", Content: []byte("v: 1\n")})
		}, "the repository has it"},
		"a record that no longer knows it": {func(w *world) {
			w.record(release.Record{SchemaVersion: 1, Environment: "prod", Phase: "applied", Release: "other"})
		}, "no release of this environment has published"},
	} {
		w := newWorld(t, true).withGone()
		p := w.plan(t)
		tc.change(w)
		_ = w.srv.sleep(t.Context(), time.Second)
		w.srv.deleted = nil
		n := w.srv.publishes
		_, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), "r1"))
		if source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), tc.says) || w.srv.publishes != n || len(w.srv.deleted) > 0 {
			t.Errorf("%s: %v, %d publishes, deleted %v, want a conflict that says %q", name, err, w.srv.publishes-n, w.srv.deleted, tc.says)
		}
	}
}

// Someone who publishes a document before it is deleted keeps it. The release is done, and says so.
func TestSomeoneElsePublishesWhatIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true).withGone()
	store := newFiles()
	w.srv.onPublish = func(k release.Key) error {
		if k == w.atKey {
			w.srv.put(gone[1], "v: theirs\n", human)
		}
		return nil
	}
	p := w.plan(t)
	res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1"))
	w.srv.onPublish = nil
	if exit.Of(err) != exit.Partly || res.Phase != "applied" || !strings.Contains(err.Error(), "did not delete G/gone1.yaml") || w.srv.text(gone[1]) != "v: theirs\n" || w.srv.text(gone[0]) != "" {
		t.Errorf("Apply returned %+v, %v; the server has %v", res, err, w.documents())
	}
	if deleted, left := deletions(w.plan(t)); len(deleted) > 0 || left["gone1.yaml"] != "someone else has published it since the last release" {
		t.Errorf("the next plan deletes %q and leaves %q", deleted, left)
	}
	want := maps.Clone(w.base)
	want[gone[1]] = "v: theirs\n"
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", w.options(store, "")); err != nil || !w.has(want) {
		t.Errorf("the rollback: %v; the server has %v", err, w.documents())
	}
}

// An answer that is lost, and a server that deletes and says 500, do not make a release fail.
func TestUnknownAnswersToDeletions(t *testing.T) {
	t.Parallel()
	for _, kind := range []source.Kind{source.Unavailable, source.Timeout, source.Unknown} {
		for _, carriedOut := range []bool{true, false} {
			w := newWorld(t, true).withGone()
			tries := map[release.Key]int{}
			fail := func(k release.Key) error {
				if tries[k]++; k == gone[1] && tries[k] == 1 {
					return &source.Error{Kind: kind, Op: "delete", Err: errors.New("500")}
				}
				return nil
			}
			if carriedOut {
				w.srv.deleteLost = fail
			} else {
				w.srv.onDelete = fail
			}
			o := w.options(newFiles(), "r1")
			o.Workers = 1
			if res, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err != nil || !w.has(w.want) || tries[gone[1]] > 2 {
				t.Errorf("%v, carried out %v: %+v, %v, %d tries", kind, carriedOut, res, err, tries[gone[1]])
			}
		}
	}
}

// A deletion that fails does not undo what instances may have. The release has a name and two ways
// on: the same apply, and a rollback.
func TestDeletionFails(t *testing.T) {
	t.Parallel()
	for _, forward := range []bool{true, false} {
		for _, manifest := range []bool{true, false} {
			for _, interrupted := range []bool{true, false} {
				w := newWorld(t, manifest).withGone()
				store := newFiles()
				ctx, cancel := context.WithCancel(t.Context())
				w.srv.onDelete = func(k release.Key) error {
					if k == gone[1] && interrupted {
						cancel()
						return ctx.Err()
					}
					if k == gone[1] {
						return &source.Error{Kind: source.PermissionDenied, Op: "delete", Document: k.String()}
					}
					return nil
				}
				p := w.plan(t)
				o := w.options(store, "r1")
				o.Workers = 1
				res, err := release.Apply(ctx, w.srv, w.target, p, o)
				cancel()
				at := fmt.Sprintf("forward %v, manifest %v, interrupted %v", forward, manifest, interrupted)
				if exit.Of(err) != exit.Partly || res.Phase != "applying" || !strings.Contains(err.Error(), "gone1.yaml") || !strings.Contains(err.Error(), "nacre rollback prod r1") {
					t.Fatalf("%s: Apply returned %+v, %v", at, res, err)
				}
				w.checkNamed(t, &machine{memory: w.srv, files: store})
				if !forward {
					if res, err := release.Rollback(t.Context(), w.srv, "prod", "r1", w.options(store, "")); err != nil || !w.has(w.base) {
						t.Errorf("%s: the rollback: %+v, %v; the server has %v", at, res, err, w.documents())
					}
					continue
				}
				w.srv.onDelete = nil
				if res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1")); err != nil || !w.has(w.want) {
					t.Errorf("%s: the same apply: %+v, %v; the server has %v", at, res, err, w.documents())
				}
			}
		}
	}
}

// What a lost machine has deleted half is taken over by a new plan.
func TestTakeOverOfDeletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true).withGone()
	w.srv.onDelete = func(k release.Key) error {
		if k == gone[2] {
			return source.PermissionDenied
		}
		return nil
	}
	o := w.options(newFiles(), "r1")
	o.Workers = 1
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); exit.Of(err) != exit.Partly {
		t.Fatal(err)
	}
	w.srv.onDelete = nil
	_ = w.srv.sleep(t.Context(), time.Minute)
	o = w.options(newFiles(), "r2")
	o.TakeOver = "r1"
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err != nil || !w.has(w.want) {
		t.Errorf("%v; the server has %v", err, w.documents())
	}
}

// A document with the name of a record is refused: a release would overwrite the record.
func TestRecordsAreNotDocuments(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"nacre.release.prod", "nacre.release.eu", "nacre.probe.0123456789abcdef"} {
		w := newWorld(t, true)
		w.target.Documents[0].DataID = id
		if _, err := release.NewPlan(t.Context(), w.srv, w.target, "", w.options(nil, "")); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "record") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
