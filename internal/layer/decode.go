package layer

import (
	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// The limits of one document.
const (
	MaxSize  = 16 << 20      // bytes
	MaxNodes = tree.MaxNodes // values, counting each alias
)

// Decode decodes one document to a tree. layerName is the unique name of the layer, and rev the
// revision of the content; both become part of positions. shape has the known keys, for formats
// with flat names, and decides where a key without a value is an entry of a map.
//
// For a document that is Absent, Decode returns nil and no problems. For a document with problems,
// it returns the part that could be decoded, or nil. That part must not be applied, but its secrets
// can be found. A document without content is an empty map.
func Decode(layerName string, rev source.Revision, d source.Document, shape *tree.Shape) (root *tree.Node, problems source.Problems) {
	if d.Absent {
		return nil, nil
	}
	r := &reading{
		doc:   &tree.Doc{Layer: layerName, Name: d.Name, Revision: rev, AllowUnknown: d.AllowUnknown},
		data:  d.Data,
		shape: shape,
	}
	defer func() {
		if recover() != nil { // a bug of a parser; the text may contain anything
			r.report(source.Malformed, 0, 0, panicked)
			root, problems = nil, r.problems
		}
	}()
	root = bare(r.read(d), shape)
	r.sort()
	return root, r.problems
}

const panicked = "makes its parser panic"

func (r *reading) read(d source.Document) *tree.Node {
	if d.Tree != nil {
		return r.plain(d)
	}
	if !r.text(d.Format) {
		return nil
	}
	switch d.Format {
	case source.FormatYAML:
		return r.yaml()
	case source.FormatJSON:
		return r.json()
	case source.FormatTOML:
		return r.toml()
	case source.FormatDotenv:
		return r.dotenv()
	case source.FormatProperties:
		return r.properties()
	case environ.Format:
		return r.environ()
	case "":
		r.report(source.InvalidArgument, 0, 0, "has no format; set one, or use a file name whose extension names it")
	default:
		r.report(source.InvalidArgument, 0, 0, "has an unknown format; use yaml, json, toml, dotenv, properties or environ")
	}
	return nil
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
