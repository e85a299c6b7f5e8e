package nacos

import (
	"sync"
	"time"
)

// pulse measures the network by heartbeats, and says how often the next ones are due: see [Option]
// for the table. It outlives connections, since a network that keeps losing them is a bad one.
type heartbeat struct {
	mu     sync.Mutex
	last   [10]bool // whether the last heartbeats were answered, oldest overwritten first
	count  int
	rtt    time.Duration // smoothed
	missed int           // in a row, on this connection
	limit  int           // of misses, as it was at the first of them
}

// grade is a row of the table.
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

func (p *heartbeat) grade() grade {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gradeLocked()
}

func (p *heartbeat) gradeLocked() grade {
	lost := 0
	for _, answered := range p.last[:min(p.count, len(p.last))] {
		if !answered {
			lost++
		}
	}
	switch {
	case lost >= 2 || p.rtt > time.Second:
		return bad
	case lost == 0 && p.rtt < 100*time.Millisecond:
		return good
	}
	return fair
}

func (p *heartbeat) note(answered bool) {
	p.last[p.count%len(p.last)] = answered
	p.count++
	if p.count == 2*len(p.last) { // keep the index without growing
		p.count = len(p.last)
	}
}

// answered notes a heartbeat that was.
func (p *heartbeat) answered(rtt time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(true)
	if p.rtt == 0 {
		p.rtt = rtt
	} else {
		p.rtt += (rtt - p.rtt) / 4
	}
	p.missed = 0
}

// miss notes a heartbeat that was not answered, and reports how many these are in a row and whether
// the connection is dead.
func (p *heartbeat) miss() (inRow int, dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missed == 0 {
		p.limit = p.gradeLocked().misses
	}
	p.missed++
	p.note(false)
	return p.missed, p.missed >= p.limit
}

// begin starts on a new connection.
func (p *heartbeat) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed = 0
}

// lost notes that a connection broke.
func (p *heartbeat) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(false)
}

// heard notes any other sign of life.
func (p *heartbeat) answerReceived() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed = 0
}
