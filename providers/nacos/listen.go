package nacos

import (
	"context"
	"errors"
	"slices"
	"time"
)

// maxListen is how many keys are asked about in one listen. A server takes 3000 and more, but the
// buffers of such a message, made anew every 30 s, are half a megabyte each, which an idle service
// should not weigh.
const maxListen = 1000

// listen registers keys and compares them with the server's. The md5 of what was read is asked
// about first: its answer says which keys to read. Where something else is live (not applied yet,
// or rejected), that is told right after, and stands in the server's list of listeners until the
// next time. What differs only in that way is not read again. After an error the table has what was
// not come to, for the next time.
func (s *session) listen(ctx context.Context, c *conn, entries []*entry) (changed int, err error) {
	compare := func(keys []listening) error {
		asked := time.Now()
		differ, err := s.listenOnce(ctx, c, keys, true, listening.inHand)
		if err == nil {
			s.table.listened(keys, differ, c, asked)
			changed += len(differ)
		}
		return err
	}
	report := func(keys []listening) error {
		_, err := s.listenOnce(ctx, c, keys, true, listening.inUse)
		return err
	}
	entries, refused := s.table.apart(entries)
	var room []listening
	for rest := entries; len(rest) > 0; rest = rest[min(maxListen, len(rest)):] {
		room = s.table.ask(rest[:min(maxListen, len(rest))], room)
		err := s.sift(room, compare)
		if err == nil {
			err = s.sift(s.table.toReport(room), report)
		}
		if err != nil {
			s.table.requeueListen(rest)
			if errors.Is(err, BadRequest) {
				s.table.allRefused(rest)
			}
			return changed, err
		}
	}
	keys := s.table.ask(refused, nil)
	if err = s.retryListen(keys, compare); err == nil {
		err = s.sift(s.table.toReport(keys), report)
	}
	return changed, err
}

// unlisten takes the registrations of what was given up back. What is still registered when that
// fails costs pushes that nobody waits for, and is in the server's list of listeners; so it is
// tried again.
func (s *session) unlisten(ctx context.Context, c *conn) error {
	takeBack := func(keys []listening) error {
		_, err := s.listenOnce(ctx, c, keys, false, listening.nothing)
		if err == nil {
			s.table.unlistened(keys)
		}
		return err
	}
	gone, refused := s.table.takePendingUnlisten()
	for chunk := range slices.Chunk(gone, maxListen) {
		if err := s.sift(chunk, takeBack); err != nil {
			return err
		}
	}
	return s.retryListen(refused, takeBack)
}

// How many keys a server may take for wrong in one go. One that takes all of them for wrong, as
// what is none may, must not be asked about each. They are asked about by themselves the next time,
// and so harm nobody.
const (
	maxRefused  = 8  // while it has taken none for right
	mostRefused = 64 // else
)

// lastingRefusal is how many times in a row that must have been so until it stands for all of them.
const lastingRefusal = 10

// sift does something with keys. A key that the server takes for wrong must not be the trouble of
// those that were asked about with it: it is found by halves.
func (s *session) sift(keys []listening, do func([]listening) error) error {
	refused, most := 0, maxRefused
	var halve func([]listening) error
	halve = func(some []listening) error {
		if len(some) == 0 {
			return nil
		}
		err := do(some)
		switch {
		case err == nil:
			most = mostRefused
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
		s.table.refused(some[0].entry, err)
		if refused++; refused < most {
			return nil
		}
		return err
	}
	return halve(keys)
}

// again does something with keys that the server has taken for wrong before: with all together,
// since what it was may be over, and else with a few by themselves. The others have their turn
// later: their order hangs on chance.
func (s *session) retryListen(refused []listening, do func([]listening) error) error {
	refused = refused[:min(maxListen, len(refused))]
	if len(refused) > 1 {
		if err := do(refused); !errors.Is(err, BadRequest) {
			if err != nil {
				s.table.notListened(refused, lasting(err), err)
			}
			return err
		}
	}
	for one := range slices.Chunk(refused[:min(maxRefused, len(refused))], 1) {
		if err := s.sift(one, do); err != nil {
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
		// The namespace is not looked at: some servers leave it out for the public one, and there
		// is but one.
		differ[Key{Namespace: s.settings.namespace, Group: k.Group, DataID: k.DataID}] = true
	}
	return differ, nil
}

// reconcile compares all keys with the server's.
func (s *session) reconcile(c *conn) error {
	keys := s.table.takeAll()
	began := time.Now()
	changed, err := s.listen(c.ctx, c, keys)
	if err != nil {
		return err
	}
	if s.unlisten(c.ctx, c) != nil {
		signal(s.table.flush) // all keys have been compared, and that is what counts here
	}
	if s.space.isMissing() || s.space.isUnknown() && s.table.anyAbsent() { // it may have been made, or can be asked for by now
		s.lookForNamespace(c.ctx, c)
	}
	s.emit(Event{Kind: EventReconciled, Server: c.server.String(), Keys: len(keys), Changed: changed, Took: time.Since(began)})
	return nil
}

// catchUp listens to what is new, and tells what was applied and what was given up.
func (s *session) flush(c *conn) error {
	if _, err := s.listen(c.ctx, c, s.table.takePendingListen()); err != nil {
		return err
	}
	return s.unlisten(c.ctx, c)
}
