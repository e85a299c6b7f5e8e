package nacos

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// readers is the number of keys that are read at the same time.
const readers = 4

// readKeys reads stale keys until the connection ends. A retry may take longer, so that a large
// content on a slow line arrives in the end.
func (s *session) readKeys(c *conn) {
	for {
		e, failures, alive := s.table.next(c.ctx)
		if e == nil {
			return
		}
		if !alive {
			s.table.requeue(e)
			return
		}
		asked := time.Now()
		d, err := s.query(c.ctx, c, e.key, s.timings.request<<min(failures, 3))
		if err != nil && c.ctx.Err() != nil {
			s.table.requeue(e)
			return
		}
		if err == nil && s.table.isRefuted(e, d) {
			s.table.kept(e)
			continue
		}
		if err == nil && s.isOlder(c, e, d, asked) {
			err = StaleContent.fail("read", e.key.String())
		}
		differs := s.table.done(e, d, err, c, asked)
		event := Event{Server: c.server.String(), Document: e.key.String(), Took: time.Since(asked), Err: err}
		switch {
		case differs:
			event.Kind, event.MD5 = EventConfigRead, d.md5()
		case err == nil:
			continue
		case source.KindOf(err) == source.Corrupt:
			event.Kind = EventContentDiscarded
		default:
			event.Kind = EventReadFailed
		}
		s.emit(event)
		if source.KindOf(err) == source.Timeout {
			signal(c.suspect)
		}
	}
}

// query reads one key and verifies the answer.
func (s *session) query(ctx context.Context, c *conn, k Key, timeout time.Duration) (*doc, error) {
	turned, release := s.withTurn(ctx)
	defer release()
	res, err := ask[queryReply](turned, s, c, timeout, k.String(), typeQuery, about(k))
	var refusal *replyError
	if errors.As(err, &refusal) && refusal.code() == codeNotFound && refusal.typ == answerTypes[typeQuery] {
		s.checkNamespace(ctx, c)
		return &doc{absent: true, conn: c.number, revision: revisionAbsent}, nil
	}
	if err == nil && res.Content == nil {
		err = errBody
	}
	if err != nil {
		return nil, s.explain(c, k.String(), typeQuery, err)
	}
	d, ok := verify(res)
	if !ok {
		return nil, errCorrupt(k.String())
	}
	d.conn = c.number
	return d, nil
}

// verify returns the document of an answer, and reports whether its content matches the declared
// md5.
func verify(q queryReply) (*doc, bool) {
	d := &doc{contentType: q.ContentType, modified: q.modified()}
	if q.Content == nil {
		return d, false
	}
	d.content = []byte(*q.Content)
	d.revision = source.Revision(revisionMD5 + sum(d.content))
	d.declared = q.MD5 != ""
	return d, !d.declared || strings.EqualFold(d.md5(), q.MD5)
}

// sum returns the md5 in hexadecimal, the checksum of Nacos. It detects damage, not malice.
func sum(content []byte) string {
	h := md5.Sum(content)
	return hex.EncodeToString(h[:])
}

// lasting returns how many times in a row an error must occur until the sources see it. A retry
// often succeeds.
func lasting(err error) int {
	switch source.KindOf(err) {
	case source.PermissionDenied, source.InvalidArgument, source.TooLarge:
		return 1
	}
	if errors.Is(err, StaleContent) {
		return math.MaxInt // the session accepts the content in the end
	}
	return 3
}

// The servers of a cluster copy a config from each other within about a tenth of a second; a busy
// one, or one that was down, many seconds later. A client that changes from one server to another
// could read the previous content, or none, and then the new one again. The same address does not
// mean the same state: a server that was killed starts with what it had on disk, and one name may
// have several servers behind it.

const (
	clockGrain = time.Second            // some databases store whole seconds
	clockSkew  = 100 * time.Millisecond // the clocks of servers may differ by that
	olderEvery = 2 * time.Second        // the longest interval of reads that wait for the copy

	confirmAfter = time.Second // how long an older content of a server that is alone is not accepted
)

// settled reports whether a connection is old enough that its server is no longer behind.
func (t *table) settled(c *conn, asked time.Time) bool { return asked.Sub(c.since) >= t.timings.older }

// isOlder reports whether a content is older than what another server has, as far as the session
// knows. A server that is alone has all there is: a second read confirms its content.
func (s *session) isOlder(c *conn, e *entry, d *doc, asked time.Time) bool {
	return s.table.isOlder(e, d, asked, s.timings.older) && (!s.isAlone(c) || s.table.isOlder(e, d, asked, confirmAfter))
}

// isOlder reports whether a content that was requested at the given time is older than one from
// another connection, and has been for less than patience; then the session accepts it.
func (t *table) isOlder(e *entry, d *doc, asked time.Time, patience time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	had := e.doc
	if had == nil || had.conn == d.conn || had.revision == d.revision || !older(d, had, e.past) {
		return false
	}
	p := e.pastLocked()
	if p.olderSince.IsZero() {
		p.olderSince = asked
	}
	return asked.Sub(p.olderSince) < patience
}

// older reports whether a state may be from before the current one.
func older(d, had *doc, of *past) bool {
	switch {
	case d.absent:
		return true // the server may not have the copy yet
	case of != nil && d.stamp() == of.replaced:
		return true
	case !had.absent:
		return before(d.modified, had.modified)
	}
	return of != nil && before(d.modified, of.replaced.modified) // the deleted content was newer
}

// before reports whether one content was published before another, as far as the servers' times
// tell.
func before(one, other time.Time) bool {
	if one.IsZero() {
		return false
	}
	grain := clockSkew
	if one.Nanosecond() == 0 || other.Nanosecond() == 0 {
		grain = clockGrain
	}
	return one.Add(grain).Before(other)
}
