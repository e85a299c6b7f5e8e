package nacos

import (
	"maps"
	"slices"
	"time"
)

// listening is a key as it stood when a listen was made of it.
type listening struct {
	entry         *entry
	have, applied string // md5 of what was read, and of what was made live
}

func (l listening) key() Key        { return l.entry.key } // never changes, and so needs no lock
func (l listening) inHand() string  { return l.have }
func (l listening) inUse() string   { return l.applied }
func (l listening) nothing() string { return "" }

// What the table gives to be listened to, and what it takes of the answers.

// takeAll returns all keys.
func (t *table) takeAll() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.pendingListen)
	return slices.AppendSeq(make([]*entry, 0, len(t.entries)), maps.Values(t.entries))
}

// takeTodo returns the keys that something is to be told about.
func (t *table) takePendingListen() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := slices.AppendSeq(make([]*entry, 0, len(t.pendingListen)), maps.Keys(t.pendingListen))
	clear(t.pendingListen)
	return keys
}

// takeGone returns the keys that were given up, and those of them that the server takes for wrong;
// they stay where they are until they are known to be listened to no longer.
func (t *table) takePendingUnlisten() (gone, refused []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.pendingUnlisten {
		if e.refused {
			refused = append(refused, listening{entry: e})
		} else {
			gone = append(gone, listening{entry: e})
		}
	}
	return gone, refused
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

// apart takes the keys out that the server takes for wrong.
func (t *table) apart(keys []*entry) (fine, refused []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fine = slices.DeleteFunc(keys, func(e *entry) bool {
		if e.refused {
			refused = append(refused, e)
		}
		return e.refused
	})
	return fine, refused
}

// keep takes keys back that nothing could be told about.
func (t *table) requeueListen(keys []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range keys {
		if t.entries[e.key] == e {
			t.pendingListen[e] = struct{}{}
		}
	}
}

// ask says how keys stand now that the server is about to be asked about them; those that were
// given up are left out. What it returns takes the place of room, if that is large enough.
func (t *table) ask(keys []*entry, room []listening) []listening {
	t.mu.Lock()
	defer t.mu.Unlock()
	room = slices.Grow(room[:0], len(keys))
	for _, e := range keys {
		if t.entries[e.key] == e {
			e.asked = true
			room = append(room, listening{entry: e, have: e.have(), applied: e.applied()})
		}
	}
	return room
}

// toReport returns those of keys of which something else is live than what was read.
func (t *table) toReport(keys []listening) (told []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		if l.applied != l.have && l.entry.registered && t.entries[l.entry.key] == l.entry {
			told = append(told, l)
		}
	}
	return told
}

// listened takes the answer to a listen that was asked on a connection at the given time.
func (t *table) listened(keys []listening, differ map[Key]bool, c *conn, asked time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	settled := t.settled(c, asked)
	for _, l := range keys {
		e := l.entry
		if t.entries[e.key] != e { // given up meanwhile
			continue
		}
		e.registered, e.refused, e.listenFailures = true, false, 0
		if e.formless() { // its type may have been put right, which makes no other md5
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
			e.wake()
		}
	}
}

// notListened says why keys are not listened to, where that was so that many times in a row.
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
		e.wake()
	}
}

// allRefused says that the server takes so many keys for wrong that it is not asked about each.
func (t *table) allRefused(keys []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range keys {
		t.listenFailedLocked(e, lastingRefusal, BadRequest.fail(opOf(typeListen), e.key.String()))
	}
}

// refused says that the server takes a key for wrong.
func (t *table) refused(e *entry, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.registered, e.refused = false, true
	if t.entries[e.key] == e && !same(e.err, err) {
		e.err = err
		e.wake()
	}
}
