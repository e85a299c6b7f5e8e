package notify

import "sync/atomic"

// turn lets one goroutine at a time call functions of a subscriber. It is a mutex, but for two
// things: at most one goroutine waits for it, and it waits on a channel, which tests with fake time
// can see.
type turn struct {
	state atomic.Int32 // free, taken or awaited
	free  chan struct{}
}

const (
	free = iota
	taken
	awaited // taken, and a goroutine waits
)

func newTurn() turn { return turn{free: make(chan struct{}, 1)} }

// try takes the turn if it is free.
func (t *turn) try() bool { return t.state.CompareAndSwap(free, taken) }

// lock takes the turn when it is free. Only the goroutine of the subscriber calls it.
func (t *turn) lock() {
	for !t.try() {
		if t.state.CompareAndSwap(taken, awaited) {
			<-t.free
		}
	}
}

func (t *turn) unlock() {
	if t.state.Swap(free) == awaited {
		t.free <- struct{}{}
	}
}
