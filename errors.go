package nacre

import "github.com/nacre-go/nacre/source"

// Problem is one mistake in a configuration: the place, the key, what is wrong, and a suggestion.
// It carries no value. See [source.Problem].
type Problem = source.Problem

// Problems are all mistakes of a configuration. Open returns them, to be found with errors.As, when
// it rejects the contents of the layers.
type Problems = source.Problems
