// Package koanfview shows a config as a koanf instance, for code that reads keys by their names:
// keys that are known only at run time, and libraries that take a *koanf.Koanf.
//
// It is a package of its own so that a program compiles koanf only if it imports koanfview. To use
// a koanf provider as a layer, see [github.com/nacre-go/nacre/providers/koanf].
package koanfview
