package once

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Loaded reports the result of a Load.
func (m *Machine) Loaded(now time.Duration, data []byte, rev string, err error) {
	rec := m.rec
	if err == nil && (!m.have || rev != m.rev) {
		if rec, err = Parse(data); err == nil && rec.Hook != m.Hook {
			err = fmt.Errorf("record belongs to another hook")
		}
		if err != nil {
			m.bad, m.absent = true, false
			m.lost(now, err)
			return
		}
	}
	switch {
	case source.KindOf(err) == source.NotFound:
		m.absent, m.bad = true, false
		m.lost(now, err)
	case err != nil:
		m.lastError = err
		m.readAt = now + m.jitter(m.retry(firstRetry, lastRetry))
	default:
		m.retries, m.lastError = 0, nil
		m.readAt = now + m.jitter(lookEvery)
		m.absent, m.bad = false, false
		m.accept(now, rec, rev)
		if m.write != nil {
			m.resolve(now, rec, rev)
		}
	}
}

// lost handles a record that does not exist or is not one. To swap it would create it, or destroy
// what it is. So what was begun waits until the record is there.
func (m *Machine) lost(now time.Duration, err error) {
	m.lastError = err
	m.readAt = now + m.jitter(lastRetry)
	m.have = false
}

// accept takes a record that was read as the newest, unless it is older than what this instance has
// seen. It takes an older one too, if all reads are older for as long as a claim lasts: then the
// store has lost writes.
func (m *Machine) accept(now time.Duration, rec Record, rev string) {
	if m.have && rec.order() < m.rec.order() {
		if !m.back {
			m.back, m.backAt = true, now
		}
		if now-m.backAt < max(m.rec.takeOverAfter(), settle) {
			m.readAt = now + m.jitter(lastRetry)
			return
		}
	}
	m.back = false
	if m.have && rev == m.rev {
		return
	}
	m.take(now, rec, rev)
}

// take makes a record the newest.
func (m *Machine) take(now time.Duration, rec Record, rev string) {
	if !m.have || rec.Turn != m.rec.Turn || rec.Sum != m.rec.Sum {
		m.seq++
		m.turnSeq = m.seq
	}
	m.rec, m.rev, m.recAt, m.have, m.back = rec, rev, now, true, false
	m.tokens = max(m.tokens, rec.Token)
}

// resolve decides by a record that was read what became of a write.
func (m *Machine) resolve(now time.Duration, rec Record, rev string) {
	w := m.write
	switch {
	case rec.Nonce == w.next.Nonce:
		m.written(now, rev)
	case rec.order() > w.order:
		m.write = nil // another instance was first, or has followed
		m.replaced(rec, w.next)
	case m.rec.order() < w.order:
		// The store has lost what the write replaces, and it never comes back.
		m.write, m.claim = nil, nil
		m.lastError = fmt.Errorf("store has lost the record with token %d", w.order/2)
	default:
		// The record is the one that the write replaces, or an older one: the write was not
		// applied, or the read does not show it yet. The same bytes again cannot do harm.
		w.send = true
		if rec.Nonce == w.replaces {
			w.prior = rev // a store may give the same record another revision
		}
	}
}

// replaced handles a write that the record does not show, or no longer.
func (m *Machine) replaced(rec, next Record) {
	if m.claim == nil {
		return
	}
	if !rec.wrote(next.Nonce) {
		m.lastError = takenOver(m.claim.rec)
	}
	m.claim = nil
}

func takenOver(from Record) error {
	return fmt.Errorf("another instance has taken over from token %d", from.Token)
}

// Swapped reports the result of a Swap.
func (m *Machine) Swapped(now time.Duration, rev string, err error) {
	w := m.write
	if w == nil {
		return
	}
	if err == nil {
		m.written(now, rev)
		return
	}
	if kind := source.KindOf(err); w.doubtful == 0 && (kind == source.PermissionDenied || kind == source.InvalidArgument) {
		m.refusal = err
		m.blockedUntil = now + m.jitter(refusedFor)
		m.readAt = m.blockedUntil
		if m.claim == nil { // a claim can wait; the end of one is tried again
			m.write = nil
		}
		return
	}
	if source.KindOf(err) != source.Conflict {
		m.lastError = err
	}
	m.readAt = now + m.jitter(min(firstDoubt<<min(w.doubtful, 10), lastDoubt))
	w.doubtful++
}

// written handles a write that the record has.
func (m *Machine) written(now time.Duration, rev string) {
	w := m.write
	m.write, m.retries, m.refusal = nil, 0, nil
	if !m.have || w.next.order() >= m.rec.order() {
		m.take(now, w.next, rev)
	}
	if w.next.State == Claimed {
		m.claim = &claim{rec: w.next, rev: rev, begun: w.begun}
		return
	}
	m.claim = nil
}

func (m *Machine) retry(first, last time.Duration) time.Duration {
	wait := first << min(m.retries, 10)
	m.retries++
	return min(wait, last)
}

func (m *Machine) jitter(d time.Duration) time.Duration {
	return d - time.Duration(m.Rand.Int64N(int64(d)/5+1))
}
