// Package chaostest has tests only. Sessions follow configs while servers are killed, halted and
// restarted, and connections are delayed, throttled, cut and black-holed. In the end each session
// must have what the server has.
//
// Each run of the tests plays the scenarios against a server in the process, behind three proxies
// that act as three nodes. If the environment names a cluster of real servers, the same scenarios
// run against it:
//
//	bash ci/nacos/nacos.sh run --cluster go test -v ./providers/nacos/chaostest
//
// A seed decides the faults, nodes, keys and contents of a run, which prints it; NACRE_CHAOS_SEED
// repeats it. The machine decides how they coincide.
//
// # Invariants
//
// At every moment a content that a session returns is complete, and its version is not before one
// that it has returned. After the last fault and the last publish, each session has what the server
// has within the bound, there is one connection per session, no goroutine is left, and memory has
// not grown.
package chaostest
