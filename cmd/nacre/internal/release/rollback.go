package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// Rollback undoes a release. One that has been begun and not finished is undone as it is.
// For one that was applied, what was there before is a new release, o.Release, with a manifest and
// a rollback file of its own: instances accept a manifest only with a higher sequence. Then the
// server must still have what the release has published; otherwise nothing is published, and the
// error has kind Conflict.
func Rollback(ctx context.Context, srv Server, environment, release string, o Options) (*Result, error) {
	o = o.withDefaults()
	if o.Release == "" {
		o.Release = cut(release, 46) + ".rollback"
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	unlock, err := o.Folder.Lock(environment)
	if err != nil {
		return nil, err
	}
	defer unlock()
	undone := &Result{Release: release, Environment: environment, Phase: phaseUndone}
	j, nothingOf, err := began(ctx, srv, environment, o)
	switch {
	case err != nil:
		return nil, err
	case j != nil:
		return rollbackOpen(ctx, srv, j, release, o)
	case nothingOf == release:
		return undone, nil
	}
	j, err = load(o.Folder, environment, release)
	switch {
	case err != nil:
		return nil, err
	case j == nil:
		return nil, &source.Error{Kind: source.NotFound, Op: "find", Document: "release " + release, Err: errors.New("its rollback file is not in this folder"),
			Fix: "run the command where the release was applied, or publish the previous contents from the history of the server"}
	case j.Server != srv.Name():
		return nil, j.elsewhere(srv)
	case j.Phase == phaseUndone:
		return undone, nil
	case j.Phase == phaseOvertaken:
		return nil, conflict(environment, "another release has been applied since release "+release+" was begun", "roll back that one")
	}
	return rollbackApplied(ctx, srv, j, o)
}

// rollbackOpen continues a release that has been begun: the one to be undone, or a rollback
// of it.
func rollbackOpen(ctx context.Context, srv Server, j *journal, release string, o Options) (*Result, error) {
	e := &run{srv: srv, o: o, j: j}
	switch {
	case j.Undoes == release:
		return e.complete(ctx, true)
	case j.Release != release:
		return nil, j.open()
	}
	if j.Manifest != nil {
		now, err := e.settledAt(ctx, *j.Manifest)
		if err != nil {
			return nil, err
		}
		if now == j.Manifest.After.MD5 {
			// Instances may have the release: it is finished, and then undone by a release.
			if err := e.undeleted(ctx); err != nil {
				return nil, exit.With(exit.Partly, fmt.Errorf("release %s is published, and its record is not up to date: %w", j.Release, err), "run the command again")
			}
			return rollbackApplied(ctx, srv, j, o)
		}
	}
	res := &Result{Release: j.Release, Environment: j.Environment, Phase: phaseApplying, Resumed: true}
	res, err := e.giveUp(ctx, res, errAskedFor)
	if errors.Is(err, errAskedFor) && res.Phase == phaseUndone {
		err = nil
	}
	return res, err
}

// stageRestored is the stage of documents that a rollback restores, before all others.
const stageRestored = -1000

// errAskedFor is the cause of an undo that someone wants.
var errAskedFor = errors.New("a rollback was asked for")

func rollbackApplied(ctx context.Context, srv Server, of *journal, o Options) (*Result, error) {
	if of.Manifest != nil && isSigned(of.Manifest.After.Data) && o.Key == nil {
		return nil, invalid("manifest", "must be signed, since that of release "+of.Release+" is", "name the key with --key")
	}
	if res, err := before(ctx, srv, of.Environment, o, func(old *journal) bool { return old.Undoes == of.Release }); res != nil || err != nil {
		return res, err
	}
	was, err := look(ctx, srv, of.Environment, o)
	if err != nil {
		return nil, err
	}
	steps := of.all()
	keys := make([]Key, len(steps))
	for i, s := range steps {
		keys[i] = s.Key
	}
	states, err := readAll(ctx, srv.Read, keys, o)
	if err != nil {
		return nil, err
	}
	var moved []string
	for i, s := range steps {
		if states[i].MD5 != s.After.MD5 {
			moved = append(moved, s.Key.String())
		}
	}
	if len(moved) > 0 {
		return nil, conflict(shorten(moved), "published since release "+of.Release, "roll back what came after it first, or make a plan with the contents that you want")
	}
	j := newJournal(srv, of.Environment, o)
	j.Undoes, j.Had = of.Release, was.record.Inventory
	for i, s := range of.Deletions { // first, since the manifest names them again
		j.Steps = append(j.Steps, step{Key: s.Key, Stage: stageRestored, Before: sideOf(states[len(states)-len(of.Deletions)+i]), After: j.restored(s.Before)})
	}
	for i, s := range slices.Backward(of.Steps) {
		// The stages are those of the release, the last one first.
		back := step{Key: s.Key, Stage: -s.Stage, Before: sideOf(states[i]), After: j.restored(s.Before)}
		if s.Before.Exists {
			j.Steps = append(j.Steps, back)
		} else { // when the manifest no longer names it
			j.Deletions = append(j.Deletions, back)
		}
	}
	if m := of.Manifest; m != nil {
		before := sideOf(states[len(of.Steps)])
		after := side{}
		if m.Before.Exists {
			text, err := restoredManifest(m, before.Data, j, o)
			if err != nil {
				return nil, err
			}
			after = newSide(text, j.metadata(before, "yaml"))
		}
		j.Manifest = &step{Key: m.Key, Before: before, After: after}
	}
	j.Has = j.restoredInventory(of)
	valid, err := j.reversal(ctx).validity(ctx, o)
	if err != nil {
		return nil, err
	}
	if valid.Errors() > 0 && !o.AllowInvalid {
		return nil, valid.err(of.Release)
	}
	res, err := begin(ctx, srv, j, was, o)
	if err != nil && exit.Of(err) != exit.Partly {
		err = fmt.Errorf("roll back release %s: %w", of.Release, err)
	}
	return res, err
}

// restored returns what a document had before, with the rollback in its metadata.
func (j *journal) restored(was side) side {
	if was.Metadata == nil {
		return was
	}
	key := was.Metadata.EncryptedDataKey
	m := j.describe(*was.Metadata)
	m.EncryptedDataKey = key // it belongs to the content that comes back
	was.Metadata = &m
	return was
}

// restoredManifest lists the documents of the manifest before a release, under a new name.
func restoredManifest(m *step, now []byte, j *journal, o Options) ([]byte, error) {
	old, err := manifest.Parse(m.Before.Data)
	if err != nil {
		return m.Before.Data, nil //nolint:nilerr // it was no manifest, and is put back as it was
	}
	if is, err := manifest.Parse(now); err == nil {
		old.Audience, old.Expires = is.Audience, is.Expires
	}
	return complete(old, now, j, o)
}

func isSigned(text []byte) bool {
	_, err := manifest.Verify(text, nil)
	return !errors.Is(err, manifest.ErrUnsigned)
}
