package nacos

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre/source"
)

// learn takes the server's confirmation of the set-up, with its abilities.
func (c *conn) learn(body []byte) {
	var ack setupAck
	if decode(body, &ack) != nil {
		return
	}
	c.confirm.Do(func() {
		c.watches = ack.Abilities[abilityWatch]
		close(c.confirmed)
	})
}

// knowsWatch reports whether the server knows the fuzzy watch. It waits for the confirmation of the
// set-up, which a server sends at once.
func (s *session) knowsWatch(c *conn) bool {
	if !c.negotiates {
		return false
	}
	timer := time.NewTimer(s.timings.request)
	defer timer.Stop()
	select {
	case <-c.confirmed:
		return c.watches
	case <-timer.C:
	case <-c.ctx.Done():
	}
	return false
}

// hearOf takes a push of a fuzzy watch.
func (s *session) hearOf(m message) {
	if m.Type == typeWatchSync {
		var p watchSync
		if decode(m.Body, &p) == nil {
			s.table.takeSync(p)
		}
		return
	}
	var p watchNews
	if decode(m.Body, &p) == nil {
		s.table.takeNews(p)
	}
}

// The names of configs that match a pattern come in two ways. A Nacos 3 tells them by a fuzzy
// watch: it sends them once, and then pushes each that is created or deleted. Since a push can be
// lost, the session repeats the request as often as it compares its keys, with the names that it
// has, and the server sends what differs. Where a server does not know or refuses the fuzzy watch,
// the session lists the names over HTTP at the same interval.

// followPatterns keeps the names of all watches up to date until the connection ends.
func (s *session) followPatterns(c *conn) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for c.ctx.Err() == nil {
		due, cancelled, next := s.table.dueWatches(time.Now())
		for _, w := range cancelled {
			_, _ = s.askWatch(c, w, watchRequest{Type: watchCancel}) // without it, there are pushes that no source needs
		}
		for _, w := range due {
			s.synchronize(c, w)
		}
		if len(due) > 0 {
			continue
		}
		timer.Reset(time.Until(next))
		select {
		case <-timer.C:
		case <-s.table.follow:
		case <-c.ctx.Done():
		}
	}
}

// listShare is how many times as long as a list takes the session waits until the next one.
const listShare = 20

// longestList is the longest interval between two lists.
const longestList = 5 * time.Minute

// synchronize gets the names of a watch, and says when that is due again.
func (s *session) synchronize(c *conn, w *watch) {
	began := time.Now()
	err := errNoWatch
	if !s.table.isListed(w, c) && s.knowsWatch(c) {
		err = s.followWatch(c, w)
	}
	var pause time.Duration
	if errors.Is(err, errNoWatch) && c.ctx.Err() == nil {
		s.table.setListed(w, c)
		err = s.listWatch(c, w)
		pause = min(listShare*time.Since(began), longestList)
	}
	if c.ctx.Err() != nil {
		return // the next connection synchronizes again
	}
	failures := s.table.syncEnded(w, err, func(failures int) time.Time {
		if failures == 0 {
			return time.Now().Add(max(s.timings.nextReconcile(), pause))
		}
		delay := s.timings.retryDelay(failures - 1)
		if source.KindOf(err) == source.PermissionDenied {
			delay = max(delay, s.timings.nextReconcile())
		}
		return time.Now().Add(max(delay, pause))
	})
	if err != nil {
		s.emit(Event{Kind: EventListenFailed, Server: c.server.String(), Document: s.nameOf(w), Attempt: failures, Err: err})
		s.suspect(c, err)
	}
}

// errNoWatch says that the server does not follow a pattern, so that its names have to be listed.
var errNoWatch = errors.New("the server does not follow the pattern")

// followWatch has the server follow a pattern, and waits until it has sent what differs.
func (s *session) followWatch(c *conn, w *watch) error {
	asked := time.Now()
	received := s.table.beginSync(w, asked)
	if received == nil {
		received = []string{}
	}
	refused, err := s.askWatch(c, w, watchRequest{Type: watchStart, Received: received, First: true})
	if refused {
		return errNoWatch
	}
	if err != nil {
		return err
	}
	timer := time.NewTimer(s.timings.request)
	defer timer.Stop()
	select {
	case <-w.ended:
		s.missesNamespace(c, w)
		return nil
	case <-timer.C:
		return NoResponse.fail("list", s.nameOf(w))
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// askWatch sends a request of a fuzzy watch. It reports whether the server refuses it: it does not
// know it, its users watch too many patterns, too many configs match, or the user lacks the right,
// which is that to read the public namespace, whatever the namespace of the pattern.
func (s *session) askWatch(c *conn, w *watch, r watchRequest) (refused bool, err error) {
	r.Pattern, r.Module = w.server, "config"
	_, err = ask[reply](c.ctx, s, c, s.timings.request, s.nameOf(w), typeWatch, r)
	if refusal, ok := errors.AsType[*replyError](err); ok {
		switch refusal.code() {
		case codeNoHandler, codePatterns, codeMatches:
			return true, err
		}
	}
	if err != nil {
		err = s.explain(c, s.nameOf(w), typeWatch, err)
	}
	return source.KindOf(err) == source.PermissionDenied, err
}

// listWatch lists the names of a pattern.
func (s *session) listWatch(c *conn, w *watch) error {
	asked := time.Now()
	ctx, cancel := context.WithTimeout(c.ctx, s.timings.request+listWithin)
	defer cancel()
	found, err := s.list(ctx, c, Key{Namespace: s.settings.namespace, Group: w.group, DataID: w.pattern})
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range found {
		if e.Key.problems() == nil && e.Key.Group == w.group {
			ids = append(ids, e.Key.DataID)
		}
	}
	s.table.listed(w, ids, func(id string) string {
		return id + "+" + w.group + "+" + namespaceName(s.settings.namespace)
	}, asked)
	s.missesNamespace(c, w)
	return nil
}

// missesNamespace checks whether the namespace exists if a pattern has no configs.
func (s *session) missesNamespace(c *conn, w *watch) {
	if s.table.isEmpty(w) {
		s.checkNamespace(c.ctx, c)
	}
}

// nameOf returns "public/DEFAULT_GROUP/orders-*.yaml".
func (s *session) nameOf(w *watch) string {
	return Key{Namespace: s.settings.namespace, Group: w.group, DataID: w.pattern}.String()
}
