package main

import (
	"context"
	"sync"
	"time"
)

// stallMeter tells how long this process, which only measures, was kept from running by the
// machine. What a client took longer in such a time says nothing about the client.
type stallMeter struct {
	mu    sync.Mutex
	last  time.Time
	worst time.Duration
}

const stallTick = 5 * time.Millisecond

// watch measures until ctx is done.
func (m *stallMeter) watch(ctx context.Context) {
	tick := time.NewTicker(stallTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.mu.Lock()
			m.lookLocked()
			m.mu.Unlock()
		}
	}
}

func (m *stallMeter) lookLocked() {
	now := time.Now()
	if !m.last.IsZero() {
		m.worst = max(m.worst, now.Sub(m.last)-stallTick)
	}
	m.last = now
}

// reset returns the longest stall since the last reset, and starts again.
func (m *stallMeter) reset() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lookLocked()
	worst := m.worst
	m.worst = 0
	return worst
}
