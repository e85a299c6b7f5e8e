package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Left is a document that the repository no longer has and that stays on the server.
type Left struct {
	Key
	Why string `json:"why"`
}

// Why documents stay.
const (
	leftUnasked   = "a release has published it; nacre plan --prune deletes it"
	leftManifest  = "it is the manifest of earlier releases, and nacre.yaml has another one or none; nacre plan --prune deletes it"
	leftForeign   = "no release of this environment has published it"
	leftPublished = "someone else has published it since the last release"
	leftShared    = "it is also a document of environment "
	leftRouted    = "a rule selects it, of "
)

// prune adds the documents that the environment has had and the repository no longer has: those
// that its releases have published are deleted if that is asked for, and the others stay.
func (p *Plan) prune(ctx context.Context, srv Server, t Target, had inventory, keys, listed []Key, o Options) (deleted map[Key]State, err error) {
	gone := slices.Clone(listed)
	for _, e := range had {
		if !slices.Contains(keys, e.Key) && !slices.Contains(gone, e.Key) {
			gone = append(gone, e.Key)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	slices.SortFunc(gone, func(a, b Key) int { return strings.Compare(a.String(), b.String()) })
	states, err := readAll(ctx, srv.Get, gone, o)
	if err != nil {
		return nil, err
	}
	others, err := t.siblings(ctx, srv, o)
	if err != nil {
		return nil, err
	}
	routed := t.routed(srv)
	deleted = map[Key]State{}
	for i, k := range gone {
		st := states[i]
		if !st.Exists() {
			continue
		}
		why := leftUnasked
		if other := slices.IndexFunc(others, func(r Record) bool { return r.Inventory.knows(k) }); other >= 0 {
			why = leftShared + others[other].Environment
		} else if !had.published(k, st.MD5) {
			why = leftForeign
			if slices.ContainsFunc(had.of(k), func(e Entry) bool { return !e.Adopted }) {
				why = leftPublished
			}
		} else if by, ok := routed[k]; ok {
			why = leftRouted + by.String()
		}
		if why == leftUnasked && slices.ContainsFunc(had.of(k), func(e Entry) bool { return e.Manifest }) {
			why = leftManifest
		}
		if why != leftUnasked && why != leftManifest || !o.Prune {
			p.Left = append(p.Left, Left{k, why})
			continue
		}
		c := Change{
			Document: Document{Key: k, BaseMD5: st.MD5}, Action: actionDelete, Type: st.Type, BaseModified: st.Modified.UTC(), BaseSize: len(st.Content),
		}
		c.Keys, _ = compareKeys(ctx, k, st.Type, st.Content, nil)
		if c.Listeners, err = listeners(ctx, srv, k); err != nil {
			return nil, err
		}
		p.noteRename(c)
		p.Documents = append(p.Documents, c)
		deleted[k] = st
	}
	return deleted, nil
}

// noteRename says which document has the content of one that is deleted.
func (p *Plan) noteRename(deleted Change) {
	for _, c := range p.Documents {
		if c.Action == actionCreate && c.MD5 == deleted.BaseMD5 {
			p.Notes = append(p.Notes, fmt.Sprintf("%s has the content of %s, which is deleted: services must read the new name before that", c.Key, deleted.Key))
			return
		}
	}
}

// siblings returns the records that other environments of the repository have on the server.
func (t Target) siblings(ctx context.Context, srv Server, o Options) ([]Record, error) {
	var names []string
	var keys []Key
	for _, e := range t.Others {
		k := recordKey(srv, e.Name)
		if e.Group != "" {
			k.Group = e.Group
		}
		if e.Name != t.Environment.Name {
			names, keys = append(names, e.Name), append(keys, k)
		}
	}
	states, err := readAll(ctx, srv.Get, keys, o)
	if err != nil {
		return nil, err
	}
	var all []Record
	for i, st := range states {
		if !st.Exists() {
			continue
		}
		r, err := parseRecord(keys[i], names[i], st)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// listeners returns how many addresses listen to a document, or nil if the server does not say.
func listeners(ctx context.Context, srv Server, k Key) (*int, error) {
	n, err := srv.Listeners(ctx, k)
	switch {
	case source.KindOf(err) == source.PermissionDenied, errors.Is(err, nacos.NotSupported):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &n, nil
}

// AskListeners asks again how many addresses listen to the documents that a plan deletes: it is
// applied later than it was made.
func (p *Plan) AskListeners(ctx context.Context, srv Server) (err error) {
	for i := range p.Documents {
		if c := &p.Documents[i]; c.Action == actionDelete && err == nil {
			c.Listeners, err = listeners(ctx, srv, c.Key)
		}
	}
	return err
}

// remove deletes the documents of the release that are still there. It continues after an error.
// What someone else has published meanwhile stays, and is in kept; failed are the documents that
// may still be there, with the cause.
func (e *run) remove(ctx context.Context) (kept []Outcome, failed []Outcome, cause error) {
	var mu sync.Mutex
	done := newCounter(e.o, "delete", len(e.j.Deletions))
	steps := slices.Clone(e.j.Deletions)
	ended := make([]bool, len(steps))
	err := parallel.Each(ctx, e.o.Workers, len(steps), func(ctx context.Context, i int) error {
		s := steps[i]
		err := e.publish(ctx, s.Key, s.Before, s.After, Content{Author: e.j.Author})
		if err == nil {
			err = e.shown(ctx, s.Key, s.After)
		}
		mu.Lock()
		defer mu.Unlock()
		ended[i] = true
		switch {
		case err == nil:
		case source.KindOf(err) == source.Conflict:
			kept = append(kept, Outcome{Key: s.Key, State: stateOther})
			return nil
		default:
			state := stateBase
			if inDoubt(err) || ctx.Err() != nil {
				state = stateUnknown
			}
			failed = append(failed, Outcome{Key: s.Key, State: state})
			if cause == nil {
				cause = err
			}
			return nil
		}
		done(s.Key)
		return nil
	})
	for i, s := range steps {
		if !ended[i] { // ctx has ended before
			failed = append(failed, Outcome{Key: s.Key, State: stateBase})
		}
	}
	if cause == nil {
		cause = err
	}
	return kept, failed, cause
}

// removed deletes what the release deletes, and adds what happened to its result.
func (e *run) removed(ctx context.Context, res *Result) error {
	kept, failed, cause := e.remove(ctx)
	for _, o := range kept {
		e.j.keep(o.Key)
	}
	res.Documents = append(e.j.applied().Documents, kept...)
	for _, o := range failed {
		i := slices.IndexFunc(res.Documents, func(d Outcome) bool { return d.Key == o.Key })
		res.Documents[i].State = o.State
	}
	if len(failed) == 0 {
		return nil
	}
	return exit.With(exit.Partly, fmt.Errorf("release %s is published, and %s could not be deleted: %w", e.j.Release, names(failed), cause), e.way())
}

// stays is the error of a release that is done, except for documents that it should have deleted.
func (res *Result) stays() error {
	kept := slices.DeleteFunc(slices.Clone(res.Documents), func(o Outcome) bool { return o.State != stateOther })
	if len(kept) == 0 {
		return nil
	}
	return exit.With(exit.Partly, fmt.Errorf("release %s is applied, and did not delete %s: %w", res.Release, names(kept), errPublished),
		"see who has published it with nacre history")
}

var errPublished = errors.New("someone else has published it meanwhile")

func names(all []Outcome) string {
	var list []string
	for _, o := range all {
		list = append(list, o.Key.String())
	}
	slices.Sort(list)
	return shorten(list)
}

// undeleted ends a release without the deletions that it has not made.
func (e *run) undeleted(ctx context.Context) error {
	for _, s := range slices.Clone(e.j.Deletions) {
		md5, err := e.settledAt(ctx, s)
		if err != nil {
			return err
		}
		if md5 != s.After.MD5 {
			e.j.keep(s.Key)
			e.j.Abandoned = true
		}
	}
	if err := e.finish(ctx, phaseApplied); err != nil {
		return err
	}
	return e.j.save(e.o.Folder, phaseApplied)
}
