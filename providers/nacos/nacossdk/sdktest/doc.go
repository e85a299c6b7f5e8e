// Package sdktest has tests alone: sources of nacossdk on the SDK's own client, which leaves
// goroutines behind and races with itself, so that it is kept from the tests that look for both.
package sdktest
