package engine

import (
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

// arrived returns a content that a source has just given, decoded. The layer's watcher calls it, so that decoding, which may take long or
// call the service's own code, holds up neither the writer nor another layer.
func (e *Engine) newContent(l *layerState, c source.Content) *layerContent {
	if l.AllowUnknown {
		c.Documents = slices.Clone(c.Documents)
		for i := range c.Documents {
			c.Documents[i].AllowUnknown = true
		}
	}
	e.mu.Lock()
	s := e.schema
	e.mu.Unlock()
	l.decoding.Store(true)
	defer l.decoding.Store(false)
	a := &layerContent{Content: c}
	e.decodeBy(s, l, a)
	return a
}

// decode returns the trees of the documents of all contents, lowest first; what is wrong in single documents as far as the struct can
// tell; and what cannot be decoded at all.
func (e *Engine) decode(contents []*layerContent) (roots []*tree.Node, alone, problems source.Problems) {
	for i, c := range contents {
		if c == nil {
			continue
		}
		e.decodeContent(e.layers[i], c)
		roots = append(roots, c.roots...)
		alone = append(alone, c.standalone...)
		problems = append(problems, c.problems...)
	}
	return roots, alone, problems
}

// decodeAgain is the time after which a content is decoded again whose trouble may have passed, such as a reference to what was not there.
const decodeRetryAfter = 500 * time.Millisecond

// decodeContent decodes what has not been decoded by the plan of now: what came before a section did, what is kept of an absent document,
// or what may have got over its trouble. Only the writer calls it.
func (e *Engine) decodeContent(l *layerState, c *layerContent) { e.decodeBy(e.schema, l, c) }

// decodeBy verifies and decodes a content by a plan, once where nothing is wrong that may pass. A panic becomes a problem of the content.
func (e *Engine) decodeBy(s *schema, l *layerState, c *layerContent) {
	if c.decodedBy == s && !(c.transient && time.Since(c.decodedAt) > decodeRetryAfter) {
		return
	}
	if c.decodedBy == nil || c.transient { // else only the plan is another: it says what it said, and nobody is asked again
		c.referred, c.plain = nil, nil
	}
	c.decodedBy, c.transient = s, false
	defer func() { c.decodedAt = time.Now() }() // when all have been asked: one that gives no answer is not asked again at once
	c.roots, c.named, c.problems, c.standalone, c.manifest, c.secrets = nil, nil, nil, nil, nil, nil
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
}

// panicked is the problem for a panic in a step. It has the functions and lines of the panic, and not its value.
func panicked(err error, at source.Position) *source.Problem {
	where := &observe.PanicError{Text: "in a step"}
	if p, ok := err.(*rescue.Panic); ok { //nolint:errorlint // rescue returns it as it is
		where.Stack = p.Stack
	}
	return wording.Own("a step panicked while it looked at this content").On(&source.Problem{Kind: source.Unknown, Position: at, Err: where})
}

func (e *Engine) decodeDocuments(s *schema, l *layerState, c *layerContent) {
	for _, p := range wording.OwnAll(verify.Content(c.Content)) {
		p.Position.Layer, p.Position.Revision = l.name, c.Revision
		c.problems = append(c.problems, p)
	}
	if c.problems != nil {
		return // what is damaged is not worth a word about its syntax
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
		d, problem := e.decrypt(l, c, d)
		if problem != nil {
			c.problems, c.transient = append(c.problems, problem), true
			continue
		}
		root, problems := layer.Decode(l.name, c.Revision, d, s.shape)
		c.problems = append(c.problems, wording.OwnAll(problems)...)
		if root != nil && len(l.Resolvers) > 0 {
			root, problems = e.expand(s, l, c, root)
			c.problems, c.transient = append(c.problems, problems...), c.transient || hasTransient(problems)
		}
		if root != nil {
			c.roots = append(c.roots, root)
			c.named = append(c.named, namedRoot{d.Name, root})
			tree.Secrets(root, s.shape, func(secret string) { c.secrets = append(c.secrets, secret) })
		}
	}
	for _, found := range c.referred {
		c.secrets = append(c.secrets, found)
	}
	e.redactor.addContent(c.secrets)
}
