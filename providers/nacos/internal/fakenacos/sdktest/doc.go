// Package sdktest holds the proof that the clients of nacos-sdk-go, unchanged, work against
// fakenacos: get, publish, compare-and-set, listen, delete, search and login of the config client,
// and registering, selecting, subscribing and reconnecting of the naming client. It has tests only.
//
// # Limits
//
// The SDK's clients have data races of their own and leak goroutines. Builds with -race therefore
// leave the tests out, and the tests do not look for leaks. The package is separate to keep those
// allowances out of fakenacos, and the SDK's client out of its dependencies.
package sdktest
