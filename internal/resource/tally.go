package resource

import "sync/atomic"

// tally counts the holders of something. It begins with one, the owner; once it is zero it stays
// zero.
type tally struct {
	n    atomic.Int64
	zero chan struct{} // closed when the count reaches zero
}

func (t *tally) init() {
	t.n.Store(1)
	t.zero = make(chan struct{})
}

// add counts one more holder. It reports false if the count was zero.
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
