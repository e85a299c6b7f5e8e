package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// The limits of one document.
const (
	MaxSize  = 16 << 20      // bytes
	MaxNodes = tree.MaxNodes // values, counting each alias
)

// Decoder holds what a layer says about its documents. The zero Decoder decodes a document whose
// root is a map of the keys of the struct.
type Decoder struct {
	// At is the path of the key that has the document as its value. With it, the root of a document
	// may also be a list or a single value, or the document may be plain text. Empty: the document
	// has the keys of the struct.
	At tree.Path
	// Stream allows a text to have several YAML documents, of which a later one overrides an
	// earlier one.
	Stream bool
	// Relaxed lets a document have the key of a field in another spelling: maxConns, max-conns or
	// MAXCONNS for max_conns. See relaxed.go.
	Relaxed bool
}

// Decode is the Decode of a zero Decoder, which returns one root.
func Decode(layerName string, rev source.Revision, d source.Document, shape *tree.Shape) (root *tree.Node, problems source.Problems) {
	roots, problems := Decoder{}.Decode(layerName, rev, d, shape)
	if len(roots) == 0 {
		return nil, problems
	}
	return roots[0], problems
}

// Decode decodes one document to a tree, or with Stream to several, lowest first. layerName is the
// unique name of the layer, and becomes part of positions; rev, the revision of the content,
// becomes part of the positions of problems. shape has the known keys from the root of the config,
// for formats with flat names, and decides where a key without a value is an entry of a map.
//
// For a document that is Absent, Decode returns nil and no problems. For a document with problems,
// it returns the part that could be decoded, or nil. That part must not be applied, but its secrets
// can be found. A document without content sets no key.
func (o Decoder) Decode(layerName string, rev source.Revision, d source.Document, shape *tree.Shape) (roots []*tree.Node, problems source.Problems) {
	decoded := o.DecodeBy(Policy{AllowUnknown: d.AllowUnknown}, layerName, rev, d, shape)
	return decoded.Roots, decoded.Problems
}

// Policy says which keys that no field has a document may have. The zero Policy allows none.
type Policy struct {
	// AllowUnknown allows all, and Shared all but misspelled ones.
	AllowUnknown, Shared bool
	// Allowed are keys that may be there, with everything below them. They count from the root of
	// the config.
	Allowed []tree.Path
}

// Decoded is what a Decoder finds in a document.
type Decoded struct {
	// Roots and Problems are the results of Decode. Keys are those of the shape: in place of an
	// alias or another spelling, a tree has the key that it stands for, and Entry.Alias.
	Roots    []*tree.Node
	Problems source.Problems
	// Unused are the keys that no field has and that the document may have. Those with a flat name
	// are not in the tree. Two problems concern a document as a whole: that no field has any of its
	// keys, and that some of its text was lost (U+FFFD).
	Unused source.Problems
	// Deprecated are the uses of aliases and of deprecated keys.
	Deprecated source.Problems

	basis *basis // for DecodeAfter; nil if nothing can be kept
	part  bool   // whether only a part of the text was decoded
}

// DecodeBy is Decode with a policy.
func (o Decoder) DecodeBy(policy Policy, layerName string, rev source.Revision, d source.Document, shape *tree.Shape) (out Decoded) {
	if d.Absent {
		return Decoded{}
	}
	doc := &tree.Doc{Layer: layerName, Name: d.Name, AllowUnknown: policy.AllowUnknown, Shared: policy.Shared && !policy.AllowUnknown}
	r := o.reading(policy, doc, d.Data, shape)
	r.typed, r.format = d.Format != source.FormatOf(d.Name), d.Format
	defer func() {
		if recover() != nil { // a bug of a parser; the text may contain anything
			r.report(source.Malformed, 0, 0, panicked)
			out = Decoded{Problems: r.problems}
		}
		for _, p := range slices.Concat(out.Problems, out.Unused, out.Deprecated) {
			p.Position.Revision = rev
		}
	}()
	var roots, settled []*tree.Node
	for _, root := range r.read(d) {
		root = r.settle(root)
		settled = append(settled, root)
		root = bare(root, r.shape)
		roots, out.Roots = append(roots, root), append(out.Roots, r.wrap(root))
	}
	r.reportForeign(settled)
	r.sort()
	out.Problems, out.Unused, out.Deprecated = r.problems, r.unused, r.deprecated
	out.basis = o.basis(r, layerName, d, roots)
	return out
}

// reading returns the reading of a text in which nothing is read yet.
func (o Decoder) reading(policy Policy, doc *tree.Doc, data []byte, shape *tree.Shape) *reading {
	under := o.At.Canonical(shape)
	below, _ := shape.Lookup(under)
	return &reading{doc: doc, data: data, whole: shape, shape: below, policy: policy, under: under, stream: o.Stream, relaxed: o.Relaxed}
}

// wrap returns a root as the value of the key At. An empty document has no value.
func (r *reading) wrap(root *tree.Node) *tree.Node {
	if len(r.under) > 0 && root.Kind == tree.Map && len(root.Entries) == 0 && root.Line == 0 {
		return root
	}
	for _, key := range slices.Backward(r.under) {
		root = tree.NewMap(root.Doc, root.Line, root.Column, []tree.Entry{{Key: key, Value: root}})
	}
	return root
}

const panicked = "makes its parser panic"

// read returns the roots of the document: several only of a YAML stream.
func (r *reading) read(d source.Document) []*tree.Node {
	if d.Tree != nil {
		return one(r.plain(d))
	}
	if !r.text(d.Format) {
		return nil
	}
	switch d.Format {
	case source.FormatYAML:
		return r.yaml()
	case source.FormatJSON:
		return one(r.json())
	case source.FormatTOML:
		return one(r.toml())
	case source.FormatDotenv:
		return one(r.dotenv())
	case source.FormatProperties:
		return one(r.properties())
	case source.FormatText:
		return one(r.plainText())
	case environ.Format:
		return one(r.environ())
	case "":
		r.report(source.InvalidArgument, 0, 0, "has no format; set one, or use a file name whose extension names it")
	default:
		r.report(source.InvalidArgument, 0, 0, "has an unknown format; use yaml, json, toml, dotenv, properties, text or environ")
	}
	return nil
}

func one(root *tree.Node) []*tree.Node {
	if root == nil {
		return nil
	}
	return []*tree.Node{root}
}

// plain converts a document that its source has decoded.
func (r *reading) plain(d source.Document) *tree.Node {
	if d.Format != "" || len(d.Data) > 0 {
		r.report(source.InvalidArgument, 0, 0, "has both a tree and data; set only one")
		return nil
	}
	root, err := tree.FromPlain(r.doc, d.Tree)
	if err != nil { // names a path and a Go type
		r.report(source.Malformed, 0, 0, "cannot be converted to a tree: "+err.Error())
		return nil
	}
	return r.texts(root, r.shape)
}
