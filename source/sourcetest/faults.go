package sourcetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Always is the number of times for a fault that stays until it is set to 0.
const Always = -1

// faults are what goes wrong with a script. Guarded by Scripted.mu.
type faults struct {
	drop, double, corrupt, tear, repeat times
	hold                                bool
	held                                int
	every, delay, deaf                  time.Duration
	gate                                chan struct{} // closed when reads may go on; nil when they are not blocked
	panics                              []any
}

// times is how often something still happens.
type times int

func (t *times) take() bool {
	if *t > 0 {
		*t--
		return true
	}
	return *t < 0
}

// DropWakeups loses the wake-ups of the next n changes, or of all for Always. A source that is blocked then stays so until
// the next wake-up, or the next look if there is a Reconcile.
func (s *Scripted) DropWakeups(n int) { s.set(func(f *faults) { f.drop = times(n) }) }

// DoubleWakeups sends each wake-up of the next n changes twice.
func (s *Scripted) DoubleWakeups(n int) { s.set(func(f *faults) { f.double = times(n) }) }

// HoldWakeups keeps wake-ups back until ReleaseWakeups. Which change a wake-up was sent for means nothing to a
// level-triggered source, so that letting them go late is also letting them go in any order.
func (s *Scripted) HoldWakeups() { s.set(func(f *faults) { f.hold = true }) }

// ReleaseWakeups sends what was held back.
func (s *Scripted) ReleaseWakeups() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.faults.held
	s.faults.hold, s.faults.held = false, 0
	s.wakeLocked(n)
}

// Wake sends a wake-up although nothing has changed.
func (s *Scripted) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakeLocked(1)
}

// Reconcile has the source look by itself at this interval, wake-up or not; 0 is never, the default.
func (s *Scripted) Reconcile(every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.every = every
	s.wakeLocked(1) // so that a source that is blocked takes notice
}

// Delay has every read take this long; 0 is not at all, the default.
func (s *Scripted) Delay(d time.Duration) { s.set(func(f *faults) { f.delay = d }) }

// BlockReads has reads wait until the function that it returns is called, or their context ends.
func (s *Scripted) BlockReads() (release func()) {
	gate := make(chan struct{})
	s.set(func(f *faults) { f.gate = gate })
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		select {
		case <-gate:
		default:
			close(gate)
		}
		if s.faults.gate == gate {
			s.faults.gate = nil
		}
	}
}

// CorruptDigest has the next n reads declare digests that are not those of their data.
func (s *Scripted) CorruptDigest(n int) { s.set(func(f *faults) { f.corrupt = times(n) }) }

// Tear has the next n reads yield the first half of each document's data, under the digest of the whole. With
// documents of a digest that is damage that can be detected; without, it is what a bad source does.
func (s *Scripted) Tear(n int) { s.set(func(f *faults) { f.tear = times(n) }) }

// Repeat breaks rule 2: Next returns the next n times at once with what is there, news or not.
func (s *Scripted) Repeat(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.repeat = times(n)
	s.wakeLocked(1)
}

// Panic has the next read panic with that value; several calls, several reads.
func (s *Scripted) Panic(value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.panics = append(s.faults.panics, value)
	s.wakeLocked(1)
}

// Deafen breaks rule 6: Next returns only this long after its context has ended.
func (s *Scripted) Deafen(d time.Duration) { s.set(func(f *faults) { f.deaf = d }) }

func (s *Scripted) set(f func(*faults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.faults)
}

// sendLocked sends the wake-ups of one change. It must be called with mu held.
func (s *Scripted) sendLocked() {
	n := 1
	if s.faults.double.take() {
		n = 2
	}
	switch {
	case s.faults.drop.take():
	case s.faults.hold:
		s.faults.held += n
	default:
		s.wakeLocked(n)
	}
}

// wakeLocked must be called with mu held.
func (s *Scripted) wakeLocked(n int) {
	for _, r := range s.readers {
		if r.tokens += n; r.tokens > 0 {
			r.signal()
		}
	}
}

func (s *Scripted) reconcile() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.every
}

func (s *Scripted) takeRepeat() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.repeat.take()
}

// lag stays, after a context has ended, as long as Deafen said.
func (s *Scripted) lag() {
	s.mu.Lock()
	d := s.faults.deaf
	s.mu.Unlock()
	if d > 0 {
		pause(d)
	}
}

// read reads the origin; it reports false while there is nothing to tell.
func (s *Scripted) read(ctx context.Context) (c source.Content, ok bool, err error) {
	s.mu.Lock()
	gate, delay := s.faults.gate, s.faults.delay
	s.reads++
	s.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return c, false, nil
		}
	}
	if delay > 0 {
		wait(ctx.Done(), delay)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults.panics) > 0 {
		v := s.faults.panics[0]
		s.faults.panics = slices.Delete(s.faults.panics, 0, 1)
		panic(v)
	}
	switch {
	case ctx.Err() != nil:
		return c, false, nil
	case s.err != nil:
		return c, true, s.err
	case len(s.docs) == 0:
		return c, false, nil
	}
	s.proven = time.Now()
	return s.damageLocked(s.contentLocked()), true, nil
}

// damageLocked does to a content what the script says. A damaged content has a revision of its own, so that the good one is
// news after it.
func (s *Scripted) damageLocked(c source.Content) source.Content {
	if s.faults.tear.take() {
		for i, d := range c.Documents {
			c.Documents[i].Data = d.Data[:len(d.Data)/2]
		}
		c.Revision += "-torn"
	}
	if s.faults.corrupt.take() {
		for i, d := range c.Documents {
			if !d.Absent && d.Tree == nil {
				c.Documents[i].Digest = source.Digest{Algorithm: source.SHA256, Hex: strings.Repeat("0", 64)}
			}
		}
		c.Revision += "-corrupt"
	}
	return c
}
