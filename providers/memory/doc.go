// Package memory is a source whose document a program sets: a layer for tests, for command-line flags, for what an
// administrator's handler or a library without a provider of its own hands over.
//
//	overrides := memory.New("overrides.yaml", []byte("log: {level: info}"))
//	cfg, err := nacre.Open[Config](ctx, file.New("config.yaml"), overrides)
//	…
//	overrides.Set([]byte("log: {level: debug}"))
//
// # Flow
//
// Set, SetTree and Remove replace the document in one step and wake every Next that is blocked. Setting what is there
// already wakes nobody. What is set is copied.
//
// # Concurrency
//
// Everything is safe for concurrent use. One Source may be a layer of several configs at once, and of each of them it says
// the same: it keeps no memory of who has asked. It starts no goroutine and needs no Close.
//
// # Errors
//
// A document is looked at when a config reads it, not when it is set: what does not decode or validate is rejected there,
// and the state before it stays in use. Next itself never fails but for the end of its context.
package memory
