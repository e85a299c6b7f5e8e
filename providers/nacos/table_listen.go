package nacos

import (
	"maps"
	"slices"
	"time"
)

// listening is the state of a key at the time of a listen.
type listening struct {
	entry         *entry
	have, applied string // md5 of what was read, and of what was made live
}

func (l listening) key() Key           { return l.entry.key } // constant, so it needs no lock
func (l listening) readMD5() string    { return l.have }
func (l listening) appliedMD5() string { return l.applied }
func (l listening) noMD5() string      { return "" }

// What the table gives to listens, and what it takes from their answers.

// takeAll returns all keys.
func (t *table) takeAll() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.pendingListen)
	return slices.AppendSeq(make([]*entry, 0, len(t.entries)), maps.Values(t.entries))
}

// takePendingListen returns the keys with something to report to the server.
func (t *table) takePendingListen() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := slices.AppendSeq(make([]*entry, 0, len(t.pendingListen)), maps.Keys(t.pendingListen))
	clear(t.pendingListen)
	return keys
}

// takePendingUnlisten returns the keys without a source, and those of them that the server rejects.
// They remain pending until the server has confirmed that it no longer listens to them.
func (t *table) takePendingUnlisten() (removed, rejected []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.pendingUnlisten {
		if e.rejected {
			rejected = append(rejected, listening{entry: e})
		} else {
			removed = append(removed, listening{entry: e})
		}
	}
	return removed, rejected
}

func (t *table) unlistened(keys []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		if t.pendingUnlisten[l.entry.key] == l.entry {
			delete(t.pendingUnlisten, l.entry.key)
		}
	}
}

// separate splits off the keys that the server rejects.
func (t *table) separate(keys []*entry) (accepted, rejected []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	accepted = slices.DeleteFunc(keys, func(e *entry) bool {
		if e.rejected {
			rejected = append(rejected, e)
		}
		return e.rejected
	})
	return accepted, rejected
}

// requeueListen returns keys that could not be reported.
func (t *table) requeueListen(keys []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range keys {
		if t.entries[e.key] == e {
			t.pendingListen[e] = struct{}{}
		}
	}
}

// snapshot returns the state of keys for a listen that is about to be sent, without the keys that
// no longer have a source. It reuses the memory of buffer if that is large enough.
func (t *table) snapshot(keys []*entry, buffer []listening) []listening {
	t.mu.Lock()
	defer t.mu.Unlock()
	buffer = slices.Grow(buffer[:0], len(keys))
	for _, e := range keys {
		if t.entries[e.key] == e {
			e.asked = true
			buffer = append(buffer, listening{entry: e, have: e.haveLocked(), applied: e.appliedLocked()})
		}
	}
	return buffer
}

// toReport returns those of keys whose live content differs from the one that was read.
func (t *table) toReport(keys []listening) (report []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		if l.applied != l.have && l.entry.registered && t.entries[l.entry.key] == l.entry {
			report = append(report, l)
		}
	}
	return report
}

// listened takes the answer to a listen that was sent on a connection at the given time. It returns
// how many keys differ although the server had registered them on this connection and has pushed
// no change of them.
func (t *table) listened(keys []listening, differ map[Key]bool, c *conn, asked time.Time) (lost int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	settled := t.settled(c, asked)
	for _, l := range keys {
		e := l.entry
		if t.entries[e.key] != e { // it has no source any longer
			continue
		}
		if differ[e.key] && e.registered && e.doc != nil && !e.stale && !e.inFlight && e.emptyReads < maxEmptyReads && e.haveLocked() == l.have && !e.refutesLocked() {
			lost++
		}
		e.registered, e.rejected, e.listenFailures = true, false, 0
		if e.formlessLocked() { // its type may have been corrected, which does not change the md5
			e.stale = true
		}
		if e.stale || differ[e.key] {
			t.markStaleLocked(e)
			continue
		}
		if e.doc == nil {
			continue // being read
		}
		if settled {
			e.doc = e.doc.on(c.number)
		}
		if e.provenAt.Before(asked) {
			e.provenAt = asked
		}
		if e.err != nil {
			e.err = nil
			e.wakeLocked()
		}
	}
	return lost
}

// notListened records an error of a listen; sources see it after so many in a row.
func (t *table) notListened(keys []listening, times int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		t.listenFailedLocked(l.entry, times, err)
	}
}

func (t *table) listenFailedLocked(e *entry, times int, err error) {
	if t.entries[e.key] != e {
		return
	}
	e.listenFailures++
	if int(e.listenFailures) >= times && !same(e.err, err) {
		e.err = err
		e.wakeLocked()
	}
}

// allRejected records that the server rejects so many keys that the session does not ask about
// each.
func (t *table) allRejected(keys []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range keys {
		t.listenFailedLocked(e, lastingRejection, BadRequest.fail(opOf(typeListen), e.key.String()))
	}
}

// rejected records that the server rejects a key.
func (t *table) rejected(e *entry, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.registered, e.rejected = false, true
	if t.entries[e.key] == e && !same(e.err, err) {
		e.err = err
		e.wakeLocked()
	}
}
