// Package subset searches for a large good subset of elements when all of them together are not
// good.
//
// # Method
//
// A set is tested as a whole. A failed test may blame some elements, which the search leaves out
// first. If it blames no element or all of them, the search halves the set, as in group testing:
// one bad element among n costs about 2 log n tests instead of n. Then the search adds elements
// that it left out, in order, while this is possible.
//
// # Limits
//
// The caller limits the number of tests. A search that reaches the limit returns the best set so
// far.
package subset
