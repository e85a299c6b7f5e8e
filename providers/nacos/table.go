package nacos

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// table is the listen table: every key that a source of the session has declared, once.
//
// A key goes listen → read → wake. A new connection has no registrations. When the server has
// answered the listen of a key, the session reads the key if the server reported a difference, or
// if it was stale already. A key that becomes stale during its read is read again, so that no
// change is lost.
type table struct {
	timings timings

	mu              sync.Mutex
	entries         map[Key]*entry
	queue           []*entry
	pendingListen   map[*entry]struct{} // to register, or to report what was applied
	pendingUnlisten map[Key]*entry      // without a source, but maybe still registered
	watches         map[watchKey]*watch
	cancelled       []*watch // that a server may still follow
	offlineErr      error    // why the session is disconnected
	closed          bool

	ready  chan struct{} // signals that the queue is not empty
	flush  chan struct{} // signals that something pending is due
	report chan struct{} // signals that something pending is due soon
	follow chan struct{} // signals a watch that is due
}

func newTable(t timings) *table {
	return &table{
		timings: t, entries: map[Key]*entry{}, pendingListen: map[*entry]struct{}{}, pendingUnlisten: map[Key]*entry{}, watches: map[watchKey]*watch{},
		ready: make(chan struct{}, 1), flush: make(chan struct{}, 1), report: make(chan struct{}, 1), follow: make(chan struct{}, 1),
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// add declares a key for a source.
func (t *table) add(k Key, s *configSource) *entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[k]
	if e == nil {
		e = &entry{key: k, changed: make(chan struct{}), stale: true, asked: t.pendingUnlisten[k] != nil}
		t.entries[k] = e
		delete(t.pendingUnlisten, k)
		t.pendingListen[e] = struct{}{}
		signal(t.flush)
	}
	e.sources = append(e.sources, holder{source: s})
	return e
}

// remove removes a source's declaration; the last one removes the key.
func (t *table) remove(e *entry, s *configSource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	applied := e.appliedLocked()
	e.sources = slices.DeleteFunc(e.sources, func(h holder) bool { return h.source == s })
	e.wakeLocked() // s may be waiting
	switch {
	case t.entries[e.key] != e:
		return
	case len(e.sources) > 0:
		if e.appliedLocked() != applied { // only s had not applied it
			t.pendingListen[e] = struct{}{}
			signal(t.report)
		}
		return
	}
	e.stopRetryLocked()
	delete(t.entries, e.key)
	delete(t.pendingListen, e)
	if e.asked {
		t.pendingUnlisten[e.key] = e
		signal(t.flush)
	}
}

// acknowledge records what a source has applied. The report to the server follows a little later,
// so that one message has many.
func (t *table) acknowledge(e *entry, s *configSource, md5 string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := e.holderLocked(s)
	if h == nil || h.applied == md5 {
		return
	}
	h.applied = md5
	t.pendingListen[e] = struct{}{}
	signal(t.report)
}

// markStale records that a key may have changed. It reports whether the table has the key.
func (t *table) markStale(k Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[k]
	if e == nil {
		return false
	}
	e.readFailures, e.emptyReads = 0, 0 // earlier failures do not delay a new content
	t.markStaleLocked(e)
	return true
}

func (t *table) markStaleLocked(e *entry) {
	e.stale = true
	if !e.registered || e.inFlight || t.entries[e.key] != e || t.closed {
		return
	}
	e.stopRetryLocked()
	e.inFlight = true
	t.queue = append(t.queue, e)
	signal(t.ready)
}

// maxTyped is how many keys a reconcile reads for their types.
const maxTyped = 100

// readTypes reads keys whose format follows from their type. A publish that changes the type alone
// leaves the md5 as it is, so the server neither pushes it nor tells it when the keys are compared.
func (t *table) readTypes() {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := maxTyped
	for _, e := range t.entries { // in another order each time
		if left > 0 && !e.stale && !e.inFlight && e.registered && e.typedLocked() {
			left--
			e.retype = true
			t.markStaleLocked(e)
		}
	}
}

// next waits for a key to read, which the caller must pass to done or requeue. failures is the
// number of failed reads in a row. Without a key the context has ended.
func (t *table) next(ctx context.Context) (e *entry, failures int, alive bool) {
	for {
		select {
		case <-ctx.Done():
			return nil, 0, false
		case <-t.ready:
		}
		if e, failures := t.pop(); e != nil {
			return e, failures, ctx.Err() == nil
		}
	}
}

func (t *table) pop() (*entry, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 {
		e := t.queue[0]
		t.queue[0] = nil
		t.queue = t.queue[1:]
		if len(t.queue) > 0 {
			signal(t.ready)
		}
		if t.entries[e.key] == e {
			e.stale = false
			return e, int(e.readFailures)
		}
	}
	return nil, 0
}

// maxEmptyReads is the number of reads in a row without a change after which only the reconcile
// reads the key: a server that reports changes and has none must not cause an endless loop.
const maxEmptyReads = 3

// done takes the result of a read that was sent at the given time. It reports whether the config
// has changed. err is why the read failed.
func (t *table) done(e *entry, d *doc, err error, c *conn, asked time.Time) (differs bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.inFlight = false
	retype := e.retype
	e.retype = false
	if t.entries[e.key] != e {
		return false
	}
	if err == nil {
		e.readFailures = 0
		e.notOlderLocked()
		e.agreeLocked(d)
		differs = e.doc == nil || e.doc.revision != d.revision
		if differs {
			if e.doc != nil && !e.doc.absent {
				e.pastLocked().replaced = e.doc.stamp()
			}
			e.emptyReads = 0
		} else {
			d = e.doc.again(d)
			if t.settled(c, asked) {
				d = d.on(c.number)
			}
			if e.emptyReads < maxEmptyReads && !retype {
				// A push without a change: a listen finds out whether the read was too early.
				e.emptyReads++
				t.pendingListen[e] = struct{}{}
				signal(t.report)
			}
		}
		otherType := !differs && e.doc.contentType != d.contentType
		e.doc = d
		if differs || otherType || e.err != nil {
			e.err = nil
			e.wakeLocked()
		}
		if e.provenAt.Before(asked) {
			e.provenAt = asked
		}
		if e.stale {
			t.markStaleLocked(e)
		}
		return differs
	}
	if e.stale { // pushed meanwhile: retry now
		t.markStaleLocked(e)
		return false
	}
	e.stale = true
	e.readFailures++
	if t.closed {
		return false
	}
	if int(e.readFailures) >= lasting(err) && !same(e.err, err) {
		e.err = err
		e.wakeLocked()
	}
	e.stopRetryLocked()
	delay := t.timings.retryDelay(int(e.readFailures) - 1)
	if errors.Is(err, StaleContent) {
		delay = min(delay, olderEvery)
	}
	e.retry = time.AfterFunc(delay, func() { t.retryNow(e) })
	return false
}

// retryNow is the end of a retry delay.
func (t *table) retryNow(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.stale {
		t.markStaleLocked(e)
	}
}

// requeue returns a key that could not be read because the connection ended.
func (t *table) requeue(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.inFlight, e.stale = false, true
	if e.registered { // a new connection has registered it already
		t.markStaleLocked(e)
	}
}

// offline resets everything that depends on the connection.
func (t *table) offline() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.queue {
		if e != nil {
			e.inFlight, e.stale = false, true
		}
	}
	t.queue = nil
	clear(t.pendingUnlisten)
	for _, e := range t.entries {
		e.asked, e.registered = false, false // rejected stays: the next server rejects the key too
		e.notOlderLocked()                   // without reads there is no evidence that it stays older
		e.readFailures = 0
		e.stopRetryLocked()
		t.pendingListen[e] = struct{}{}
	}
	t.watchesOfflineLocked()
}

// setOffline sets why the session is disconnected; nil means that it is connected. It wakes all
// sources, also those whose state does not change.
func (t *table) setOffline(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same(t.offlineErr, err) {
		return
	}
	t.offlineErr = err
	for _, e := range t.entries {
		e.wakeLocked()
	}
	for _, w := range t.watches {
		w.wakeLocked()
	}
}

// look returns what a source sees: an error of the connection takes precedence over that of the
// key, and neither hides what was read before.
func (t *table) look(e *entry, s *configSource) (d *doc, changed <-chan struct{}, open bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err = t.offlineErr; err == nil {
		err = e.err
	}
	return e.doc, e.changed, e.holderLocked(s) != nil, err
}

func (t *table) provenAt(e *entry) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return e.provenAt
}

// close stops the timers and all reads.
func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, e := range t.entries {
		e.stopRetryLocked()
	}
}

// same reports whether two errors have the same text.
func same(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}

func (t *table) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}
