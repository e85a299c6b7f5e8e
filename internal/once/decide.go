package once

import (
	"fmt"
	"time"
)

// relation returns that of the wanted version to the record. A version that both times of
// publication and the order in which this instance saw things say is newer, is newer. If they
// contradict each other, or say nothing, it is unknown.
func (m *Machine) relation() relation {
	if m.rec.State == New {
		return newer
	}
	if m.want.Sum == m.rec.Sum {
		return same
	}
	switch published := compare(m.want.Documents, m.rec.Documents); {
	case published == newer:
		return newer
	case published == unknown && m.changedSince():
		return newer
	case published == older && !m.changedSince():
		return older
	}
	return unknown
}

// changedSince reports whether the configuration of this instance has changed since the version of
// the record had its turn.
func (m *Machine) changedSince() bool { return m.wants > 1 && m.wantSeq > m.turnSeq }

// decide returns what to do without a claim and without a write.
func (m *Machine) decide(now time.Duration) Action {
	switch {
	case m.absent:
		m.phase = NoRecord
		return m.until(m.readAt)
	case m.bad:
		m.phase = BadRecord
		return m.until(m.readAt)
	case !m.have || m.wants == 0:
		m.phase = Starting
		return m.until(m.readAt)
	case now < m.blockedUntil:
		m.phase = Waiting
		return m.until(m.blockedUntil)
	}
	switch m.relation() {
	case same:
		return m.decideSame(now)
	case newer:
		return m.decideNewer(now, max(m.wantAt, m.recAt))
	case unknown:
		return m.decideUnknown(now)
	}
	m.phase = Superseded
	return m.until(m.readAt)
}

// decideSame is decide for the version of the record.
func (m *Machine) decideSame(now time.Duration) Action {
	m.phase = Waiting
	switch m.rec.State {
	case Done, Failed:
		m.phase = Settled
		return m.until(m.readAt)
	case Released:
		return m.claimAt(now, m.recAt+m.draw("released", spread))
	case Retry:
		if m.rec.Attempt >= m.Attempts {
			m.phase = Settled // this instance has a lower limit than the one that wrote the record
			return m.until(m.readAt)
		}
		wait := m.backoff(m.rec.Attempt)
		if m.rec.Holder == m.Holder {
			wait += wait / 2 // another instance may succeed where this one has failed
		}
		return m.claimAt(now, m.recAt+wait+m.draw("retry", spread+wait/4))
	}
	at := m.recAt + m.rec.takeOverAfter()
	if m.rec.Attempt < m.Attempts {
		return m.claimAt(now, at+m.draw("take over", spread))
	}
	if at += m.draw("give up", spread); now < at {
		return m.until(at)
	}
	reason := fmt.Sprintf("attempt %d has no outcome: its instance was killed, or did not reach the record", m.rec.Attempt)
	m.begin(now, m.rec.end(Failed, reason, m.Nonce()), m.rec, m.rev)
	return m.Next(now)
}

// decideNewer is decide for a version that may be claimed from a time on.
func (m *Machine) decideNewer(now, from time.Duration) Action {
	m.phase = Waiting
	if m.rec.State == Claimed {
		from = max(from, m.recAt+m.rec.takeOverAfter())
	}
	return m.claimAt(now, from+m.draw("newer", spread))
}

// decideUnknown is decide for a version of which this instance cannot tell whether it is newer.
func (m *Machine) decideUnknown(now time.Duration) Action {
	if m.rec.ran(m.want.Sum) && !m.changedSince() {
		m.phase = Superseded
		return m.until(m.readAt)
	}
	from := max(m.wantAt, m.recAt) + settle
	if now < from || m.Fresh() {
		return m.decideNewer(now, from)
	}
	m.phase = Waiting
	return m.until(now + settle/2)
}

// claimAt claims the wanted version at a time.
func (m *Machine) claimAt(now, at time.Duration) Action {
	if now < at {
		return m.until(at)
	}
	m.begin(now, m.claimOf(m.rec), m.rec, m.rev)
	return m.Next(now)
}

func (m *Machine) until(at time.Duration) Action {
	return Action{Op: Wait, At: min(at, m.readAt)}
}

// backoff returns the time between an attempt that has failed and the next one.
func (m *Machine) backoff(attempt int) time.Duration {
	wait := m.Backoff
	for ; attempt > 1 && wait < m.MaxBackoff; attempt-- {
		wait *= 2
	}
	return min(wait, m.MaxBackoff)
}

// draw returns a random delay below a limit. It is the same until the record, the version or the
// cause changes.
func (m *Machine) draw(cause string, limit time.Duration) time.Duration {
	cause += " " + m.rev + " " + m.want.Sum
	if m.drawn.cause != cause {
		m.drawn = draw{cause, time.Duration(m.Rand.Int64N(int64(limit) + 1))}
	}
	return m.drawn.delay
}

// Status is what an instance knows.
type Status struct {
	Phase   Phase
	Want    string // the version of the instance
	Record  Record
	HasOne  bool // Record was read
	Err     error
	Fenced  bool // the run continues though another instance has taken over
	Claimed Record
}

// Status returns what the instance knows.
func (m *Machine) Status() Status {
	s := Status{Phase: m.phase, Want: m.want.Sum, Record: m.rec, HasOne: m.have && !m.absent && !m.bad, Err: m.lastError}
	if s.Err == nil {
		s.Err = m.refusal
	}
	if m.claim != nil {
		s.Claimed, s.Fenced = m.claim.rec, m.claim.fenced
	}
	return s
}

// Unresolved returns the nonce of a write whose result the instance does not know; empty if there
// is none.
func (m *Machine) Unresolved() string {
	if m.write == nil {
		return ""
	}
	return m.write.next.Nonce
}
