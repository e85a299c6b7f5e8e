package sourcetest

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre/source"
)

var errScripted = errors.New("the script says so")

// reader is one source of a script.
type reader struct {
	script *Scripted
	tokens int           // wake-ups that were not taken yet; guarded by script.mu
	wake   chan struct{} // one slot: there are tokens
	teller source.ChangeDetector
}

func (s *Scripted) newReader() *reader {
	r := &reader{script: s, wake: make(chan struct{}, 1)}
	s.readers = append(s.readers, r)
	return r
}

// Reader returns another source of the same origin, with the same faults and an own memory of what it has told.
func (s *Scripted) Reader() source.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newReader()
}

// Name returns the name that the script was made with.
func (r *reader) Name() string { return r.script.name }

// Next is source.Source's.
func (r *reader) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		c, ok, err := r.script.read(ctx)
		if ctx.Err() != nil {
			r.script.lag()
			return source.Content{}, ctx.Err()
		}
		if ok {
			again := r.script.takeRepeat()
			if r.teller.Changed(prev, c.Revision, err) || again {
				return c, err
			}
		}
		if !r.block(ctx) {
			r.script.lag()
			return source.Content{}, ctx.Err()
		}
	}
}

// block waits for a wake-up, or for the time to look without one; it reports false if ctx ends.
func (r *reader) block(ctx context.Context) bool {
	var tick <-chan time.Time
	if every := r.script.reconcile(); every > 0 {
		timer := time.NewTimer(every)
		defer timer.Stop()
		tick = timer.C
	}
	select {
	case <-r.wake:
		r.script.mu.Lock()
		defer r.script.mu.Unlock()
		if r.tokens--; r.tokens > 0 {
			r.signal()
		}
		return true
	case <-tick:
		return true
	case <-ctx.Done():
		return false
	}
}

// signal says that there are tokens. script.mu is held.
func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close forgets what was told, so that the source is as new.
func (r *reader) Close() error {
	r.teller = source.ChangeDetector{}
	return nil
}

// Reusable marks the source as source.Reusable.
func (r *reader) Reusable() {}

// Receive is source.Acknowledger's: it notes what became of a content.
func (r *reader) Ack(rev source.Revision, rejected error) {
	r.script.mu.Lock()
	defer r.script.mu.Unlock()
	r.script.receipts = append(r.script.receipts, Receipt{Revision: rev, Rejected: rejected, At: time.Now()})
}

// Identity is source.Identifier's: "scripted://" and the name.
func (r *reader) Identity() string { return r.script.identity }

// Bare returns the same source without any ability.
func (s *Scripted) Bare() source.Source { return bare{s.reader} }

// AsFreshnessReporter returns the same source with the ability source.FreshnessReporter: it was proven when a read of it last succeeded, or as
// Prove said.
func (s *Scripted) AsFreshnessReporter() source.Source { return prover{s.reader} }

// AsLocal returns the same source marked as source.Local.
func (s *Scripted) AsLocal() source.Source { return local{s.reader} }

// Prove sets when the source was last proven to be the newest, for AsFreshnessReporter.
func (s *Scripted) Prove(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven = at
}

type bare struct{ r *reader }

func (b bare) Name() string { return b.r.Name() }
func (b bare) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return b.r.Next(ctx, prev)
}

type local struct{ *reader }

func (local) Local() {}

type prover struct{ *reader }

func (p prover) VerifiedAt() time.Time {
	p.script.mu.Lock()
	defer p.script.mu.Unlock()
	return p.script.proven
}

var (
	_ source.Source            = (*Scripted)(nil)
	_ source.Acknowledger      = (*Scripted)(nil)
	_ source.Identifier        = (*Scripted)(nil)
	_ source.Reusable          = (*Scripted)(nil)
	_ source.FreshnessReporter = prover{}
	_ source.Local             = local{}
)
