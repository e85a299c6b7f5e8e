package fakesource

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Always is the number for a fault that lasts until it is set to 0.
const Always = -1

// faults are the faults of a script. Guarded by Source.mu.
type faults struct {
	drop, double, corrupt, tear, repeat times
	hold                                bool
	held                                int
	every, delay, deaf                  time.Duration
	gate                                chan struct{} // closed when reads may continue; nil when they are not blocked
	panics                              []any
}

// times is how often a fault still happens.
type times int

func (t *times) take() bool {
	if *t > 0 {
		*t--
		return true
	}
	return *t < 0
}

// DropWakeups drops the wake-ups of the next n changes, or of all for Always. A Next that is
// blocked stays blocked until the next wake-up or the interval of Reconcile.
func (s *Source) DropWakeups(n int) { s.set(func(f *faults) { f.drop = times(n) }) }

// DoubleWakeups sends each wake-up of the next n changes twice.
func (s *Source) DoubleWakeups(n int) { s.set(func(f *faults) { f.double = times(n) }) }

// HoldWakeups holds wake-ups until ReleaseWakeups. A wake-up carries nothing, so wake-ups that are
// late are also out of order.
func (s *Source) HoldWakeups() { s.set(func(f *faults) { f.hold = true }) }

// ReleaseWakeups sends the wake-ups that are held.
func (s *Source) ReleaseWakeups() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.faults.held
	s.faults.hold, s.faults.held = false, 0
	s.wakeLocked(n)
}

// Wake sends a wake-up without a change.
func (s *Source) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakeLocked(1)
}

// Reconcile makes the source read at this interval, without a wake-up. The default, 0, is never.
func (s *Source) Reconcile(every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.every = every
	s.wakeLocked(1) // for a Next that is blocked
}

// Delay makes every read take this long. The default is 0.
func (s *Source) Delay(d time.Duration) { s.set(func(f *faults) { f.delay = d }) }

// BlockReads makes reads wait until the function that it returns is called, or their context ends.
func (s *Source) BlockReads() (release func()) {
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

// CorruptDigest makes the next n reads declare wrong digests.
func (s *Source) CorruptDigest(n int) { s.set(func(f *faults) { f.corrupt = times(n) }) }

// Tear makes the next n reads return the first half of each document's data, with the digest of the
// whole. A digest reveals the damage; without one, this is what a bad source does.
func (s *Source) Tear(n int) { s.set(func(f *faults) { f.tear = times(n) }) }

// Repeat breaks rule 2 of package source: the next n calls of Next return the content at once,
// changed or not.
func (s *Source) Repeat(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.repeat = times(n)
	s.wakeLocked(1)
}

// Panic makes the next read panic with that value. Several calls are for several reads.
func (s *Source) Panic(value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.panics = append(s.faults.panics, value)
	s.wakeLocked(1)
}

// Deafen breaks rule 6 of package source: Next returns only this long after its context has ended.
func (s *Source) Deafen(d time.Duration) { s.set(func(f *faults) { f.deaf = d }) }

func (s *Source) set(f func(*faults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.faults)
}

// sendLocked sends the wake-ups of one change.
func (s *Source) sendLocked() {
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

func (s *Source) wakeLocked(n int) {
	for _, r := range s.readers {
		if r.tokens += n; r.tokens > 0 {
			r.signal()
		}
	}
}

func (s *Source) reconcile() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.every
}

func (s *Source) takeRepeat() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.repeat.take()
}

// lag waits as long as Deafen says, after a context has ended.
func (s *Source) lag() {
	s.mu.Lock()
	d := s.faults.deaf
	s.mu.Unlock()
	if d > 0 {
		wait(nil, d)
	}
}

// read reads the origin. It reports false if there is no document.
func (s *Source) read(ctx context.Context) (c source.Content, ok bool, err error) {
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

// damageLocked applies the faults to a content. A damaged content has a revision of its own, so
// that the good one after it is a change.
func (s *Source) damageLocked(c source.Content) source.Content {
	if s.faults.tear.take() {
		for i, d := range c.Documents {
			c.Documents[i].Data = d.Data[:len(d.Data)/2]
		}
		c.Revision += "-torn"
	}
	if s.faults.corrupt.take() {
		for i, d := range c.Documents {
			if !d.Absent && d.Tree == nil {
				c.Documents[i].Digest = "sha256:" + strings.Repeat("0", 64)
			}
		}
		c.Revision += "-corrupt"
	}
	return c
}

// wait waits for done to be closed, for d at most.
func wait(done <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
