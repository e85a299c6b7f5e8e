package binder

import "github.com/nacre-go/nacre/internal/binding"

// Bind fills *dst, a pointer to a struct or map, from values, as a layered config would: see
// source.Document.Tree for what values may hold. It replaces what was in *dst, or leaves it
// unchanged if there is an error. The error is a source.Problems. Bind looks at the type of dst at
// every call; a config does that once, when it is opened.
func Bind(values map[string]any, dst any, options ...Option) error {
	return binding.Bind(values, dst, binding.Options(options)...)
}
