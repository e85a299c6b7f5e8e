package pipeline

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// document returns what a document of the content decodes to. It takes from the last good one what
// did not change.
func (d *decoding) document(of source.Document) *decodedDocument {
	l, s := d.layer, d.out.Schema
	last := l.documents.get(of.Name)
	if last != nil && (d.whole || last.schema != s) {
		last = nil
	}
	isSame := last != nil && last.saysSameAs(&of)
	if isSame && len(l.Resolvers) == 0 {
		return last
	}
	next := &decodedDocument{of: of, schema: s}
	if isSame { // its references may have other values now
		next.line, next.plain, next.text = last.line, last.plain, last.text
	} else if readable, ok := d.decrypt(next); ok {
		next.line = releaseline.Read(readable.Format, readable.Data)
		var text *layer.Decoded
		if last != nil {
			text = &last.text
		}
		next.text = l.Decoder.DecodeAfter(text, l.Policy(of), l.Name, d.content.Revision, readable, s.Shape)
		next.text.Problems = wording.OwnAll(next.text.Problems)
	}
	next.problems = append(next.problems, next.text.Problems...)
	for n, root := range next.text.Roots {
		d.addRoot(next, NamedRoot{partName(of.Name, n), of.Name, root})
	}
	if !next.transient {
		for n, root := range next.roots {
			next.standalone = append(next.standalone, s.BindStandalone(root.Root, last.rootAt(n))...)
		}
	}
	return next
}

// rootAt returns the n-th root of a document, or nil if there is none.
func (d *decodedDocument) rootAt(n int) *tree.Node {
	if d == nil || n >= len(d.roots) {
		return nil
	}
	return d.roots[n].Root
}

// saysSameAs reports whether a document has the data that d was decoded from. A tree may have
// changed since: it is not compared.
func (d *decodedDocument) saysSameAs(of *source.Document) bool {
	return d.of.Tree == nil && of.Tree == nil && d.of.Absent == of.Absent && d.of.Format == of.Format && d.of.AllowUnknown == of.AllowUnknown &&
		bytes.Equal(d.of.Data, of.Data)
}

// isGood reports whether another content with the same document decodes to the same.
func (d *decodedDocument) isGood() bool {
	return d.problems == nil && d.standalone == nil && !d.transient
}

// partName returns the name of the n-th YAML document of a document, counted from 0.
func partName(document string, n int) string {
	if n == 0 {
		return document
	}
	return fmt.Sprintf("%s, YAML document %d", document, n+1)
}

// addRoot adds a decoded tree to a document, with its references resolved.
func (d *decoding) addRoot(to *decodedDocument, named NamedRoot) {
	s := d.out.Schema
	var problems source.Problems
	switch {
	case named.Root == nil:
	case len(d.layer.Resolvers) > 0:
		named.Root, problems = d.expand(named.Root)
		to.transient = to.transient || HasTransient(problems)
	default:
		var likely []string
		named.Root, problems, likely = d.unresolved(named.Root)
		to.unresolved = append(to.unresolved, likely...)
	}
	to.problems = append(to.problems, problems...)
	if named.Root == nil {
		return
	}
	to.problems = append(to.problems, wording.OwnAll(s.Merger.Check(named.Root))...)
	to.roots = append(to.roots, named)
	to.hides = to.hides || verify.Hides(named.Root, s.Shape)
	tree.Secrets(named.Root, s.Shape, func(secret string) { to.secrets = append(to.secrets, secret) })
}

// documentCache has the documents of a layer that were good when they were last decoded, by name.
// The zero documentCache is empty. It is safe for concurrent use.
type documentCache struct {
	mu     sync.Mutex
	byName map[string]*decodedDocument
}

func (c *documentCache) get(name string) *decodedDocument {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byName[name]
}

// put keeps the good documents of a content. Of a document that is not good, the last good one
// stays: the next content probably corrects it.
func (c *documentCache) put(documents []*decodedDocument) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := make(map[string]*decodedDocument, len(documents))
	for _, d := range slices.Backward(documents) { // names are unique, except in a content that is rejected
		if !d.isGood() {
			d = c.byName[d.of.Name]
		}
		if d != nil {
			kept[d.of.Name] = d
		}
	}
	c.byName = kept
}
