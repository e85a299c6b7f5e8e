package nacos

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// table is the listen table: every key that a source of this session has declared, once.
//
// A key goes listen → read → wake. On a new connection nothing is listened to; once the listen of a
// key has been answered, it is read if the server said that it differs, or if it was stale anyway.
// What makes a key stale while it is being read makes it be read again, so that no change falls
// between.
type table struct {
	timings timings

	mu              sync.Mutex
	entries         map[Key]*entry
	queue           []*entry
	pendingListen   map[*entry]struct{} // to be listened to, or told what was applied
	pendingUnlisten map[Key]*entry      // given up, and the server may have them registered still
	offlineErr      error               // why there is no connection
	closed          bool

	ready chan struct{} // there is something in the queue
	flush chan struct{} // there is something in todo or gone that is due
	tell  chan struct{} // there is something in todo that can wait a little
}

func newTable(t timings) *table {
	return &table{
		timings: t, entries: map[Key]*entry{}, pendingListen: map[*entry]struct{}{}, pendingUnlisten: map[Key]*entry{},
		ready: make(chan struct{}, 1), flush: make(chan struct{}, 1), tell: make(chan struct{}, 1),
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// add declares a key for a source.
func (t *table) add(k Key, s *Source) *entry {
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

// remove takes a source's declaration back; with the last one the key goes.
func (t *table) remove(e *entry, s *Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	applied := e.applied()
	e.sources = slices.DeleteFunc(e.sources, func(h holder) bool { return h.source == s })
	e.wake() // s is waiting
	switch {
	case t.entries[e.key] != e:
		return
	case len(e.sources) > 0:
		if e.applied() != applied { // it was s alone that had not
			t.pendingListen[e] = struct{}{}
			signal(t.tell)
		}
		return
	}
	e.stopRetry()
	delete(t.entries, e.key)
	delete(t.pendingListen, e)
	if e.asked {
		t.pendingUnlisten[e.key] = e
		signal(t.flush)
	}
}

// receive notes what a source has applied. The server is told a little later, so that many go in
// one message.
func (t *table) receive(e *entry, s *Source, md5 string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := e.holder(s)
	if h == nil || h.applied == md5 {
		return
	}
	h.applied = md5
	t.pendingListen[e] = struct{}{}
	signal(t.tell)
}

// mark says that a key may have changed. It reports whether there is such a key.
func (t *table) markStale(k Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entries[k]
	if e == nil {
		return false
	}
	e.readFailures, e.emptyReads = 0, 0 // what is new need not wait for what went wrong before
	t.markStaleLocked(e)
	return true
}

func (t *table) markStaleLocked(e *entry) {
	e.stale = true
	if !e.registered || e.inFlight || t.entries[e.key] != e || t.closed {
		return
	}
	e.stopRetry()
	e.inFlight = true
	t.queue = append(t.queue, e)
	signal(t.ready)
}

// next waits for a key to read, which the caller must give to done or giveBack, and says how many
// reads of it in a row went wrong. Without a key the context has ended.
func (t *table) next(ctx context.Context) (e *entry, tries int, alive bool) {
	for {
		select {
		case <-ctx.Done():
			return nil, 0, false
		case <-t.ready:
		}
		if e, tries := t.pop(); e != nil {
			return e, tries, ctx.Err() == nil
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

// maxVain is how many reads in a row may find nothing new before only the reconcile asks again: a
// server that says "changed" and has nothing else to give must not be read in a circle.
const maxVain = 3

// done takes the result of a read that was asked for at the given time. It reports whether the
// config differs from what it was, and why it could not be read.
func (t *table) done(e *entry, d *doc, err error, c *conn, asked time.Time) (differs bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.inFlight = false
	if t.entries[e.key] != e {
		return false
	}
	if err == nil {
		e.readFailures = 0
		e.notOlder()
		differs = e.doc == nil || e.doc.revision != d.revision
		if differs {
			if e.doc != nil && !e.doc.absent {
				e.remember().replaced = e.doc.stamp()
			}
			e.emptyReads = 0
		} else {
			d = e.doc.again(d)
			if t.settled(c, asked) {
				d = d.on(c.number)
			}
			if e.emptyReads < maxVain {
				// Pushed, and nothing has changed: a listen will tell whether it was read too
				// early.
				e.emptyReads++
				t.pendingListen[e] = struct{}{}
				signal(t.tell)
			}
		}
		retyped := !differs && e.doc.contentType != d.contentType
		e.doc = d
		if differs || retyped || e.err != nil {
			e.err = nil
			e.wake()
		}
		if e.provenAt.Before(asked) {
			e.provenAt = asked
		}
		if e.stale {
			t.markStaleLocked(e)
		}
		return differs
	}
	if e.stale { // pushed meanwhile: it is worth trying now
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
		e.wake()
	}
	e.stopRetry()
	delay := t.timings.retryDelay(int(e.readFailures) - 1)
	if errors.Is(err, StaleContent) {
		delay = min(delay, olderEvery)
	}
	e.retry = time.AfterFunc(delay, func() { t.retryNow(e) })
	return false
}

// again is a retry whose time has come.
func (t *table) retryNow(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.stale {
		t.markStaleLocked(e)
	}
}

// giveBack returns a key that could not be read because the connection went.
func (t *table) requeue(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.inFlight, e.stale = false, true
	if e.registered { // on a new connection already
		t.markStaleLocked(e)
	}
}

// offline forgets what hangs on a connection.
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
		e.asked, e.registered = false, false // and refused stays: what is wrong with a key is so for the next server too
		e.notOlder()                         // while nothing can be read, nothing shows that it stays so
		e.readFailures = 0
		e.stopRetry()
		t.pendingListen[e] = struct{}{}
	}
}

// setTrouble says why there is no connection, or with nil that there is one. A source whose state
// is no other for it is woken in vain, which costs a look.
func (t *table) setOffline(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same(t.offlineErr, err) {
		return
	}
	t.offlineErr = err
	for _, e := range t.entries {
		e.wake()
	}
}

// look returns what a source sees: the trouble with the connection goes before that with the key,
// and both stand beside what was read before.
func (t *table) look(e *entry, by *Source) (d *doc, changed <-chan struct{}, open bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err = t.offlineErr; err == nil {
		err = e.err
	}
	return e.doc, e.changed, e.holder(by) != nil, err
}

func (t *table) provenAt(e *entry) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return e.provenAt
}

// close ends the timers; nothing is read any more.
func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, e := range t.entries {
		e.stopRetry()
	}
}

// same reports whether two errors read the same.
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
