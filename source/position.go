package source

import (
	"strconv"
	"strings"
)

// Position is where a key is: layer, document, line, column and revision. The zero Position is that
// of a default, and of a key that no layer has.
type Position struct {
	// Layer is the name of the layer, unique among the layers of a config. It is that of the
	// document by default.
	Layer string `json:"layer,omitempty"`
	// Document is the name of the document. That of an environment variable is "$ORDERS_DB_POOL".
	Document string `json:"document,omitempty"`
	// Line and Column count from 1, columns in bytes. They are 0 if the format has none.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Revision is that of the content with the document.
	Revision Revision `json:"revision,omitempty"`
}

// String returns "orders.yaml:7:12 (base)", without the parts that are not known. It leaves out a
// layer that is named after its document.
func (p Position) String() string {
	s := p.Document
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	if p.Layer == "" || p.namesLayer() {
		return s
	}
	if s == "" {
		return "(" + p.Layer + ")"
	}
	return s + " (" + p.Layer + ")"
}

// namesLayer reports whether the document says which layer it is: the layer's name is that of the
// document or the end of its path, or the document is a variable in an environment.
func (p Position) namesLayer() bool {
	if rest, ok := strings.CutSuffix(p.Document, p.Layer); ok {
		return rest == "" || strings.HasSuffix(rest, "/") || strings.HasSuffix(rest, `\`)
	}
	return strings.HasPrefix(p.Document, "$") && (p.Layer == "env" || strings.HasPrefix(p.Layer, "env("))
}
