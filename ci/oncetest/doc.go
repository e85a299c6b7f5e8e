// Package oncetest checks the claims of simulated fleets for linearizability, with porcupine. It
// has tests only, and is a module of its own, so that no user of nacre requires the checker.
package oncetest
