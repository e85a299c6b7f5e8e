package nacos

import (
	"context"
	"errors"
	"slices"
	"time"
)

// maxListen is the number of keys in one listen. A server accepts 3000 and more, but the buffers of
// such a message, allocated every 30 s, would take half a megabyte each, which an idle service
// should not need.
const maxListen = 1000

// listen registers keys and compares them with the server's. The first listen has the md5 of what
// was read, so that its answer says which keys to read. If another content is live (the new one is
// not applied yet, or is rejected), a second listen reports that one, and it remains in the
// server's list of listeners until the next time. The session does not read a key for that
// difference. After an error the table keeps what is still to do. listen returns how many keys
// differ from what was read, and of how many of them a push should have told.
func (s *session) listen(ctx context.Context, c *conn, entries []*entry) (changed, lost int, err error) {
	compare := func(keys []listening) error {
		asked := time.Now()
		differ, err := s.listenOnce(ctx, c, keys, true, listening.readMD5)
		if err == nil {
			changed += len(differ)
			lost += s.table.listened(keys, differ, c, asked)
		}
		return err
	}
	report := func(keys []listening) error {
		_, err := s.listenOnce(ctx, c, keys, true, listening.appliedMD5)
		return err
	}
	entries, rejected := s.table.separate(entries)
	var buffer []listening
	for rest := entries; len(rest) > 0; rest = rest[min(maxListen, len(rest)):] {
		buffer = s.table.snapshot(rest[:min(maxListen, len(rest))], buffer)
		err := s.bisect(buffer, compare)
		if err == nil {
			err = s.bisect(s.table.toReport(buffer), report)
		}
		if err != nil {
			s.table.requeueListen(rest)
			if errors.Is(err, BadRequest) {
				s.table.allRejected(rest)
			}
			return changed, lost, err
		}
	}
	keys := s.table.snapshot(rejected, nil)
	if err = s.retryListen(keys, compare); err == nil {
		err = s.bisect(s.table.toReport(keys), report)
	}
	return changed, lost, err
}

// unlisten removes the registrations of keys without a source. A registration that stays costs
// pushes that no source needs, and remains in the server's list of listeners; so the session tries
// again after an error.
func (s *session) unlisten(ctx context.Context, c *conn) error {
	remove := func(keys []listening) error {
		_, err := s.listenOnce(ctx, c, keys, false, listening.noMD5)
		if err == nil {
			s.table.unlistened(keys)
		}
		return err
	}
	removed, rejected := s.table.takePendingUnlisten()
	for chunk := range slices.Chunk(removed, maxListen) {
		if err := s.bisect(chunk, remove); err != nil {
			return err
		}
	}
	return s.retryListen(rejected, remove)
}

// How many keys a server may reject in one pass. One that rejects all of them, as a service that is
// not Nacos may, must not be asked about each. The next pass asks about them separately, so that
// they do not affect the others.
const (
	maxRejected  = 8  // until it has accepted one
	mostRejected = 64 // afterwards
)

// lastingRejection is the number of such passes in a row after which all of the keys get the error.
const lastingRejection = 10

// bisect calls do with keys. A key that the server rejects must not fail the others of its message:
// bisect finds it by halving.
func (s *session) bisect(keys []listening, do func([]listening) error) error {
	rejected, most := 0, maxRejected
	var halve func([]listening) error
	halve = func(some []listening) error {
		if len(some) == 0 {
			return nil
		}
		err := do(some)
		switch {
		case err == nil:
			most = mostRejected
			return nil
		case !errors.Is(err, BadRequest):
			s.table.notListened(some, lasting(err), err)
			return err
		case len(some) > 1:
			if err := halve(some[:len(some)/2]); err != nil {
				return err
			}
			return halve(some[len(some)/2:])
		}
		s.table.rejected(some[0].entry, err)
		if rejected++; rejected < most {
			return nil
		}
		return err
	}
	return halve(keys)
}

// retryListen calls do with keys that the server has rejected before: with all of them at once,
// since the cause may be gone, and after another rejection with a few separately. The others follow
// later, since their order is random.
func (s *session) retryListen(rejected []listening, do func([]listening) error) error {
	rejected = rejected[:min(maxListen, len(rejected))]
	if len(rejected) > 1 {
		if err := do(rejected); !errors.Is(err, BadRequest) {
			if err != nil {
				s.table.notListened(rejected, lasting(err), err)
			}
			return err
		}
	}
	for one := range slices.Chunk(rejected[:min(maxRejected, len(rejected))], 1) {
		if err := s.bisect(one, do); err != nil {
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
	res, err := ask[listenReply](ctx, s, c, s.timings.request, "", typeListen, req)
	if err != nil {
		document := ""
		if len(keys) == 1 {
			document = keys[0].key().String()
		}
		return nil, s.explain(c, document, typeListen, err)
	}
	differ := make(map[Key]bool, len(res.Changed))
	for _, k := range res.Changed {
		// The namespace is ignored: some servers omit the public one, and a session has only one.
		differ[Key{Namespace: s.settings.namespace, Group: k.Group, DataID: k.DataID}] = true
	}
	return differ, nil
}

// reconcile compares all keys with the server's.
func (s *session) reconcile(c *conn) error {
	keys := s.table.takeAll()
	began := time.Now()
	changed, lost, err := s.listen(c.ctx, c, keys)
	if err != nil {
		return err
	}
	s.table.readTypes()
	if s.unlisten(c.ctx, c) != nil {
		signal(s.table.flush) // retry later: reconcile has compared all keys
	}
	if s.space.isMissing() || s.space.isUnknown() && s.table.anyAbsent() { // it may exist by now, or the list may be available
		s.checkNamespace(c.ctx, c)
	}
	s.emit(Event{Kind: EventReconciled, Server: c.server.String(), Keys: len(keys), Changed: changed, Lost: lost, Took: time.Since(began)})
	return nil
}

// flush listens to new keys, and reports what was applied and what is no longer needed.
func (s *session) flush(c *conn) error {
	if _, _, err := s.listen(c.ctx, c, s.table.takePendingListen()); err != nil {
		return err
	}
	return s.unlisten(c.ctx, c)
}
