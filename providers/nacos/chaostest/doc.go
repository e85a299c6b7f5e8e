// Package chaostest has tests alone: sessions follow configs while servers are killed, halted and
// started again and connections are delayed, narrowed, cut and black-holed, and in the end each
// must have what the server has.
//
// The same scenarios run against nacostest, behind three proxies that play three nodes, with each
// run of the tests; and against a cluster of real servers where the environment names one:
//
//	bash ci/nacos/nacos.sh run --cluster go test -v ./providers/nacos/chaostest
//
// Each run is decided by a seed, which it prints; NACRE_CHAOS_SEED repeats it. The seed decides
// faults, nodes, keys and contents; how they meet is decided by the machine.
//
// # Invariants
//
// At every moment: a content that a session gives is whole, and its version is none before one that
// was given. After the last fault and the last publish: each session has what the server has within
// the bound; the number of connections is that of the sessions; no goroutine is left, and memory
// has not grown.
package chaostest
