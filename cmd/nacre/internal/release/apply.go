package release

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Result is what a release came to.
type Result struct {
	Release     string `json:"release"`
	Environment string `json:"environment"`
	// Phase is "applied", "undone", or "applying" if something could not be undone.
	Phase string `json:"phase"`
	// Resumed reports that the release had been begun before.
	Resumed   bool      `json:"resumed,omitempty"`
	Documents []Outcome `json:"documents"`
}

// Apply publishes what a plan says as one release. With nothing to change it publishes nothing and
// returns a Result without documents.
//
// The error is nil only if the server has the whole release. Otherwise the Result says what the
// server has: a release that could be undone is "undone"; one that could not has the exit code
// [exit.Partly] and stays "applying": another Apply of the same plan finishes it, or [Rollback]
// undoes it. A plan, a repository or a server that has changed is an error of kind Conflict,
// and nothing is published then.
func Apply(ctx context.Context, srv Server, t Target, p *Plan, o Options) (*Result, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := t.matches(srv, p); err != nil {
		return nil, err
	}
	if err := o.Steps.check(t); err != nil {
		return nil, err
	}
	if m := t.Environment.Manifest; m != nil && m.Signed && o.Key == nil {
		return nil, invalid("manifest", "must be signed", "name the key with --key")
	}
	unlock, err := o.Folder.Lock(p.Environment)
	if err != nil {
		return nil, err
	}
	defer unlock()
	j, _, err := began(ctx, srv, p.Environment, o)
	switch {
	case err != nil:
		return nil, err
	case j != nil && (j.Plan != p.Digest || j.Release != o.Release):
		return nil, j.openFor(o.Release)
	case j != nil:
		if err := o.Steps.resumes(j); err != nil {
			return nil, err
		}
		return (&run{srv: srv, o: o, j: j}).complete(ctx, true)
	}
	if p.Empty() {
		return &Result{Release: o.Release, Environment: p.Environment, Phase: phaseApplied}, nil
	}
	if res, err := before(ctx, srv, p.Environment, o, func(old *journal) bool { return old.Plan == p.Digest }); res != nil || err != nil {
		return res, err
	}
	was, err := look(ctx, srv, p.Environment, o)
	if err != nil {
		return nil, err
	}
	if j, err = t.journal(ctx, srv, p, was.record.Inventory, o); err != nil {
		return nil, err
	}
	return begin(ctx, srv, j, was, o)
}

// begin checks that the server honors a compare-and-set, writes the rollback file, claims the
// record and publishes.
func begin(ctx context.Context, srv Server, j *journal, was seen, o Options) (*Result, error) {
	if was.record.Phase == phaseApplying {
		j.TookOver = &was.record
	}
	if err := srv.Probe(ctx); errors.Is(err, nacos.NotSupported) {
		return nil, exit.With(exit.Failed, err, "")
	} else if err != nil {
		return nil, err
	}
	if err := j.save(o.Folder, phaseApplying); err != nil {
		return nil, err
	}
	e := &run{srv: srv, o: o, j: j}
	e.begins()
	err := e.claim(ctx, was)
	switch {
	case err == nil:
		return e.complete(ctx, false)
	case source.KindOf(err) == source.Conflict: // the record is not ours, and nothing is published
		_ = o.Folder.Remove(j.Environment, j.Release)
	case ctx.Err() != nil:
		return e.unclaim(ctx, err)
	}
	o.Unfinished("")
	return nil, err
}

// unclaim ends a release that was interrupted while it claimed the record.
func (e *run) unclaim(ctx context.Context, cause error) (*Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	_ = e.o.Sleep(ctx, createWait) // the request may still be on its way
	r, err := ReadRecord(ctx, e.srv, e.j.Environment)
	switch {
	case err != nil:
		return nil, exit.With(exit.Partly, fmt.Errorf("release %s has published nothing, and may have its name in the record: %w", e.j.Release, errors.Join(cause, err)), e.way())
	case r.Holder == e.j.Holder:
		return e.giveUp(ctx, &Result{Release: e.j.Release, Environment: e.j.Environment, Phase: phaseApplying}, fmt.Errorf("it had published nothing: %w", cause))
	}
	e.o.Unfinished("")
	_ = e.o.Folder.Remove(e.j.Environment, e.j.Release)
	return nil, fmt.Errorf("release %s has published nothing: %w", e.j.Release, cause)
}

// complete publishes what is not published yet, or undoes everything.
func (e *run) complete(ctx context.Context, resumed bool) (*Result, error) {
	res := &Result{Release: e.j.Release, Environment: e.j.Environment, Phase: phaseApplying, Resumed: resumed}
	e.begins()
	err := e.forward(ctx)
	if err != nil {
		return e.giveUp(ctx, res, err)
	}
	// Instances may have the release now, so that a failure no longer undoes it.
	if err := e.removed(ctx, res); err != nil {
		return res, err
	}
	// From here on the release is complete, whatever happens to its record.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	if err := e.finish(ctx, phaseApplied); err != nil {
		return res, exit.With(exit.Partly, fmt.Errorf("release %s is published, and its record is not up to date: %w", e.j.Release, err),
			"run the command again to finish the record")
	}
	res.Phase = phaseApplied
	e.o.Unfinished("")
	if err := e.j.save(e.o.Folder, phaseApplied); err != nil {
		return res, err
	}
	return res, res.stays()
}

// giveUp undoes the release after an error, unless another one has taken it over: the contents are
// then those of the other one.
func (e *run) giveUp(ctx context.Context, res *Result, cause error) (*Result, error) {
	e.begins()
	if other := e.takenOver(ctx); other != "" {
		e.o.Unfinished("")
		if errors.Is(cause, errTakenOver) { // the same, found between two steps
			cause = nil
		}
		return res, errors.Join(e.losesTo(other), cause, e.j.save(e.o.Folder, phaseOvertaken))
	}
	res.Documents = e.back(ctx)
	var stands []string
	for _, d := range res.Documents {
		if d.State == stateTarget || d.State == stateUnknown {
			stands = append(stands, d.Key.String()+" ("+d.State+")")
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	if len(stands) > 0 {
		slices.Sort(stands)
		return res, exit.With(exit.Partly, fmt.Errorf("release %s failed, and a part of it could not be undone: %s: %w", e.j.Release, strings.Join(stands, ", "), cause),
			e.way())
	}
	if err := e.finish(ctx, phaseUndone); err != nil {
		return res, exit.With(exit.Partly, fmt.Errorf("release %s was undone, and its record is not up to date: %w", e.j.Release, errors.Join(cause, err)),
			"run nacre rollback "+e.j.Environment+" "+e.j.Release+" to finish the record")
	}
	res.Phase = phaseUndone
	e.o.Unfinished("")
	if err := e.j.save(e.o.Folder, phaseUndone); err != nil {
		return res, errors.Join(cause, err)
	}
	return res, fmt.Errorf("release %s was undone: %w", e.j.Release, cause)
}

// takenOver returns the release that has the record in the place of this one; empty if this one has
// it, or if it cannot be read.
func (e *run) takenOver(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	r, _, err := readRecord(ctx, e.srv, e.j.Environment)
	if err != nil || r.Holder == e.j.Holder {
		return ""
	}
	return r.Release
}

// errTakenOver is the cause of the error of a release that another one has taken over.
var errTakenOver = errors.New("has taken over")

// losesTo is the error of a release that another one has taken over.
func (e *run) losesTo(other string) error {
	return &source.Error{Kind: source.Conflict, Op: "release", Document: e.j.Environment, Fix: "see what that release has published",
		Err: fmt.Errorf("release %s %w from %s, and nothing was undone", other, errTakenOver, e.j.Release)}
}

// matches reports what differs between a plan and the repository.
func (t Target) matches(srv Server, p *Plan) error {
	if p.Environment != t.Environment.Name || p.Server != srv.Name() || p.Namespace != srv.Namespace() {
		return conflict("plan", "the plan is for environment "+p.Environment+" on "+p.Server+" and not for "+t.Environment.Name+" on "+srv.Name(),
			"make the plan with the same context")
	}
	if p.Digest != p.digest() {
		return badPlan("was changed after it was made")
	}
	planned := map[Key]string{}
	for _, d := range p.Unchanged {
		planned[d.Key] = d.SHA256
	}
	deleted := map[Key]bool{}
	for _, c := range p.Documents {
		if c.Action == actionDelete {
			deleted[c.Key] = true
		} else {
			planned[c.Key] = c.SHA256
		}
	}
	keys, err := t.keys(srv)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if deleted[k] {
			return conflict(k.String(), "the plan deletes the document, and the repository has it", "make a new plan")
		}
	}
	for _, d := range t.Documents {
		k := KeyOf(srv, d)
		if planned[k] != sha256Of(d.Content) {
			return conflict(d.File, "the file has changed since the plan was made", "make a new plan, or check out the commit of the plan")
		}
		delete(planned, k)
	}
	for k := range planned {
		return conflict(k.String(), "the repository no longer has the document of the plan", "make a new plan")
	}
	if (p.Manifest != nil) != (t.Environment.Manifest != nil) {
		return conflict("plan", "nacre.yaml has changed since the plan was made", "make a new plan")
	}
	return nil
}

// journal reads what the plan changes once more, and refuses a base that has moved.
func (t Target) journal(ctx context.Context, srv Server, p *Plan, had inventory, o Options) (*journal, error) {
	keys := make([]Key, 0, len(p.Documents)+len(p.Unchanged)+1)
	base := map[Key]string{}
	for _, c := range p.Documents {
		keys = append(keys, c.Key)
		base[c.Key] = c.BaseMD5
	}
	if p.Manifest != nil {
		keys = append(keys, p.Manifest.Key)
		base[p.Manifest.Key] = p.Manifest.BaseMD5
	}
	same := map[Key]bool{}
	for _, d := range p.Unchanged {
		keys = append(keys, d.Key)
		base[d.Key], same[d.Key] = d.BaseMD5, true
	}
	states, err := readAll(ctx, func(ctx context.Context, k Key) (State, error) {
		if same[k] { // its metadata are not needed
			return srv.Get(ctx, k)
		}
		return srv.Read(ctx, k)
	}, keys, o)
	if err != nil {
		return nil, err
	}
	var moved []string
	for i, st := range states {
		if st.MD5 != base[keys[i]] {
			moved = append(moved, keys[i].String())
		}
	}
	if len(moved) > 0 {
		slices.Sort(moved)
		return nil, conflict(shorten(moved), "published since the plan was made", "make a new plan")
	}
	valid, err := p.reversal(keys, states).validity(ctx, o)
	if err != nil {
		return nil, err
	}
	if valid.Errors() > 0 && (p.Rollback == nil || p.Rollback.Errors() == 0) {
		return nil, conflict("plan", "its rollback was valid when the plan was made, and is not valid now: "+valid.text(), "make a new plan")
	}
	j := newJournal(srv, p.Environment, o)
	j.Plan, j.Had, j.Rollback = p.Digest, had, valid
	content := map[Key][]byte{}
	types := map[Key]string{}
	for _, d := range t.Documents {
		k := KeyOf(srv, d)
		content[k], types[k] = d.Content, d.Type
	}
	for i, c := range p.Documents {
		before := sideOf(states[i])
		if c.Action == actionDelete {
			if !had.published(c.Key, before.MD5) {
				return nil, conflict(c.Key.String(), "no release of this environment has published the document, so none deletes it", "make a new plan")
			}
			j.Deletions = append(j.Deletions, step{Key: c.Key, Before: before})
			continue
		}
		j.Steps = append(j.Steps, step{Key: c.Key, Stage: c.Stage, Before: before, After: newSide(content[c.Key], j.metadata(before, types[c.Key]))})
	}
	if p.Manifest != nil {
		before := sideOf(states[len(p.Documents)])
		text, err := t.manifest(srv, before.Data, j, o)
		if err != nil {
			return nil, err
		}
		j.Manifest = &step{Key: p.Manifest.Key, Before: before, After: newSide(text, j.metadata(before, "yaml"))}
	}
	if o.Steps != nil {
		if err := o.Steps.raise(t, srv, j); err != nil {
			return nil, err
		}
	}
	j.Has = j.inventory(p.Unchanged)
	return j, nil
}

// shorten joins names, at most ten of them.
func shorten(names []string) string {
	if len(names) > 10 {
		return strings.Join(names[:10], ", ") + fmt.Sprintf(" and %d more", len(names)-10)
	}
	return strings.Join(names, ", ")
}

// metadata returns what a document is published with: what it has, with the release. It returns nil
// if that could not be read, so that it stays.
func (j *journal) metadata(before side, typ string) *nacos.Metadata {
	var m nacos.Metadata
	if before.Exists {
		if before.Metadata == nil {
			return nil
		}
		m = *before.Metadata
	}
	if typ != "" {
		m.Type = typ
	}
	m = j.describe(m)
	return &m
}

func newJournal(srv Server, environment string, o Options) *journal {
	holder := make([]byte, 16)
	_, _ = rand.Read(holder) // never fails
	return &journal{
		SchemaVersion: journalVersion, Kind: journalKind, Environment: environment, Server: srv.Name(), Release: o.Release,
		Author: strings.TrimSpace(o.Author), Reason: strings.TrimSpace(o.Reason), Trace: o.TraceParent, Began: o.Now().UTC().Truncate(time.Second),
		Holder: hex.EncodeToString(holder),
	}
}
