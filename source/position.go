package source

import "strconv"

// Position is where a key stands: layer, document, line, column, revision. The zero Position is
// nowhere: a default, or a key that no layer has.
type Position struct {
	// Layer is the name of the layer, made unique among the layers of one config ("nacos",
	// "nacos#2").
	Layer string
	// Document is the name of the document; for a variable of the environment "$ORDERS_DB_POOL".
	Document string
	// Line and Column count from 1, columns in bytes; 0 where the format has none.
	Line, Column int
	// Revision is that of the content in which the document came.
	Revision Revision
}

// String returns "orders.yaml:7:12 (nacos)", with as much of it as there is.
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
