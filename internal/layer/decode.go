package layer

import (
	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// The limits of one document.
const (
	MaxSize  = 16 << 20      // bytes
	MaxNodes = tree.MaxNodes // values, those that aliases repeat counted each time
)

// Decode turns one document into a tree. LayerName is the layer's unique name and rev the revision of the content that the
// document came in; both stand in positions. Shape tells which keys there are, for the formats that have flat names, and
// where a key without a value is an entry of a map.
//
// A document that is Absent yields nil and no problems. One with problems yields what could be read beside them, or nil; it
// is not fit to be used, but what is secret in it can be found. A document without content is an empty map.
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
		if recover() != nil { // a parser's own fault; what it says may hold anything
			r.report(source.Malformed, 0, 0, panicked)
			root, problems = nil, r.problems
		}
	}()
	root = bare(r.read(d), shape)
	r.sort()
	return root, r.problems
}

const panicked = "makes its parser give up"

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
		r.report(source.InvalidArgument, 0, 0, "has no format: name one, or use a file name that tells")
	default:
		r.report(source.InvalidArgument, 0, 0, "has a format that is not known: yaml, json, toml, dotenv, properties and environ are")
	}
	return nil
}

// plain takes a document that its source has decoded.
func (r *reading) plain(d source.Document) *tree.Node {
	if d.Format != "" || len(d.Data) > 0 {
		r.report(source.InvalidArgument, 0, 0, "has a tree and data, and can have only one")
		return nil
	}
	root, err := tree.FromPlain(r.doc, d.Tree)
	if err != nil { // names a path and a Go type
		r.report(source.Malformed, 0, 0, "cannot be a tree: "+err.Error())
		return nil
	}
	return root
}
