package nacossdk

import (
	"sync"
	"time"
)

// Many configs of one client share what the server has to bear: their reads are at most so many a
// second while nothing changes, and while the server fails, few of them try it.
const (
	readsEach    = time.Second / 20 // between two reads of unchanged configs: at most 20 a second
	failuresGate = 3                // failed reads in a row, of any configs, after which all wait
	longestGate  = 30 * time.Second
)

// gate keeps the reads of all configs of a client back while the server fails.
type gate struct {
	mu       sync.Mutex
	failures int       // in a row, of all configs
	opens    time.Time // until then no read is tried
	err      error     // why
}

// check returns why a read must not be tried now, or nil.
func (g *gate) check() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.opens) {
		return g.err
	}
	return nil
}

// wait returns how long it is closed.
func (g *gate) wait() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.opens)
}

// took takes the result of a read that was tried. err is nil, or why the server does not work.
// longest limits how long the gate is closed.
func (g *gate) took(err error, longest time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.failures, g.opens, g.err = 0, time.Time{}, nil
		return
	}
	if now := time.Now(); !now.Before(g.opens) { // of the reads that fail together, the first one counts
		g.failures++
		if n := g.failures - failuresGate; n >= 0 {
			g.opens, g.err = now.Add(min(retryDelay<<min(n, 10), longestGate, longest)), err
		}
	}
}
