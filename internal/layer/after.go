package layer

import (
	"bytes"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// basis is what a document was decoded from, and what its text was decoded to. It is immutable.
type basis struct {
	decoder             Decoder
	policy              Policy
	layer, name, format string
	shape               *tree.Shape // of the config
	data                []byte
	doc                 *tree.Doc
	// root is the root of the document, without the keys of Decoder.At. It is nil if only the whole
	// text can be decoded.
	root    *tree.Node
	nodes   int  // number of values, at least
	settles bool // as reading.settles
}

// basis returns the basis of a document that was decoded in full; nil if it has problems, or if its
// source has decoded it.
func (o Decoder) basis(r *reading, layerName string, d source.Document, roots []*tree.Node) *basis {
	if d.Tree != nil || len(r.problems) > 0 || r.stopped {
		return nil
	}
	b := &basis{
		decoder: o, policy: r.policy, layer: layerName, name: d.Name, format: d.Format, shape: r.whole, data: d.Data,
		doc: r.doc, nodes: r.nodes, settles: r.settles(),
	}
	if len(roots) == 1 && !r.entire && bytes.IndexByte(d.Data, '\r') < 0 {
		b.root = roots[0]
	}
	return b
}

// fits reports whether a document is decoded in the same way as the one before it, up to its text.
func (b *basis) fits(o Decoder, policy Policy, layerName string, d source.Document, shape *tree.Shape) bool {
	samePath := func(a, b tree.Path) bool { return slices.Equal(a, b) }
	return b != nil && !d.Absent && d.Tree == nil &&
		b.layer == layerName && b.name == d.Name && b.format == d.Format && b.shape == shape &&
		b.decoder.Stream == o.Stream && b.decoder.Relaxed == o.Relaxed && slices.Equal(b.decoder.At, o.At) &&
		b.policy.AllowUnknown == policy.AllowUnknown && b.policy.Shared == policy.Shared &&
		slices.EqualFunc(b.policy.Allowed, policy.Allowed, samePath)
}

// DecodeAfter returns what DecodeBy returns, in less time for a text that differs little from the
// one that last is of: it decodes the part that has changed, and shares the rest with last. Values
// that only moved to other lines are [tree.Alike] with those of last. last may be of another
// document, or nil; then DecodeAfter decodes the whole text. It does not change last, and the data
// of both documents must stay as it is.
//
// A part is decoded alone only where that is sure to give the same result. In any doubt, and
// whenever there is a problem or a notice to report in the part, the whole text is decoded.
func (o Decoder) DecodeAfter(last *Decoded, policy Policy, layerName string, rev source.Revision, d source.Document, shape *tree.Shape) Decoded {
	if last == nil || !last.basis.fits(o, policy, layerName, d, shape) {
		return o.DecodeBy(policy, layerName, rev, d, shape)
	}
	out, ok := o.decodePart(last, d)
	if !ok {
		return o.DecodeBy(policy, layerName, rev, d, shape)
	}
	out.part = true
	for _, notices := range []source.Problems{out.Unused, out.Deprecated} {
		for _, p := range notices {
			p.Position.Revision = rev
		}
	}
	return out
}

// decodePart decodes the part of a document that differs from last. It reports false if the whole
// document must be decoded.
func (o Decoder) decodePart(last *Decoded, d source.Document) (out Decoded, ok bool) {
	b := last.basis
	c := differ(b.data, d.Data)
	if c.none() {
		out = *last
		out.Unused, out.Deprecated = c.notices(last.Unused), c.notices(last.Deprecated)
		return out, true
	}
	if b.root == nil || len(d.Data) > MaxSize || bytes.HasPrefix(d.Data, byteOrderMark) || bytes.HasPrefix(b.data, byteOrderMark) || bytes.Contains(d.Data, lost) || ofWhole(last.Unused) {
		return Decoded{}, false
	}
	defer func() {
		if recover() != nil { // a bug, or a parser that panics: decoding the whole text reports it
			out, ok = Decoded{}, false
		}
	}()
	p := &part{b: b, reading: o.reading(b.policy, b.doc, d.Data, b.shape), change: c}
	p.nodes = b.nodes
	p.noticed = len(last.Unused)+len(last.Deprecated) > 0
	var root *tree.Node
	switch d.Format {
	case source.FormatYAML:
		root = p.yamlPart()
	case source.FormatJSON:
		root = p.jsonPart()
	case source.FormatProperties:
		root = p.propertiesPart()
	}
	if root == nil || b.policy.AllowUnknown && isForeign(root) || p.touches(last.Unused) || p.touches(last.Deprecated) {
		return Decoded{}, false
	}
	out.Roots = []*tree.Node{p.wrap(root)}
	out.Unused, out.Deprecated = p.notices(last.Unused), p.notices(last.Deprecated)
	next := *b
	next.data, next.root, next.nodes = d.Data, root, p.nodes
	out.basis = &next
	return out, true
}

// ofWhole reports whether a notice concerns a document as a whole, which a change of a part may
// end.
func ofWhole(notices source.Problems) bool {
	return slices.ContainsFunc(notices, func(p *source.Problem) bool { return p.Position.Line == 0 })
}

// isForeign reports whether no field may have any of the keys of a document; see reportForeign.
func isForeign(root *tree.Node) bool {
	return !slices.ContainsFunc(root.Entries, func(e tree.Entry) bool { return e.Verdict != tree.Accepted })
}
