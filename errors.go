package nacre

import "github.com/nacre-go/nacre/source"

// Problem is one thing that is wrong with a configuration: where, which key, what, and what may have been meant. It carries no
// value. See [source.Problem].
type Problem = source.Problem

// Problems are all that is wrong with a configuration. Open returns them (with errors.As) when what the layers say is refused.
type Problems = source.Problems

// Kind is the category of an error or problem, for errors.Is: errors.Is(err, source.NotFound).
type Kind = source.Kind

// LayerError is an error of a layer's source. Open returns one for each layer that is down and has no last known good copy.
type LayerError = source.LayerError
