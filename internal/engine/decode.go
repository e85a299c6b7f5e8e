package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/rescue"
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
		e.decodeContent(e.layers[i], c)
		roots = append(roots, c.roots...)
		standalone = append(standalone, c.standalone...)
		problems = append(problems, c.problems...)
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
	if !slices.Equal(e.spelled.roots, roots) {
		out, problems := layer.Respell(roots)
		e.spelled = respelled{roots, out, wording.OwnAll(problems)}
	}
	return e.spelled.out, e.spelled.problems
}

// respelled is the last result of respell.
type respelled struct {
	roots, out []*tree.Node
	problems   source.Problems
}

// decodeRetryAfter is the time after which a content with a transient problem, such as a reference
// to a secret that does not exist yet, is decoded again.
const decodeRetryAfter = 500 * time.Millisecond

// decodeContent decodes a content that is not decoded by the current schema: it arrived before a
// section was attached, replaces an absent document, or had a transient problem. Only the writer
// calls it.
func (e *Engine) decodeContent(l *layerState, c *layerContent) { e.decodeBy(e.schema, l, c) }

// decodeBy verifies and decodes a content by a schema. It does nothing if it has done so, unless
// the content had a transient problem. A panic becomes a problem of the content.
func (e *Engine) decodeBy(s *schema, l *layerState, c *layerContent) {
	if c.decodedBy == s && !(c.transient && time.Since(c.decodedAt) > decodeRetryAfter) {
		return
	}
	if c.decodedBy == nil || c.transient { // for another schema, keep what resolvers returned
		c.referred, c.plain = nil, nil
	}
	c.decodedBy, c.transient = s, false
	began := time.Now()
	defer func() { // after the resolvers, so that a slow one is not called again at once
		c.decodedAt = time.Now()
		c.decodeTook = c.decodedAt.Sub(began)
	}()
	c.roots, c.named, c.problems, c.standalone, c.manifest, c.secrets = nil, nil, nil, nil, nil, nil
	c.lines = nil
	c.notices = notices{}
	err := rescue.Do(func() error {
		e.decodeDocuments(s, l, c)
		e.setShown(s, l, c)
		if !c.transient {
			for _, root := range c.roots {
				c.standalone = append(c.standalone, s.bindStandalone(root)...)
			}
		}
		return nil
	})
	if err != nil {
		c.roots, c.named, c.standalone, c.manifest = nil, nil, nil, nil
		c.shown.Store(nil)
		c.problems = source.Problems{panicked(err, source.Position{Layer: l.name, Document: firstName(c), Revision: e.shown(c)})}
	}
	found := c.notices
	found.release = c.release()
	c.published.Store(&found)
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

func (e *Engine) decodeDocuments(s *schema, l *layerState, c *layerContent) {
	for _, p := range wording.OwnAll(verify.Content(c.Content)) {
		p.Position.Layer, p.Position.Revision = l.name, c.Revision
		c.problems = append(c.problems, p)
	}
	if c.problems != nil {
		return // the syntax of a damaged content does not matter
	}
	if l.Manifest {
		e.decodeManifest(l, c)
		c.problems = wording.OwnAll(c.problems)
		return
	}
	if e.hasManifest() {
		c.dataSums()
	}
	for _, d := range c.Documents {
		if d.Selects {
			c.addLine(d)
			continue
		}
		d, problem := e.decrypt(l, c, d)
		if problem != nil {
			c.problems, c.transient = append(c.problems, problem), true
			continue
		}
		c.addLine(d)
		decoded := l.Decoder.DecodeBy(l.policy(d), l.name, c.Revision, d, s.shape)
		c.problems = append(c.problems, wording.OwnAll(decoded.Problems)...)
		c.notices.add(decoded)
		for n, root := range decoded.Roots {
			e.addRoot(s, l, c, namedRoot{partName(d.Name, n), d.Name, root})
		}
	}
	for _, found := range c.referred {
		if !found.isDefault {
			c.secrets = append(c.secrets, found.text)
		}
	}
	e.redactor.addContent(c.secrets)
	e.hideSecretReleases(c)
}

// partName returns the name of the n-th YAML document of a document, counted from 0.
func partName(document string, n int) string {
	if n == 0 {
		return document
	}
	return fmt.Sprintf("%s, YAML document %d", document, n+1)
}

// addRoot adds a decoded tree to a content, with its references resolved.
func (e *Engine) addRoot(s *schema, l *layerState, c *layerContent, d namedRoot) {
	var problems source.Problems
	switch {
	case d.root == nil:
	case len(l.Resolvers) > 0:
		d.root, problems = e.expand(s, l, c, d.root)
		c.problems, c.transient = append(c.problems, problems...), c.transient || hasTransient(problems)
	default:
		d.root, problems = e.unresolved(s, c, d.root)
		c.problems = append(c.problems, problems...)
	}
	if d.root == nil {
		return
	}
	if found := s.merger.Check(d.root); found != nil {
		c.problems = append(c.problems, wording.OwnAll(found)...)
	}
	c.roots, c.named = append(c.roots, d.root), append(c.named, d)
	tree.Secrets(d.root, s.shape, func(secret string) { c.secrets = append(c.secrets, secret) })
}
