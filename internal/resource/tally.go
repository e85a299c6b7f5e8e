package resource

import "sync/atomic"

// tally counts who holds something. It begins with one holder, the owner; once there is none it stays so.
type tally struct {
	n    atomic.Int64
	zero chan struct{} // closed when the last has gone
}

func (t *tally) init() {
	t.n.Store(1)
	t.zero = make(chan struct{})
}

// add counts one more holder; false when the last has gone already.
func (t *tally) add() bool {
	for {
		n := t.n.Load()
		if n <= 0 {
			return false
		}
		if t.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (t *tally) done() {
	if t.n.Add(-1) == 0 {
		close(t.zero)
	}
}
