package release

import (
	"context"
	"strings"
)

// began returns the journal of a release that has been begun here and is not finished. One that has
// published nothing has no record either: began removes its journal, and returns its name.
func began(ctx context.Context, srv Server, environment string, o Options) (j *journal, nothingOf string, err error) {
	j, err = unfinished(o.Folder, environment)
	if err != nil || j == nil {
		return nil, "", err
	}
	if j.Server != srv.Name() {
		return nil, "", j.elsewhere(srv)
	}
	if err := o.Sleep(ctx, createWait); err != nil { // its last request may still be on its way
		return nil, "", err
	}
	r, st, err := readRecord(ctx, srv, environment)
	switch {
	case err != nil:
		return nil, "", err
	case r.Holder == j.Holder && r.Phase == phaseApplying:
		return j, "", nil
	case r.Holder == j.Holder: // it was finished, and only the note is missing
		return nil, "", j.save(o.Folder, r.Phase)
	}
	e := &run{srv: srv, o: o, j: j}
	switch published, err := e.published(ctx); {
	case err != nil:
		return nil, "", err
	case !published:
		return nil, j.Release, o.Folder.Remove(environment, j.Release)
	case r.Phase != phaseIdle:
		return nil, "", j.save(o.Folder, phaseOvertaken)
	}
	// The record was deleted in the middle of the release.
	if err := e.claim(ctx, seen{r, st}); err != nil {
		return nil, "", err
	}
	return j, "", nil
}

// published reports whether the server has anything of the release.
func (e *run) published(ctx context.Context) (bool, error) {
	steps := e.j.all()
	keys := make([]Key, len(steps))
	for i, s := range steps {
		keys[i] = s.Key
	}
	states, err := readAll(ctx, e.srv.Get, keys, e.o)
	for i, s := range steps {
		if err != nil {
			continue
		}
		if _, ours := s.published(states[i].MD5); ours {
			return true, nil
		}
	}
	return false, err
}

// elsewhere is the error of a release of another server.
func (j *journal) elsewhere(srv Server) error {
	return conflict(j.Environment, "release "+j.Release+" is of "+j.Server+", and this is "+srv.Name(), "use the context of that server, or another folder for the rollback files")
}

// before returns the result of a release with this name that was applied before, if it is the same
// one and is still the newest. Another one is a conflict.
func before(ctx context.Context, srv Server, environment string, o Options, same func(*journal) bool) (*Result, error) {
	old, err := load(o.Folder, environment, o.Release)
	if err != nil || old == nil || old.Phase != phaseApplied {
		return nil, err
	}
	r, err := ReadRecord(ctx, srv, environment)
	switch {
	case err != nil:
		return nil, err
	case r.Holder == old.Holder && old.Abandoned:
		return nil, conflict(o.Release, "a rollback has ended the release before all its deletions", "run nacre rollback "+environment+" "+o.Release+" to finish it, or make a new plan")
	case r.Holder == old.Holder && same(old):
		return old.applied(), nil
	}
	return nil, conflict(o.Release, "a release with this name has been applied", "choose another name with --release")
}

// open is the error of a release that has to be finished before another one.
func (j *journal) open() error {
	return conflict(j.Environment, "release "+j.Release+" has been begun here and not finished", j.forward())
}

// openFor is the error of a release that has to be finished before another plan, which has the name
// of a release too.
func (j *journal) openFor(name string) error {
	if j.Release != name || j.Undoes != "" {
		return j.open()
	}
	return conflict(j.Environment, "release "+j.Release+" has been begun here with another plan, and not finished",
		"apply that plan to finish it, or run nacre rollback "+j.Environment+" "+j.Release+" to undo it and make a new plan")
}

// forward says how a release that is not finished is finished or undone.
func (j *journal) forward() string {
	text := forward(j.Environment, j.Release, j.Undoes)
	if j.Raised == nil {
		return text
	}
	flags := " --strategy canary --rule " + j.Raised.Rule + ", and --instance or --healthy as before,"
	return strings.Replace(text, " to finish it", flags+" to finish it", 1)
}

func forward(environment, release, undoes string) string {
	if undoes != "" {
		return "run nacre rollback " + environment + " " + undoes + " again to finish it, or nacre rollback " + environment + " " + release + " to undo it"
	}
	return "apply its plan again with --release " + release + " to finish it, or run nacre rollback " + environment + " " + release + " to undo it"
}

// applied is the result of a release that was applied before.
func (j *journal) applied() *Result {
	res := &Result{Release: j.Release, Environment: j.Environment, Phase: phaseApplied, Resumed: true}
	for _, s := range j.all() {
		res.Documents = append(res.Documents, Outcome{Key: s.Key, State: stateTarget})
	}
	return res
}

// way says where the name of an unfinished release is, and how it is finished or undone.
func (e *run) way() string {
	return "the record " + recordKey(e.srv, e.j.Environment).String() + " names it; " + e.j.forward()
}

// begins notes that the process must not end now without a word.
func (e *run) begins() {
	e.o.Unfinished("release " + e.j.Release + " may be published in part; " + e.way())
}
