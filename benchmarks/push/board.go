package main

import (
	"sync"
	"time"
)

// board holds when each config was first heard of in the version that is awaited, or in a later
// one.
type board struct {
	mu      sync.Mutex
	version int
	heard   []time.Time // zero: not yet
	missing int
	all     chan struct{} // closed when nothing is missing
}

// await begins to wait for a version of n configs, and returns what is closed when all have been
// heard of.
func (b *board) await(n, version int) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.version, b.heard, b.missing, b.all = version, make([]time.Time, n), n, make(chan struct{})
	return b.all
}

func (b *board) note(n note) {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if n.index < 0 || n.index >= len(b.heard) || n.version < b.version || !b.heard[n.index].IsZero() {
		return
	}
	b.heard[n.index] = now
	if b.missing--; b.missing == 0 {
		close(b.all)
	}
}

// times returns a copy.
func (b *board) times() []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]time.Time(nil), b.heard...)
}

func (b *board) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.missing
}
