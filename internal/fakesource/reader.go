package fakesource

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre/source"
)

var errScripted = errors.New("the script says so")

// reader is one source of a script.
type reader struct {
	script *Source
	tokens int           // wake-ups that are pending; guarded by script.mu
	wake   chan struct{} // one slot: there are tokens
	teller source.ChangeDetector
}

func (s *Source) newReader() *reader {
	r := &reader{script: s, wake: make(chan struct{}, 1)}
	s.readers = append(s.readers, r)
	return r
}

// Reader returns another source of the same origin, with the same faults, which remembers for
// itself what it returned.
func (s *Source) Reader() source.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newReader()
}

// Name returns the name that the script was made with.
func (r *reader) Name() string { return r.script.name }

// Next returns the content or the error of the script; see source.Source.
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

// block waits for a wake-up or the interval of Reconcile. It reports false if ctx ends.
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

// signal says that there are tokens. script.mu must be held.
func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close forgets what the source returned, so that it is as new.
func (r *reader) Close() error {
	r.teller = source.ChangeDetector{}
	return nil
}

// Describe returns the identity "fake://NAME" and says that the source is reusable.
func (r *reader) Describe() source.Description {
	return source.Description{Identity: r.script.identity, Reusable: true}
}

// Ack records the call for Received.
func (r *reader) Ack(rev source.Revision, rejected error) {
	r.script.mu.Lock()
	defer r.script.mu.Unlock()
	r.script.receipts = append(r.script.receipts, Receipt{Revision: rev, Rejected: rejected, At: time.Now()})
}

// Bare returns the same source without abilities.
func (s *Source) Bare() source.Source { return bare{s.reader} }

// AsFreshnessReporter returns the same source with the ability source.FreshnessReporter: VerifiedAt
// is the time of the last successful read, or what Prove set.
func (s *Source) AsFreshnessReporter() source.Source { return prover{s.reader} }

// AsLocal returns the same source, which describes itself as Local.
func (s *Source) AsLocal() source.Source { return local{s.reader} }

// Prove sets the VerifiedAt of AsFreshnessReporter.
func (s *Source) Prove(at time.Time) {
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

func (l local) Describe() source.Description {
	d := l.reader.Describe()
	d.Local = true
	return d
}

type prover struct{ *reader }

func (p prover) VerifiedAt() time.Time {
	p.script.mu.Lock()
	defer p.script.mu.Unlock()
	return p.script.proven
}

var (
	_ source.Source            = (*Source)(nil)
	_ source.Acknowledger      = (*Source)(nil)
	_ source.Describer         = (*Source)(nil)
	_ source.FreshnessReporter = prover{}
)
