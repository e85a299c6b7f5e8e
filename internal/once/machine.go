package once

import (
	"math/rand/v2"
	"time"
)

// maxTerm is the longest term of a run.
const maxTerm = 24 * time.Hour

// The times of a machine, besides the term.
const (
	// settle is how long an instance waits before it claims a version of which it cannot tell
	// whether it is newer than that of the record: for its configuration to catch up.
	settle = time.Minute
	// spread is the time over which the instances of a fleet spread their claims.
	spread = 2 * time.Second
	// lookEvery is how often a record is read that did not change.
	lookEvery = 5 * time.Minute
	// A swap without a clear answer is followed by a read, since reads lag writes.
	firstDoubt, lastDoubt = 250 * time.Millisecond, 10 * time.Second
	firstRetry, lastRetry = time.Second, 30 * time.Second
	// refusedFor is how long an instance that may not write does not try again.
	refusedFor = time.Minute
)

// Settings are those of a machine. All fields are required.
type Settings struct {
	Hook   string
	Holder string // shown to people
	Term   time.Duration
	// Attempts is how often a version may be tried, and Backoff the time before the second attempt,
	// which doubles.
	Attempts   int
	Backoff    time.Duration
	MaxBackoff time.Duration
	// Fresh reports whether the configuration of the instance is surely that of its origins.
	Fresh func() bool
	Nonce func() string
	Rand  *rand.Rand
}

// Op is what a driver has to do.
type Op uint8

// The operations of a driver.
const (
	Wait   Op = iota // until Action.At, a change of the record or of the configuration, or the end of a run
	Load             // read the record; then call Loaded
	Swap             // write Action.Data if the record is still Action.Prior; then call Swapped
	Run              // start the hook; when it has returned, call Ended
	Cancel           // cancel the run; then call Next again
)

// Never is the time of a Wait without an end.
const Never = time.Duration(1<<63 - 1)

// Action is what a driver has to do next.
type Action struct {
	Op    Op
	At    time.Duration // of Wait; of Run, the time at which the term is over
	Prior string
	Data  []byte
	// Claim is that of Run.
	Claim Record
}

// Phase is what an instance does, or why it does nothing.
type Phase string

// The phases of an instance.
const (
	Starting   Phase = "starting"   // no version, or the record was not read yet
	NoRecord   Phase = "no record"  // an operator has to create it
	BadRecord  Phase = "bad record" // it is not the record of this hook
	Waiting    Phase = "waiting"    // for another instance, or for its turn
	Running    Phase = "running"    // this instance runs the hook
	Settled    Phase = "settled"    // the version is done, or has failed
	Superseded Phase = "superseded" // the record has a newer version than this instance
)

// Machine decides for one hook in one instance.
type Machine struct {
	Settings

	want      Version
	wantAt    time.Duration
	wantSeq   int // see seq
	wants     int // versions so far
	stopped   bool
	phase     Phase
	lastError error

	// seq counts what the instance learned: wantSeq is that of its version, turnSeq that of the
	// first record of the turn.
	seq int
	// rec is the newest record that was read or written, rev its revision, and recAt when this
	// instance had it first.
	rec     Record
	rev     string
	recAt   time.Duration
	turnSeq int
	have    bool
	bad     bool
	absent  bool
	// back is the record of a read that is older than rec, and backAt since when all reads are.
	back   bool
	backAt time.Duration

	tokens  int64 // the highest token that was seen
	readAt  time.Duration
	retries int // reads or swaps without success
	// blockedUntil is when this instance may try to write again after the store has refused it.
	blockedUntil time.Duration
	refusal      error // of the last write, if the store has refused it

	write *write
	claim *claim
	drawn draw
}

// write is a swap whose result is not known yet. It is never given up: its bytes are written again
// until the record shows what became of them.
type write struct {
	next     Record
	data     []byte
	prior    string
	replaces string // the nonce of the record that it replaces
	order    int64  // of that record
	begun    time.Duration
	send     bool // now; otherwise the record is read first
	doubtful int  // answers that were not clear
}

// claim is a claim of this instance that has no end yet.
type claim struct {
	rec     Record
	rev     string
	begun   time.Duration // when the first swap was sent; the term counts from here
	started bool
	fenced  bool // another instance has replaced it
	ended   *end
}

type end struct {
	state  State
	reason string
}

// draw is a random delay, which stays the same while it has the same cause.
type draw struct {
	cause string
	delay time.Duration
}

// NewMachine returns a machine that has no version yet.
func NewMachine(s Settings) *Machine {
	s.Term = s.Term.Truncate(time.Millisecond)
	return &Machine{Settings: s, phase: Starting}
}

// Want sets the version of the instance's configuration.
func (m *Machine) Want(now time.Duration, v Version) {
	if m.wants > 0 && m.want.Sum == v.Sum {
		m.want.Documents = v.Documents
		return
	}
	m.seq++
	m.want, m.wantAt, m.wantSeq = v, now, m.seq
	m.wants++
}

// Look makes the machine read the record now, because it may have changed.
func (m *Machine) Look(now time.Duration) { m.readAt = min(m.readAt, now) }

// Stop makes the machine begin nothing more. It finishes what it has begun.
func (m *Machine) Stop() { m.stopped = true }

// Idle reports whether a stopped machine has nothing to finish.
func (m *Machine) Idle() bool { return m.write == nil && m.claim == nil }

// Ended reports that a run has returned.
func (m *Machine) Ended(state State, reason string) {
	if m.claim == nil || !m.claim.started {
		return
	}
	if state == Retry && m.claim.rec.Attempt >= m.Attempts {
		state = Failed
	}
	m.claim.ended = &end{state, reason}
}

// Next returns what to do.
func (m *Machine) Next(now time.Duration) Action {
	switch {
	case m.write != nil && m.write.send:
		m.write.send = false
		return Action{Op: Swap, Prior: m.write.prior, Data: m.write.data}
	case now >= m.readAt && !(m.stopped && m.Idle()):
		return Action{Op: Load}
	case m.write != nil:
		return Action{Op: Wait, At: m.readAt}
	case m.claim != nil:
		return m.hold(now)
	case m.stopped:
		return Action{Op: Wait, At: Never}
	}
	return m.decide(now)
}

// hold returns what to do with a claim.
func (m *Machine) hold(now time.Duration) Action {
	c := m.claim
	switch {
	case c.ended != nil && (c.fenced || m.taken(c)):
		m.claim = nil
		return m.Next(now)
	case !m.have && (c.ended != nil || !c.started):
		return Action{Op: Wait, At: m.readAt}
	case c.ended != nil:
		m.begin(now, c.rec.end(c.ended.state, c.ended.reason, m.Nonce()), c.rec, c.rev)
		return m.Next(now)
	case !c.started && m.taken(c):
		m.claim = nil
		m.lastError = takenOver(c.rec)
		return m.Next(now)
	case !c.started && m.stopped:
		m.claim = nil
		m.begin(now, c.rec.end(Released, "", m.Nonce()), c.rec, c.rev)
		return m.Next(now)
	case !c.started && (now-c.begun > m.Term/4 || m.relation() == newer):
		// It took too long to learn that the claim was made, or there is a newer version.
		m.claim = nil
		again := c.rec
		again.Attempt--
		m.begin(now, m.claimOf(again), c.rec, c.rev)
		return m.Next(now)
	case !c.started:
		c.started, m.phase = true, Running
		return Action{Op: Run, At: c.begun + m.Term, Claim: c.rec}
	case m.taken(c) && !c.fenced:
		c.fenced = true
		m.lastError = takenOver(c.rec)
		return Action{Op: Cancel}
	case c.fenced && m.have:
		m.phase = Waiting // the run continues; the fleet does not wait for it
		if m.want.Sum == m.rec.Sum && (m.rec.State == Done || m.rec.State == Failed) {
			m.phase = Settled
		}
	}
	return Action{Op: Wait, At: m.readAt}
}

// taken reports whether the newest record shows that another instance has replaced a claim. Two
// claims have one token only if the store has lost one of them.
func (m *Machine) taken(c *claim) bool {
	return m.have && (m.rec.order() > c.rec.order() || m.rec.order() == c.rec.order() && m.rec.Nonce != c.rec.Nonce)
}

// claimOf returns the claim of the wanted version that replaces a record.
func (m *Machine) claimOf(r Record) Record {
	return r.claim(m.want, max(m.tokens, r.Token)+1, m.Holder, m.Nonce(), m.Term)
}

// begin starts a write that replaces a record.
func (m *Machine) begin(now time.Duration, next, prior Record, rev string) {
	m.write = &write{next: next, data: next.Bytes(), prior: rev, replaces: prior.Nonce, order: prior.order(), begun: now, send: true}
	m.tokens = max(m.tokens, next.Token)
	m.retries = 0
}
