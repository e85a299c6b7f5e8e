// Package explain puts the explanation of a key into lines, for the text of observe.Explanation and
// for the page of confighttp.
//
// # Concurrency
//
// Everything is safe for concurrent use.
package explain
