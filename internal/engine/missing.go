package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// missing returns the first document of a content that the layer needs and that does not exist. A
// layer that drops deleted documents needs none: it must start in the state in which it may run.
func (l *layerState) missing(c *pipeline.Content) *source.Document {
	if l.AbsentOK || l.DropWhenAbsent || c == nil {
		return nil
	}
	i := slices.IndexFunc(c.Documents, func(d source.Document) bool { return d.Absent && !d.Optional })
	if i < 0 {
		return nil
	}
	return &c.Documents[i]
}

// lacksDocument reports whether the layer needs a document that a content of it does not have.
func (l *layerState) lacksDocument(c *pipeline.Content) bool { return l.missing(c) != nil }

// isMissing reports whether Open needs content of a layer that is down, or a document that does not
// exist.
func isMissing(l *layerState) bool {
	return !l.MayBeDown && l.latest == nil || l.lacksDocument(l.latest)
}

// isReplaceable reports whether a copy replaces the newest content of a layer at the start.
func isReplaceable(l *layerState) bool { return l.latest == nil || l.lacksDocument(l.latest) }

// certainProblems returns the problems of a candidate that no missing layer can repair: texts that
// cannot be decoded, and unknown keys.
func (e *Engine) certainProblems(c candidate) error {
	problems := slices.DeleteFunc(e.tryEvaluate(c.contents), func(p *source.Problem) bool {
		return !slices.Contains([]source.Kind{source.Malformed, source.Corrupt, source.DuplicateKey, source.UnknownKey}, p.Kind)
	})
	if len(problems) == 0 {
		return nil
	}
	return problems
}

var errNoDocument = errors.New("document does not exist")

// absentError returns the error of a layer whose document d does not exist.
func (e *Engine) absentError(l *layerState, d *source.Document) error {
	err := d.AbsentErr
	if err == nil {
		err = &source.Error{Kind: source.NotFound, Op: "read", Document: cmp.Or(d.Location, d.Name), Err: errNoDocument,
			Fix: "create it, correct its name, or use nacre.AbsentOK() if the service can start without it"}
	} else {
		err = e.evaluator.Redactor.SourceError(err, l.builtIn, l.name, d.Name)
	}
	if l.identity != "" && !l.local {
		err = fmt.Errorf("%w; the source is %s", err, l.identity)
	}
	return err
}

// keepReplaced keeps the documents from disk in use that do not exist at their sources, as if they
// had been deleted while the service ran. Only boot calls it, after the first version.
func (e *Engine) keepReplaced() {
	for _, l := range e.layers {
		if l.applied == nil || !l.applied.FromDisk || !l.lacksDocument(l.latest) {
			continue
		}
		e.table.change(func() { l.latest = l.withKept(l.latest) })
		for _, name := range l.latest.Kept {
			e.emit(observe.Event{Kind: observe.DocumentAbsent, Layer: l.name, Document: name})
		}
	}
}
