// Command measure is what benchmarks/peers runs: it compares nacre with other libraries. It is a
// module of its own, so that the versions that they require change no other benchmark.
//
// # Flow
//
// Package work says what is measured: jobs, each one work at one size for the peers that can do it.
// Package peer has the peers, package content the documents and the structs that they must become.
// Package bench runs a job in interleaved passes and takes medians and ratios, package report
// writes them, and package gate compares them with recorded ones.
package main
