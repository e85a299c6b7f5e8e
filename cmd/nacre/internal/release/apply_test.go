package release_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

func TestApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.plan(t)
	store := newFiles()
	var order []string
	w.srv.onPublish = func(k release.Key) error {
		if k.DataID[0] == 'd' {
			if text, _ := store.Load("prod", "r1"); len(text) == 0 {
				t.Errorf("%s is published before the rollback file is written", k)
			}
			if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Release != "r1" || r.Phase != "applying" {
				t.Errorf("%s is published, and the record says %+v, %v", k, r, err)
			}
		}
		order = append(order, k.DataID)
		return nil
	}
	o := w.options(store, "r1")
	o.Workers = 1
	phases := map[string]int{}
	o.Progress = func(p release.Progress) {
		if phases[p.Phase]++; p.Total < 9 || p.Done > p.Total || p.Document == "" {
			t.Errorf("the progress is %+v", p)
		}
	}
	res, err := release.Apply(t.Context(), w.srv, w.target, p, o)
	if err != nil || res.Phase != "applied" || len(res.Documents) != 10 || !w.has(w.want) {
		t.Fatalf("Apply returned %+v, %v; the server has %v", res, err, w.documents())
	}
	want := []string{"nacre.release.prod", "nacre.release.prod", "d0.yaml", "d1.yaml", "d2.yaml", "d3.yaml", "d4.yaml", "d5.yaml", "d6.yaml", "d7.yaml", "d8.yaml", "release.yaml", "nacre.release.prod"}
	if !slices.Equal(order, want) {
		t.Errorf("published in the order %q, want %q", order, want)
	}
	if phases["read"] != 11 || phases["publish"] != 10 || phases["read back"] != 10 {
		t.Errorf("the progress was %v", phases)
	}
	w.wantManifest(t, "r1", w.want, 1_800_000_000)
	even, odd, fresh := w.srv.docs[key("d0.yaml")].meta, w.srv.docs[key("d1.yaml")].meta, w.srv.docs[key("d8.yaml")].meta
	if even.Description != human.Description || !slices.Equal(even.Tags, []string{"team-a", "release=r1"}) || even.App != "orders" || even.Type != "yaml" {
		t.Errorf("what a person wrote is now %+v", even)
	}
	for _, m := range []nacos.Metadata{odd, fresh} {
		if m.Description != "nacre release=r1 by=kim: more pools" || !slices.Equal(m.Tags, []string{"release=r1"}) {
			t.Errorf("the reason is not in %+v", m)
		}
	}
	if w.srv.authors[key("d0.yaml")] != "kim" {
		t.Errorf("the author is %q", w.srv.authors[key("d0.yaml")])
	}
	r, err := release.ReadRecord(t.Context(), w.srv, "prod")
	if err != nil || r.Phase != "applied" || r.Release != "r1" || r.Last != "r1" || r.Author != "kim" || r.Reason != "more pools" || r.Documents != 9 {
		t.Errorf("the record is %+v, %v", r, err)
	}
	// Again, it is the same release, and nothing is published.
	n := w.srv.publishes
	if res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1")); err != nil || !res.Resumed || w.srv.publishes != n {
		t.Errorf("the same once more: %+v, %v, %d publishes", res, err, w.srv.publishes-n)
	}
	if again := w.plan(t); again.Changes != 0 || len(again.Unchanged) != 10 {
		t.Errorf("after the release a plan has %d changes", again.Changes)
	} else if res, err := release.Apply(t.Context(), w.srv, w.target, again, w.options(store, "r2")); err != nil || len(res.Documents) != 0 || w.srv.publishes != n {
		t.Errorf("a plan without changes: %+v, %v, %d publishes", res, err, w.srv.publishes-n)
	}
}

// What is wrong before anything is published, and leaves the server as it was.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(w *world, p *release.Plan, o *release.Options)
		kind   source.Kind
		says   string
	}{
		"no reason":                            {func(_ *world, _ *release.Plan, o *release.Options) { o.Reason = " " }, source.InvalidArgument, "--reason"},
		"no author":                            {func(_ *world, _ *release.Plan, o *release.Options) { o.Author = "" }, source.InvalidArgument, "--author"},
		"two lines":                            {func(_ *world, _ *release.Plan, o *release.Options) { o.Reason = "a\nb" }, source.InvalidArgument, "one line"},
		"no release":                           {func(_ *world, _ *release.Plan, o *release.Options) { o.Release = "" }, source.InvalidArgument, "release"},
		"a release as path":                    {func(_ *world, _ *release.Plan, o *release.Options) { o.Release = "../x" }, source.InvalidArgument, "release"},
		"a moved base":                         {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.put(key("d3.yaml"), "v: other", bare) }, source.Conflict, "d3.yaml"},
		"an unchanged document that has moved": {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.put(key("d9.yaml"), "v: other", bare) }, source.Conflict, "d9.yaml"},
		"a document that was created":          {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.put(key("d8.yaml"), "v: other", bare) }, source.Conflict, "d8.yaml"},
		"a manifest that has moved":            {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.put(w.atKey, "other", bare) }, source.Conflict, "release.yaml"},
		"a changed file":                       {func(w *world, _ *release.Plan, _ *release.Options) { w.target.Documents[2].Content = []byte("v: 3") }, source.Conflict, "base/d2.yaml"},
		"a file that has gone":                 {func(w *world, _ *release.Plan, _ *release.Options) { w.target.Documents = w.target.Documents[1:] }, source.Conflict, "d0.yaml"},
		"an edited plan":                       {func(_ *world, p *release.Plan, _ *release.Options) { p.Documents = p.Documents[1:] }, source.Malformed, "plan"},
		"a plan for another environment": {func(w *world, _ *release.Plan, _ *release.Options) {
			env := *w.target.Environment
			env.Name = "dev"
			w.target.Environment = &env
		}, source.Conflict, "dev"},
		"no key":                 {func(w *world, _ *release.Plan, _ *release.Options) { w.target.Environment.Manifest.Signed = true }, source.InvalidArgument, "--key"},
		"no compare-and-set":     {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.ignoreCAS = true }, source.InvalidArgument, "does not know"},
		"another process":        {func(_ *world, _ *release.Plan, o *release.Options) { _, _ = o.Folder.Lock("prod") }, source.Conflict, ""},
		"a record of other form": {func(w *world, _ *release.Plan, _ *release.Options) { w.srv.put(key("nacre.release.prod"), "x", bare) }, source.Conflict, "nacre.release.prod"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			p := w.plan(t)
			o := w.options(newFiles(), "r1")
			tc.change(w, p, &o)
			_ = w.srv.sleep(t.Context(), time.Second)
			before := w.srv.all()
			_, err := release.Apply(t.Context(), w.srv, w.target, p, o)
			if source.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Apply returned %v, want kind %v and %q", err, tc.kind, tc.says)
			}
			if after := w.srv.all(); fmt.Sprint(after) != fmt.Sprint(before) || w.srv.publishes > 0 {
				t.Errorf("the server has %v, and had %v", after, before)
			}
			if left, _ := o.Folder.List("prod"); len(left) > 0 {
				t.Errorf("a release that never began leaves %v", left)
			}
		})
	}
}

// Of two who apply at once one wins, and the other gets a conflict and publishes nothing.
func TestTwoAppliers(t *testing.T) {
	t.Parallel()
	for seed := range 100 {
		w := newWorld(t, seed%2 == 0)
		if seed%5 == 0 { // and both delete
			w.withGone()
		}
		if seed%4 < 2 { // the record exists
			if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(newFiles(), "r0")); err != nil {
				t.Fatal(err)
			}
			for i := range w.target.Documents {
				w.target.Documents[i].Content = fmt.Appendf(nil, "v: newer\nn: %d\n", i)
			}
		}
		p := w.plan(t)
		var wg sync.WaitGroup
		var errs [2]error
		var results [2]*release.Result
		for i := range errs {
			wg.Go(func() {
				o := w.options(newFiles(), fmt.Sprintf("r%d", i+1))
				o.Author = o.Release
				results[i], errs[i] = release.Apply(t.Context(), w.srv, w.target, p, o)
			})
		}
		wg.Wait()
		win, lose := 0, 1
		if errs[0] != nil {
			win, lose = 1, 0
		}
		if errs[win] != nil || source.KindOf(errs[lose]) != source.Conflict {
			t.Fatalf("seed %d: two appliers got %v and %v, want one success and one conflict", seed, errs[0], errs[1])
		}
		for k, author := range w.srv.authors {
			if k.DataID != "nacre.release.prod" && author == fmt.Sprintf("r%d", lose+1) {
				t.Errorf("seed %d: the loser has published %s", seed, k)
			}
		}
		if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Release != results[win].Release || r.Phase != "applied" {
			t.Errorf("seed %d: the record is %+v, %v", seed, r, err)
		}
	}
}

// Answers that are lost, requests that are lost, and refusals in other words than a conflict do not
// make a release fail, and do not make it wrong.
func TestUnknownAnswers(t *testing.T) {
	t.Parallel()
	for seed := range 50 {
		w := newWorld(t, true)
		p := w.plan(t)
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		tries := map[release.Key]int{}
		chance := func(n int) bool { mu.Lock(); defer mu.Unlock(); return random.IntN(n) == 0 }
		w.srv.onPublish = func(k release.Key) error {
			mu.Lock()
			tries[k]++
			n := tries[k]
			mu.Unlock()
			if n < 3 && chance(3) {
				return &source.Error{Kind: source.Unavailable, Err: errors.New("lost on its way")}
			}
			return nil
		}
		w.srv.answerLost = func(release.Key) error {
			if chance(3) {
				return &source.Error{Kind: source.Timeout, Err: errors.New("no answer")}
			}
			return nil
		}
		res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), "r1"))
		if err != nil || res.Phase != "applied" || !w.has(w.want) {
			t.Errorf("seed %d: Apply returned %+v, %v", seed, res, err)
		}
		w.wantManifest(t, "r1", w.want, 8)
	}
}

// A document that cannot be published ends the release: what was published is undone.
func TestFailureIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"d0.yaml", "d5.yaml", "d8.yaml", "release.yaml"} {
		w := newWorld(t, true)
		p := w.plan(t)
		before := w.documents()
		store := newFiles()
		w.srv.onPublish = func(k release.Key) error {
			if k.DataID == bad {
				return &source.Error{Kind: source.PermissionDenied, Op: "publish", Document: bad}
			}
			return nil
		}
		res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1"))
		if exit.Of(err) != exit.Denied || res == nil || res.Phase != "undone" || !w.has(before) {
			t.Errorf("%s: Apply returned %+v, %v; the server has %v", bad, res, err, w.documents())
		}
		for _, d := range res.Documents {
			if d.State != "base" {
				t.Errorf("%s: %s is reported as %s", bad, d.Key, d.State)
			}
		}
		if m := w.srv.docs[key("d0.yaml")].meta; !slices.Equal(m.Tags, human.Tags) || m.Description != human.Description {
			t.Errorf("%s: the metadata of d0.yaml are %+v", bad, m)
		}
		w.wantManifest(t, "first", w.base, 7)
		r, err := release.ReadRecord(t.Context(), w.srv, "prod")
		if err != nil || r.Phase != "undone" || r.Last != "" {
			t.Errorf("%s: the record is %+v, %v", bad, r, err)
		}
		w.srv.onPublish = nil
		if res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1")); err != nil || !w.has(w.want) {
			t.Errorf("%s: after the permission was granted: %+v, %v", bad, res, err)
		}
	}
}

// Someone who publishes one of the documents meanwhile keeps what they have published.
func TestSomeoneElsePublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.plan(t)
	var once sync.Once
	w.srv.onPublish = func(k release.Key) error {
		if k.DataID == "d6.yaml" {
			once.Do(func() { w.srv.put(k, "v: theirs", bare) })
		}
		return nil
	}
	o := w.options(newFiles(), "r1")
	res, err := release.Apply(t.Context(), w.srv, w.target, p, o)
	want := w.base
	want[key("d6.yaml")] = "v: theirs"
	if exit.Of(err) != exit.Conflict || res.Phase != "undone" || !w.has(want) || !strings.Contains(err.Error(), "d6.yaml") {
		t.Errorf("Apply returned %+v, %v; the server has %v", res, err, w.documents())
	}
	for _, d := range res.Documents {
		if (d.State == "other") != (d.Key.DataID == "d6.yaml") {
			t.Errorf("%s is reported as %s", d.Key, d.State)
		}
	}
}

// A server that refuses everything in the middle leaves a half release with a name; the same apply
// finishes it.
func TestWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	for _, forward := range []bool{true, false} {
		w := newWorld(t, true)
		p := w.plan(t)
		store := newFiles()
		var mu sync.Mutex
		n := 0
		w.srv.onPublish = func(k release.Key) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n > 7 {
				return &source.Error{Kind: source.PermissionDenied, Op: "publish", Document: k.String()}
			}
			return nil
		}
		res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1"))
		if exit.Of(err) != exit.Partly || res.Phase != "applying" || !strings.Contains(err.Error(), "d0.yaml (target)") || !strings.Contains(err.Error(), "rollback prod r1") {
			t.Fatalf("Apply returned %+v, %v", res, err)
		}
		w.srv.onPublish = nil
		w.checkNamed(t, &machine{memory: w.srv, files: store})
		// No one else can apply, here or on another machine.
		for _, other := range []*files{store, newFiles()} {
			if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(other, "r2")); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "r1") {
				t.Errorf("another release meanwhile: %v, want a conflict that names r1", err)
			}
		}
		if forward {
			if res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r1")); err != nil || !res.Resumed || !w.has(w.want) {
				t.Errorf("the same apply: %+v, %v", res, err)
			}
		} else if res, err := release.Rollback(t.Context(), w.srv, "prod", "r1", w.options(store, "")); err != nil || res.Phase != "undone" || !w.has(w.base) {
			t.Errorf("the rollback: %+v, %v", res, err)
		}
	}
}

// A release whose machine is lost is taken over by a new plan, and only if that names it.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	m := w.machine()
	m.at, m.after = 35, true
	_, _ = release.Apply(t.Context(), m, w.target, w.plan(t), w.options(m, "r1"))
	if w.has(w.base) || w.has(w.want) {
		t.Fatal("the machine has not died in the middle")
	}
	half := w.documents()
	_ = w.srv.sleep(t.Context(), time.Minute)
	o := w.options(newFiles(), "r2")
	o.TakeOver = "r0"
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "--take-over r1") {
		t.Errorf("another name: %v", err)
	}
	// One that fails leaves what it found, with the name that it had.
	o.TakeOver = "r1"
	w.srv.onPublish = func(k release.Key) error {
		if k.DataID == "d8.yaml" {
			return source.PermissionDenied
		}
		return nil
	}
	if res, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err == nil || res.Phase != "undone" || !w.has(half) {
		t.Errorf("a take-over that fails: %+v, %v", res, err)
	}
	w.srv.onPublish = nil
	if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Release != "r1" || r.Phase != "applying" {
		t.Errorf("then the record is %+v, %v", r, err)
	}
	_ = w.srv.sleep(t.Context(), time.Minute)
	if res, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err != nil || !w.has(w.want) {
		t.Errorf("a take-over: %+v, %v", res, err)
	}
	w.wantManifest(t, "r2", w.want, 8)
}

// An interrupt takes the release back.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	w.srv.answerLost = func(k release.Key) error {
		if k.DataID == "d5.yaml" {
			cancel()
		}
		return nil
	}
	res, err := release.Apply(ctx, w.srv, w.target, w.plan(t), w.options(newFiles(), "r1"))
	if exit.Of(err) != exit.Interrupted || res == nil || res.Phase != "undone" || !w.has(w.base) {
		t.Errorf("after an interrupt: %+v, %v; the server has %v", res, err, w.documents())
	}
}

// An interrupt while the record is being claimed does not leave the environment to a release that
// has published nothing.
func TestInterruptOfTheClaim(t *testing.T) {
	t.Parallel()
	for _, answered := range []bool{true, false} {
		w := newWorld(t, true)
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		w.srv.answerLost = func(k release.Key) error {
			if k.DataID != "nacre.release.prod" {
				return nil
			}
			if n++; n != 2 { // the second one claims it
				return nil
			}
			if cancel(); answered {
				return nil
			}
			return ctx.Err()
		}
		store := newFiles()
		p := w.plan(t)
		var last string
		o := w.options(store, "r1")
		o.Unfinished = func(text string) { last = text }
		_, err := release.Apply(ctx, w.srv, w.target, p, o)
		if exit.Of(err) != exit.Interrupted || !w.has(w.base) || last != "" || !answered && !strings.Contains(err.Error(), "published nothing") {
			t.Errorf("answered %v: %v, and unfinished %q", answered, err, last)
		}
		if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Phase != "undone" {
			t.Errorf("answered %v: the record is %+v, %v", answered, r, err)
		}
		_ = w.srv.sleep(t.Context(), time.Minute)
		if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), "r2")); err != nil || !w.has(w.want) {
			t.Errorf("answered %v: another machine cannot apply: %v", answered, err)
		}
	}
}

// An interrupt whose release can neither be finished nor undone says where its name is, and both
// ways on.
func TestInterruptLeavesAPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	w.srv.onPublish = func(k release.Key) error {
		if ctx.Err() != nil {
			return &source.Error{Kind: source.PermissionDenied, Op: "publish", Document: k.String()}
		}
		if k.DataID == "d5.yaml" {
			cancel()
			return ctx.Err()
		}
		return nil
	}
	var last string
	o := w.options(newFiles(), "r1")
	o.Unfinished = func(text string) { last = text }
	res, err := release.Apply(ctx, w.srv, w.target, w.plan(t), o)
	if exit.Of(err) != exit.Partly || res == nil || res.Phase != "applying" {
		t.Fatalf("after an interrupt: %+v, %v", res, err)
	}
	for _, text := range []string{err.Error(), last} {
		for _, says := range []string{"G/nacre.release.prod", "apply its plan again with --release r1", "nacre rollback prod r1"} {
			if !strings.Contains(text, says) {
				t.Errorf("%q does not say %q", text, says)
			}
		}
	}
}

// Where metadata cannot be read, type, application and tags stay, and the plan says what does not.
func TestHiddenMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.srv.hideMeta = true
	p := w.plan(t)
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "metadata cannot be read") {
		t.Errorf("the notes are %q", p.Notes)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), "r1")); err != nil || !w.has(w.want) {
		t.Fatal(err)
	}
	if m := w.srv.docs[key("d0.yaml")].meta; !slices.Equal(m.Tags, human.Tags) || m.App != "orders" || m.Type != "yaml" {
		t.Errorf("the metadata are %+v", m)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	private, _, err := release.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := release.ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	store := newFiles()
	o := w.options(store, "r1")
	o.Key = signer
	w.target.Environment.Manifest.Signed = true
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err != nil {
		t.Fatal(err)
	}
	sequence := w.wantManifest(t, "r1", w.want, 8)
	back := w.options(store, "")
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", back); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "--key") {
		t.Errorf("a rollback without a key: %v", err)
	}
	back.Key = signer
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r9", back); source.KindOf(err) != source.NotFound {
		t.Errorf("a rollback of an unknown release: %v", err)
	}
	w.srv.put(key("d4.yaml"), "v: later", bare)
	_ = w.srv.sleep(t.Context(), time.Second)
	n := w.srv.publishes
	if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", back); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "d4.yaml") || w.srv.publishes != n {
		t.Errorf("a rollback over a later change: %v", err)
	}
	w.srv.put(key("d4.yaml"), w.want[key("d4.yaml")], human)
	_ = w.srv.sleep(t.Context(), time.Second)
	res, err := release.Rollback(t.Context(), w.srv, "prod", "r1", back)
	if err != nil || res.Phase != "applied" || res.Release != "r1.rollback" || !w.has(w.base) {
		t.Fatalf("the rollback: %+v, %v; the server has %v", res, err, w.documents())
	}
	w.wantManifest(t, "r1.rollback", w.base, sequence+1)
	if m := w.srv.docs[key("d0.yaml")].meta; !slices.Equal(m.Tags, []string{"team-a", "release=r1.rollback"}) || m.Description != human.Description {
		t.Errorf("the metadata are %+v", m)
	}
	if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Release != "r1.rollback" || r.Undoes != "r1" {
		t.Errorf("the record is %+v, %v", r, err)
	}
	// A rollback can be rolled back.
	again := w.options(store, "r1.again")
	again.Key = signer
	if res, err := release.Rollback(t.Context(), w.srv, "prod", "r1.rollback", again); err != nil || !w.has(w.want) {
		t.Errorf("the rollback of the rollback: %+v, %v", res, err)
	}
	w.wantManifest(t, "r1.again", w.want, sequence+2)
	if _, err := manifest.Parse([]byte(w.srv.text(w.atKey))); err != nil {
		t.Error(err)
	}
}

// No value is in a plan, an error or a record.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-canary"
	w := newWorld(t, true)
	w.target.Documents[0].Content = []byte("db:\n  password: " + secret + "\n")
	w.srv.put(key("d2.yaml"), "password: "+secret+"-old\n", bare)
	_ = w.srv.sleep(t.Context(), time.Second)
	p := w.plan(t)
	text, err := p.Encode()
	if err != nil || bytes.Contains(text, []byte(secret)) {
		t.Errorf("the plan shows a value: %v", err)
	}
	w.srv.onPublish = func(k release.Key) error {
		if k.DataID == "d8.yaml" {
			return source.PermissionDenied
		}
		return nil
	}
	res, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), "r1"))
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, res), secret) || strings.Contains(w.srv.text(key("nacre.release.prod")), secret) {
		t.Errorf("an error, a result or a record shows a value: %v", err)
	}
}

// A release whose record was deleted in the middle is not forgotten.
func TestRecordIsDeleted(t *testing.T) {
	t.Parallel()
	for _, forward := range []bool{true, false} {
		w := newWorld(t, true)
		p := w.plan(t)
		m := w.machine()
		m.at, m.after = 35, true
		_, _ = release.Apply(t.Context(), m, w.target, p, w.options(m, "r1"))
		m.revive()
		if w.has(w.base) || w.has(w.want) {
			t.Fatal("the machine has not died in the middle")
		}
		if err := w.srv.Delete(t.Context(), key("nacre.release.prod")); err != nil {
			t.Fatal(err)
		}
		if err := w.recover(t, m, p, !forward); err != nil || forward && !w.has(w.want) || !forward && !w.has(w.base) {
			t.Errorf("forward %v: %v; the server has %v", forward, err, w.documents())
		}
		if r, err := release.ReadRecord(t.Context(), w.srv, "prod"); err != nil || r.Phase == "applying" || r.Release != "r1" {
			t.Errorf("forward %v: the record is %+v, %v", forward, r, err)
		}
	}
}

// The rollback file of one server is not used, and not removed, for another one.
func TestAnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.plan(t)
	m := w.machine()
	m.at, m.after = 35, true
	_, _ = release.Apply(t.Context(), m, w.target, p, w.options(m, "r1"))
	m.revive()
	other := newWorld(t, true)
	other.srv.other = "2"
	store := m.files
	if _, err := release.Apply(t.Context(), other.srv, other.target, other.plan(t), other.options(store, "r2")); source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), "memory://prod2") {
		t.Errorf("Apply on another server: %v", err)
	}
	if _, err := release.Rollback(t.Context(), other.srv, "prod", "r1", other.options(store, "")); source.KindOf(err) != source.Conflict {
		t.Errorf("Rollback on another server: %v", err)
	}
	if other.srv.publishes > 0 {
		t.Error("something was published on the other server")
	}
	if err := w.recover(t, m, p, true); err != nil || !w.has(w.base) {
		t.Errorf("the rollback on the right one: %v", err)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(store, "r3")); err != nil {
		t.Fatal(err)
	}
	if _, err := release.Rollback(t.Context(), other.srv, "prod", "r3", other.options(store, "")); source.KindOf(err) != source.Conflict || other.srv.publishes > 0 {
		t.Errorf("Rollback of an applied release on another server: %v", err)
	}
}

// A release that another machine has taken over is not finished again.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.plan(t)
	m := w.machine()
	m.at, m.after = 35, true
	_, _ = release.Apply(t.Context(), m, w.target, p, w.options(m, "r1"))
	m.revive()
	_ = w.srv.sleep(t.Context(), time.Minute)
	o := w.options(newFiles(), "r2")
	o.TakeOver = "r1"
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), o); err != nil {
		t.Fatal(err)
	}
	_ = w.srv.sleep(t.Context(), time.Minute)
	n := w.srv.publishes
	for _, rollback := range []bool{false, true} {
		if err := w.recover(t, m, p, rollback); source.KindOf(err) != source.Conflict || w.srv.publishes != n {
			t.Errorf("rollback %v: %v, and %d publishes", rollback, err, w.srv.publishes-n)
		}
	}
	if text, _ := m.Load("prod", "r1"); len(text) == 0 {
		t.Error("the contents of before are lost")
	}
}

// Another plan under the name of a release that is not finished gets advice that is not the command
// that was just typed.
func TestAnotherPlanOfTheSameName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	m := w.machine()
	m.at, m.after = 35, true
	_, _ = release.Apply(t.Context(), m, w.target, w.plan(t), w.options(m, "r1"))
	m.revive()
	_ = w.srv.sleep(t.Context(), time.Minute)
	w.target.Documents[0].Content = []byte("v: other")
	other := w.plan(t)
	_, err := release.Apply(t.Context(), m, w.target, other, w.options(m, "r1"))
	const want = "has been begun here with another plan, and not finished (apply that plan to finish it, or run nacre rollback prod r1 to undo it and make a new plan)"
	if source.KindOf(err) != source.Conflict || !strings.Contains(err.Error(), want) {
		t.Errorf("Apply returned %v, want %q", err, want)
	}
	if _, err := release.Rollback(t.Context(), m, "prod", "r1", w.options(m, "")); err != nil {
		t.Fatal(err)
	}
	_ = w.srv.sleep(t.Context(), time.Minute)
	if res, err := release.Apply(t.Context(), m, w.target, w.plan(t), w.options(m, "r2")); err != nil || res.Phase != "applied" {
		t.Errorf("after the rollback Apply returned %+v, %v", res, err)
	}
}
