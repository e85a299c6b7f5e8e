// Package sdktest holds the proof that the client of nacos-sdk-go, unchanged, works against
// fakenacos: get, publish, compare-and-set, listen, delete, search and login. It has tests only.
//
// # Limits
//
// The SDK's client has data races of its own and leaks goroutines. Builds with -race therefore
// leave the tests out, and the tests do not look for leaks. The package is separate to keep those
// allowances out of fakenacos, and the SDK's client out of its dependencies.
package sdktest
