package guard

import "time"

// Breaker opens after too many bad changes within a window. The zero Breaker never opens.
type Breaker struct {
	// Max is how many bad changes within Window open the breaker; 0 means that it never opens.
	Max    int
	Window time.Duration

	bad  []time.Time
	open bool
}

// Bad counts a bad change and reports whether it opened the breaker.
func (b *Breaker) Bad(now time.Time) (opened bool) {
	if b.Max <= 0 || b.open {
		return false
	}
	kept := b.bad[:0]
	for _, at := range b.bad {
		if now.Sub(at) < b.Window {
			kept = append(kept, at)
		}
	}
	b.bad = append(kept, now)
	b.open = len(b.bad) >= b.Max
	return b.open
}

// Open reports whether the breaker is open, so that further changes should wait.
func (b *Breaker) Open() bool { return b.open }

// Reset closes the breaker and forgets all bad changes.
func (b *Breaker) Reset() { b.bad, b.open = nil, false }
