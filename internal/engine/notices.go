package engine

import "github.com/nacre-go/nacre/source"

// notices are what a person should know of accepted documents. They reject nothing.
type notices struct {
	unused     source.Problems // keys that no field has
	deprecated source.Problems // old names, and deprecated keys
	unresolved []string        // texts that may be references, with their positions
	release    string          // of a manifest, or of the release lines
}
