package fakenacos

import (
	"sync"
	"time"
)

// timers runs functions later, and can stop all of them and wait for them.
type timers struct {
	mu      sync.Mutex
	stopped bool
	pending map[*time.Timer]struct{}
	wg      sync.WaitGroup
}

func newTimers() *timers { return &timers{pending: map[*time.Timer]struct{}{}} }

// after calls f in its own goroutine after d, unless stop or the returned function is called first.
func (t *timers) after(d time.Duration, f func()) (cancel func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return func() {}
	}
	t.wg.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer t.wg.Done()
		t.mu.Lock()
		delete(t.pending, timer)
		stopped := t.stopped
		t.mu.Unlock()
		if !stopped {
			f()
		}
	})
	t.pending[timer] = struct{}{}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.drop(timer)
	}
}

func (t *timers) drop(timer *time.Timer) {
	if _, ok := t.pending[timer]; ok && timer.Stop() {
		delete(t.pending, timer)
		t.wg.Done()
	}
}

func (t *timers) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	for timer := range t.pending {
		t.drop(timer)
	}
}

func (t *timers) wait() { t.wg.Wait() }
