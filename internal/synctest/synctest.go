package synctest

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// Test runs f in a bubble, as the function of testing/synctest does. Tests that run at the same
// time may call it.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	if raceDetector {
		oneProcessor.acquire()
		defer oneProcessor.release()
	}
	synctest.Test(t, f)
}

// Wait waits until every other goroutine of the bubble is blocked, as the function of
// testing/synctest does.
func Wait() { synctest.Wait() }

// oneProcessor is shared by the bubbles of tests that run at the same time.
var oneProcessor limit

// limit keeps the process on one processor while at least one test holds it.
type limit struct {
	mu      sync.Mutex
	holders int
	before  int // the number of processors without the limit
}

func (l *limit) acquire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holders == 0 {
		l.before = runtime.GOMAXPROCS(1)
	}
	l.holders++
}

func (l *limit) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holders--
	if l.holders == 0 {
		runtime.GOMAXPROCS(l.before)
	}
}
