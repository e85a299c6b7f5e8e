package nacos

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// maxListen is how many keys are asked about in one listen. A server takes 3000 and more, but the buffers of such a message, made anew
// every 30 s, are half a megabyte each, which an idle service should not weigh.
const maxListen = 1000

// listening is a key as it stood when a listen was made of it.
type listening struct {
	entry         *entry
	have, applied string // md5 of what was read, and of what was made live
}

func (l listening) key() Key        { return l.entry.key } // never changes, and so needs no lock
func (l listening) inHand() string  { return l.have }
func (l listening) inUse() string   { return l.applied }
func (l listening) nothing() string { return "" }

// listen registers keys and compares them with the server's. The md5 of what was read is asked about first: its answer says
// which keys to read. Where something else is live (not applied yet, or rejected), that is told right after, and stands in
// the server's list of listeners until the next time. What differs only in that way is not read again. After an error the
// table has what was not come to, for the next time.
func (s *session) listen(ctx context.Context, c *conn, entries []*entry) (changed int, err error) {
	var room []listening
	for rest := entries; len(rest) > 0; rest = rest[len(room):] {
		room = s.table.asTheyStand(rest[:min(maxListen, len(rest))], room)
		n, err := s.compare(ctx, c, room)
		changed += n
		if err == nil {
			err = s.report(ctx, c, room)
		}
		if err != nil {
			s.table.keep(rest)
			return changed, err
		}
	}
	return changed, nil
}

// compare asks about keys, and which of them differ from the server's. A key that the server takes for wrong must not be
// the trouble of the others that were asked about with it: it is found by halves.
func (s *session) compare(ctx context.Context, c *conn, keys []listening) (changed int, err error) {
	asked := time.Now()
	differ, err := s.listenOnce(ctx, c, keys, true, listening.inHand)
	switch {
	case err == nil:
		s.table.listened(keys, differ, asked)
		return len(differ), nil
	case source.KindOf(err) != source.Misused:
		s.table.notListened(keys, err)
		return 0, err
	case len(keys) == 1:
		s.table.refused(keys[0], err)
		return 0, nil
	}
	for _, half := range [][]listening{keys[:len(keys)/2], keys[len(keys)/2:]} {
		n, err := s.compare(ctx, c, half)
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// report tells what is live where that is not what was read.
func (s *session) report(ctx context.Context, c *conn, keys []listening) error {
	var told []listening
	for _, l := range keys {
		if l.applied != l.have {
			told = append(told, l)
		}
	}
	if len(told) == 0 {
		return nil
	}
	_, err := s.listenOnce(ctx, c, told, true, listening.inUse)
	if err != nil {
		s.table.notListened(told, err)
	}
	return err
}

// unlisten takes registrations back.
func (s *session) unlisten(ctx context.Context, c *conn, entries []*entry) error {
	for chunk := range slices.Chunk(entries, maxListen) {
		if _, err := s.listenOnce(ctx, c, s.table.asTheyStand(chunk, nil), false, listening.nothing); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) listenOnce(ctx context.Context, c *conn, keys []listening, on bool, md5 func(listening) string) (map[Key]bool, error) {
	req := listenRequest{listen: on, contexts: func(yield func(listenContext) bool) {
		for _, l := range keys {
			k := l.key()
			if !yield(listenContext{DataID: k.DataID, Group: k.Group, Tenant: k.Namespace, MD5: md5(l)}) {
				return
			}
		}
	}}
	res, err := ask[listenReply](ctx, s, c, s.t.request, "", typeListen, req)
	if err != nil {
		document := ""
		if len(keys) == 1 {
			document = keys[0].key().String()
		}
		return nil, s.explain(c, document, typeListen, err)
	}
	differ := make(map[Key]bool, len(res.Changed))
	for _, k := range res.Changed {
		// The namespace is not looked at: some servers leave it out for the public one, and there is but one.
		differ[Key{Namespace: s.as.namespace, Group: k.Group, DataID: k.DataID}] = true
	}
	return differ, nil
}

// reconcile compares all keys with the server's.
func (s *session) reconcile(c *conn) error {
	keys := s.table.takeAll()
	began := time.Now()
	changed, err := s.listen(c.ctx, c, keys)
	if err == nil {
		if s.space.isMissing() { // it may have been made
			s.lookForNamespace(c.ctx, c)
		}
		s.tell(Event{Kind: Reconciled, Server: c.server.String(), Keys: len(keys), Changed: changed, Took: time.Since(began)})
	}
	return err
}

// catchUp listens to what is new, and tells what was applied and dropped.
func (s *session) catchUp(c *conn) error {
	keys, drops := s.table.takeTodo()
	if err := s.unlisten(c.ctx, c, drops); err != nil {
		s.table.keep(keys)
		return err // what is still registered costs a push that nobody waits for
	}
	_, err := s.listen(c.ctx, c, keys)
	return err
}

// takeAll returns all keys.
func (t *table) takeAll() []*entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.todo)
	return slices.AppendSeq(make([]*entry, 0, len(t.entries)), maps.Values(t.entries))
}

// takeTodo returns the keys that something is to be told about, and those that were dropped.
func (t *table) takeTodo() (keys, drops []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys = make([]*entry, 0, len(t.todo))
	for e := range t.todo {
		if t.entries[e.key] == e {
			keys = append(keys, e)
		}
	}
	clear(t.todo)
	// A key that was dropped and declared again is listened to.
	drops = slices.DeleteFunc(t.drops, func(e *entry) bool { return t.entries[e.key] != nil })
	t.drops = nil
	return keys, drops
}

// keep takes keys back that nothing could be told about.
func (t *table) keep(keys []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range keys {
		if t.entries[e.key] == e {
			t.todo[e] = struct{}{}
		}
	}
}

// asTheyStand says how keys stand now. What it returns takes the place of room, if that is large enough.
func (t *table) asTheyStand(keys []*entry, room []listening) []listening {
	t.mu.Lock()
	defer t.mu.Unlock()
	room = slices.Grow(room[:0], len(keys))
	for _, e := range keys {
		room = append(room, listening{entry: e, have: e.have(), applied: e.applied()})
	}
	return room
}

// listened takes the answer to a listen that was asked at the given time.
func (t *table) listened(keys []listening, differ map[Key]bool, asked time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		e := l.entry
		if t.entries[e.key] != e { // removed while it was listened to
			t.drops = append(t.drops, e)
			signal(t.flush)
			continue
		}
		e.listened, e.deaf = true, 0
		if e.stale || differ[e.key] {
			t.markLocked(e)
			continue
		}
		if e.doc == nil {
			continue // being read
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

// notListened says why keys are not listened to, where that lasts.
func (t *table) notListened(keys []listening, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range keys {
		e := l.entry
		if t.entries[e.key] != e {
			continue
		}
		e.deaf++
		if int(e.deaf) >= lasting(err) && !same(e.err, err) {
			e.err = err
			e.wake()
		}
	}
}

// refused says that the server takes a key for wrong. It is asked about again with the next reconcile.
func (t *table) refused(l listening, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !same(l.entry.err, err) {
		l.entry.err = err
		l.entry.wake()
	}
}
