// Weigh measures what a client of Nacos costs a service that does nothing: the size of a binary that follows one config,
// and the requests, memory and processor time of many idle listeners.
//
//	go -C benchmarks run ./weigh                 both, on a server in the process
//	go -C benchmarks run ./weigh -idle 0         the binaries alone
//	go -C benchmarks run ./weigh -o ../docs/benchmarks.md
package main
