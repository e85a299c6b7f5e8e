package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// newContent decodes a content that a source has just returned. The layer's watcher calls it, so
// that decoding, which may be slow or call code of the service, blocks neither the writer nor
// another layer.
func (e *Engine) newContent(l *layerState, c source.Content) *layerContent {
	e.mu.Lock()
	s := e.schema
	e.mu.Unlock()
	l.decoding.Store(true)
	defer l.decoding.Store(false)
	a := &layerContent{Content: c}
	e.decodeBy(s, l, a)
	return a
}

// decode returns the trees of the documents of all contents, lowest first, their standalone
// problems, and the problems of documents that cannot be decoded. Only the writer calls it.
func (e *Engine) decode(contents []*layerContent) (roots []*tree.Node, standalone, problems source.Problems) {
	for i, c := range contents {
		if c == nil {
			continue
		}
		d := e.decodeContent(e.layers[i], c)
		roots = append(roots, d.roots...)
		standalone = append(standalone, d.standalone...)
		problems = append(problems, d.problems...)
	}
	respelled, faults := e.respell(roots)
	return respelled, standalone, append(problems, faults...)
}

// respell is layer.Respell. Equal roots give the same result, so that merges share what is equal.
// Only the writer calls it.
func (e *Engine) respell(roots []*tree.Node) ([]*tree.Node, source.Problems) {
	if !slices.ContainsFunc(roots, func(n *tree.Node) bool { return n.Doc != nil && n.Doc.Variables }) {
		return roots, nil
	}
	if !slices.Equal(e.writer.spelled.roots, roots) {
		out, problems := layer.Respell(roots)
		e.writer.spelled = respelled{roots, out, wording.OwnAll(problems)}
	}
	return e.writer.spelled.out, e.writer.spelled.problems
}

// respelled is the last result of respell.
type respelled struct {
	roots, out []*tree.Node
	problems   source.Problems
}

// decodeRetryAfter is the time after which a content with a transient problem, such as a reference
// to a secret that does not exist yet, is decoded again.
const decodeRetryAfter = 500 * time.Millisecond

// decodeContent returns what a content decodes to by the current schema. It decodes a content that
// arrived before a section was attached, that replaces an absent document, or that had a transient
// problem. Only the writer calls it.
func (e *Engine) decodeContent(l *layerState, c *layerContent) *decoded {
	return e.decodeBy(e.schema, l, c)
}

// decodeBy returns what a content decodes to by a schema. It decodes the content if it has not done
// so, or if the content had a transient problem.
func (e *Engine) decodeBy(s *schema.Schema, l *layerState, c *layerContent) *decoded {
	last := c.decoded()
	if last.schema == s && !(last.transient && time.Since(last.at) > decodeRetryAfter) {
		return last
	}
	d := &decoding{engine: e, layer: l, content: c, whole: e.noReuse.Load(), out: decoded{schema: s}}
	if !last.transient { // for another schema, and in the history, keep what resolvers returned
		d.out.referred, d.plain = maps.Clone(last.referred), last.plain
	}
	began := time.Now()
	if err := rescue.Do(func() error { d.run(); return nil }); err != nil {
		d.out = decoded{schema: s, problems: source.Problems{panicked(err, source.Position{Layer: l.name, Document: firstName(c), Revision: e.shown(c)})}}
	}
	d.out.at = time.Now() // after the resolvers, so that a slow one is not called again at once
	d.out.took = d.out.at.Sub(began)
	c.result.Store(&d.out)
	return &d.out
}

// panicked returns the problem for a panic in a step. It contains the stack of the panic and not
// its value.
func panicked(err error, at source.Position) *source.Problem {
	where := &observe.PanicError{Text: "in a step"}
	if p, ok := err.(*rescue.Panic); ok { //nolint:errorlint // rescue returns it as it is
		where.Stack = p.Stack
	}
	return wording.Own("a step panicked while processing this content").On(&source.Problem{Kind: source.Unknown, Position: at, Err: where})
}

// decoding is one call of decodeBy.
type decoding struct {
	engine  *Engine
	layer   *layerState
	content *layerContent
	whole   bool              // decode every document, whatever is known of it
	plain   map[string][]byte // decrypted documents that are known
	out     decoded
}

// run verifies and decodes the content.
func (d *decoding) run() {
	for _, p := range wording.OwnAll(verify.Content(d.content.Content)) {
		p.Position.Layer = d.layer.name
		d.out.problems = append(d.out.problems, p)
	}
	switch {
	case d.out.problems != nil: // the syntax of a damaged content does not matter
	case d.layer.Manifest:
		d.readManifests()
		d.out.problems = wording.OwnAll(d.out.problems)
	default:
		d.decodeDocuments()
	}
	d.setShown()
	d.out.notices.release = d.out.release()
}

func (d *decoding) decodeDocuments() {
	if d.engine.hasManifest() {
		d.content.dataSums()
	}
	for _, of := range d.content.Documents {
		if of.Selects {
			d.addLine(of.Name, releaseline.Read(of.Format, of.Data))
			continue
		}
		d.add(d.document(of))
	}
	if !d.whole {
		d.layer.documents.put(d.out.documents)
	}
	for _, found := range d.out.referred {
		if !found.isDefault {
			d.out.secrets = append(d.out.secrets, found.text)
		}
	}
	d.engine.redactor.AddContent(d.out.secrets)
	d.hideSecretReleases()
	if d.out.transient {
		d.out.standalone = nil // its values are not those that the content will have
	}
}

// add adds a document to the result.
func (d *decoding) add(of *decodedDocument) {
	d.out.documents = append(d.out.documents, of)
	d.addLine(of.of.Name, of.line)
	d.out.problems = append(d.out.problems, of.problems...)
	d.out.standalone = append(d.out.standalone, of.standalone...)
	d.out.secrets = append(d.out.secrets, of.secrets...)
	d.out.transient = d.out.transient || of.transient
	if of.plain != nil {
		if d.out.plain == nil {
			d.out.plain = map[string][]byte{}
		}
		d.out.plain[of.of.Name] = of.plain
	}
	for _, root := range of.roots {
		d.out.roots, d.out.named = append(d.out.roots, root.root), append(d.out.named, root)
	}
	n := &d.out.notices
	n.unused = append(n.unused, copied(of.text.Unused)...)
	n.deprecated = append(n.deprecated, copied(of.text.Deprecated)...)
	n.unresolved = append(n.unresolved, of.unresolved...)
}

// copied returns copies of problems, whose positions the caller may change.
func copied(problems source.Problems) source.Problems {
	out := make(source.Problems, len(problems))
	for i, p := range problems {
		own := *p
		out[i] = &own
	}
	return out
}

// setShown sets the revision to show, and sets it in the positions of the problems and notices; the
// standalone problems are compared with those of the merged tree, which have none. A
// content whose documents have a secret, or that may have one because it was not decoded, does not
// show a revision that may be a digest of it.
func (d *decoding) setShown() {
	d.out.shown = d.content.Revision
	if slices.ContainsFunc(d.out.documents, func(of *decodedDocument) bool { return of.hides }) ||
		!d.layer.Manifest && slices.ContainsFunc(d.out.problems, func(p *source.Problem) bool { return p.Kind != source.Unavailable }) {
		d.out.shown = d.engine.keyedRevision(d.content.Revision)
	}
	for _, p := range slices.Concat(d.out.problems, d.out.notices.unused, d.out.notices.deprecated) {
		p.Position.Revision = d.out.shown
	}
}
