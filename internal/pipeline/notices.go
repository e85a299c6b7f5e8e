package pipeline

import "github.com/nacre-go/nacre/source"

// Notices are what a person should know of accepted documents. They reject nothing.
type Notices struct {
	Unused     source.Problems // keys that no field has
	Deprecated source.Problems // old names, and deprecated keys
	Unresolved []string        // texts that may be references, with their positions
	Release    string          // of a manifest, or of the release lines
}
