// Package memory is a source whose document a program sets. Use it in tests, and for an
// administrator's handler, or a library without a provider of its own.
//
//	overrides := memory.New("overrides.yaml", []byte("log: {level: info}"))
//	cfg, err := nacre.Open[Config](ctx, file.New("config.yaml"), overrides)
//	…
//	overrides.Set([]byte("log: {level: debug}"))
//
// # Flow
//
// Set, SetTree and Remove replace the document atomically and wake every Next that is blocked.
// Setting the current document again wakes none. The source copies what it is given.
//
// # Concurrency
//
// Everything is safe for concurrent use. One Source may be a layer of several configs at once, and
// returns the same to each of them. It starts no goroutine and needs no Close.
//
// # Errors
//
// A config checks a document when it reads it, not when it is set. A config rejects a document that
// it cannot decode or that is invalid, and keeps the previous state. Next returns no error except
// that of its context.
package memory
