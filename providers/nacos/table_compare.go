package nacos

import (
	"maps"
	"slices"
	"time"
)

// What the table gives to a comparison with another server, and what it takes from it.

// comparable returns the keys whose content is known and that are not about to be read.
func (t *table) comparable() (keys []listening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := range maps.Values(t.entries) {
		if e.registered && e.doc != nil && !e.stale && !e.inFlight {
			keys = append(keys, listening{entry: e, have: e.haveLocked()})
		}
	}
	return keys
}

// unchanged returns those of keys that have the same content as before.
func (t *table) unchanged(keys []listening) []listening {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(keys, func(l listening) bool { return !t.sameLocked(l) })
}

// sameLocked reports whether a key still has the content that was compared.
func (t *table) sameLocked(l listening) bool {
	e := l.entry
	return t.entries[e.key] == e && e.doc != nil && !e.inFlight && e.haveLocked() == l.have
}

// agreed records the keys of which another server has the same content. For a content that the
// session has from there, that is a confirmation.
func (t *table) agreed(keys []listening, differ map[Key]bool, asked time.Time, hold time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		e := l.entry
		if differ[e.key] || e.past == nil || !t.sameLocked(l) {
			continue
		}
		switch {
		case e.refutesLocked():
			e.past.refutedUntil = asked.Add(hold)
			if e.provenAt.Before(asked) {
				e.provenAt = asked
			}
		default:
			e.past.differs = nil
		}
	}
}

// differ records that another server has another content of a key, for longer than a copy takes. If
// that is newer, the session takes it, and does not return to the older one for the time hold.
// found reports whether this was not known.
func (t *table) differ(l listening, d *doc, brief *conn, asked time.Time, hold time.Duration) (found, newer bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := l.entry
	if !t.sameLocked(l) || e.doc.revision == d.revision {
		return false, false
	}
	p := e.pastLocked()
	newer = !d.absent && !e.doc.absent && before(e.doc.modified, d.modified)
	if !newer && e.refutesLocked() {
		// Not even the other server has what the session holds: a restored database, for example.
		// The older content is no longer refuted, and is taken as any other is.
		p.refuted, p.refutedUntil = stamp{}, time.Time{}
		t.markStaleLocked(e)
	}
	known := p.differs
	p.differs = &differing{server: brief.server, md5: d.md5(), newer: newer, alone: e.doc.absent, since: asked}
	if found = known == nil || known.md5 != d.md5() || known.server != brief.server; !found {
		p.differs.since = known.since
	}
	if newer {
		p.refuted, p.refutedUntil = e.doc.stamp(), asked.Add(hold)
		p.replaced = e.doc.stamp()
		e.doc = d
		if e.provenAt.Before(asked) {
			e.provenAt = asked
		}
		e.wakeLocked()
	}
	return found, newer
}

// refutesLocked reports whether the session holds a content of another server against an older one
// of its own.
func (e *entry) refutesLocked() bool {
	return e.past != nil && e.past.refuted != stamp{} && time.Now().Before(e.past.refutedUntil)
}

// agreeLocked takes note of a read that counts: its content is not the one that was refuted.
func (e *entry) agreeLocked(d *doc) {
	if e.past != nil && e.past.refuted != (stamp{}) {
		e.past.refuted, e.past.refutedUntil, e.past.differs = stamp{}, time.Time{}, nil
	}
	if e.past != nil && e.doc != nil && e.doc.revision != d.revision {
		e.past.differs = nil
	}
}

// isRefuted reports whether a content of this server is one that another server has refuted.
func (t *table) isRefuted(e *entry, d *doc) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return e.refutesLocked() && d.stamp() == e.past.refuted
}

// kept ends a read that returned a refuted content.
func (t *table) kept(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.inFlight = false
	if t.entries[e.key] == e && e.stale { // pushed meanwhile
		t.markStaleLocked(e)
	}
}

// differing returns what another server has of a key, nil if that is the same or not known.
func (t *table) differing(e *entry) *differing {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.past == nil {
		return nil
	}
	return e.past.differs
}
