package route

import (
	_ "embed" // of the schema
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns a JSON Schema of routing documents, for editors. It has everything but what
// concerns several places at once, such as labels that are not declared and rules that never match,
// and the digits of a percentage: [Parse] checks these.
func Schema() []byte { return slices.Clone(schema) }
