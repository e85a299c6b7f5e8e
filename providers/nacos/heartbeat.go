package nacos

import (
	"sync"
	"time"
)

// heartbeat measures the network by heartbeats, and says how often they are due: see [Option] for
// the table. It outlives connections, since a network that keeps losing them is a bad one.
type heartbeat struct {
	mu     sync.Mutex
	last   [10]bool // whether the last heartbeats were answered; a ring
	count  int
	rtt    time.Duration // smoothed
	missed int           // in a row, on this connection
	limit  int           // of misses, fixed at the first one
}

// grade is a line of the table.
type grade struct {
	name   string
	every  time.Duration
	misses int
}

var (
	good = grade{"good", 30 * time.Second, 2}
	fair = grade{"fair", 15 * time.Second, 3}
	bad  = grade{"bad", 5 * time.Second, 5}
)

func (h *heartbeat) grade() grade {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.gradeLocked()
}

func (h *heartbeat) gradeLocked() grade {
	lost := 0
	for _, answered := range h.last[:min(h.count, len(h.last))] {
		if !answered {
			lost++
		}
	}
	switch {
	case lost >= 2 || h.rtt > time.Second:
		return bad
	case lost == 0 && h.rtt < 100*time.Millisecond:
		return good
	}
	return fair
}

func (h *heartbeat) recordLocked(answered bool) {
	h.last[h.count%len(h.last)] = answered
	h.count++
	if h.count == 2*len(h.last) { // keep the index without growing
		h.count = len(h.last)
	}
}

// answered records a heartbeat with an answer.
func (h *heartbeat) answered(rtt time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recordLocked(true)
	if h.rtt == 0 {
		h.rtt = rtt
	} else {
		h.rtt += (rtt - h.rtt) / 4
	}
	h.missed = 0
}

// miss records a heartbeat without an answer. It returns the number of misses in a row, and whether
// the connection is dead.
func (h *heartbeat) miss() (inRow int, dead bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.missed == 0 {
		h.limit = h.gradeLocked().misses
	}
	h.missed++
	h.recordLocked(false)
	return h.missed, h.missed >= h.limit
}

// begin starts on a new connection.
func (h *heartbeat) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.missed = 0
}

// lost records that a connection broke.
func (h *heartbeat) lost() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.recordLocked(false)
}

// answerReceived records any other sign of life.
func (h *heartbeat) answerReceived() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.missed = 0
}
