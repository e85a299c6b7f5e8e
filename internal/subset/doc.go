// Package subset searches for a large good subset of elements when all of them together are not good.
//
// # Method
//
// A set is tested as a whole. A test that fails may blame some of its elements; these are left out first. Where nothing or everything is
// blamed, the set is halved, as in group testing: one bad element among n costs about 2 log n tests instead of n. What was left out is
// then added back in order, for as long as something can be added.
//
// # Limits
//
// The number of tests is bounded by the caller. A search that reaches the bound returns the best set that it has found.
package subset
