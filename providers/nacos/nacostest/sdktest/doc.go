// Package sdktest holds the proof that the client of nacos-sdk-go, unchanged, works against nacostest: get, publish,
// compare-and-set, listen, delete, search and login. It has tests only.
//
// # Limits
//
// The SDK's client has data races of its own and leaks goroutines, so that the tests are left out of builds with -race
// and do not look for leaks. It is a package of its own to keep those allowances out of nacostest, and the SDK's client
// out of nacostest's dependencies.
package sdktest
