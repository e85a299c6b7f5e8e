package source

import "strconv"

// Position is where a key is: layer, document, line, column and revision. The zero Position is that
// of a default, and of a key that no layer has.
type Position struct {
	// Layer is the name of the layer, unique among the layers of a config ("nacos", "nacos#2").
	Layer string `json:"layer,omitempty"`
	// Document is the name of the document. That of an environment variable is "$ORDERS_DB_POOL".
	Document string `json:"document,omitempty"`
	// Line and Column count from 1, columns in bytes. They are 0 if the format has none.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Revision is that of the content with the document.
	Revision Revision `json:"revision,omitempty"`
}

// String returns "orders.yaml:7:12 (nacos)", without the parts that are not known.
func (p Position) String() string {
	s := p.Document
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	if p.Layer == "" {
		return s
	}
	if s == "" {
		return "(" + p.Layer + ")"
	}
	return s + " (" + p.Layer + ")"
}
