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

// readers is how many keys are read at the same time.
const readers = 4

// readKeys reads what the table has for it, until the connection ends. A read that is tried again
// may take longer: a large content on a slow line must come through some day.
func (s *session) readKeys(c *conn) {
	for {
		e, tries, alive := s.table.next(c.ctx)
		if e == nil {
			return
		}
		if !alive {
			s.table.requeue(e)
			return
		}
		asked := time.Now()
		d, err := s.query(c.ctx, c, e.key, s.timings.request<<min(tries, 3))
		if err != nil && c.ctx.Err() != nil {
			s.table.requeue(e)
			return
		}
		if err == nil && s.table.isOlder(e, d, asked) {
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

// query reads one key and verifies what came.
func (s *session) query(ctx context.Context, c *conn, k Key, patience time.Duration) (*doc, error) {
	turned, give := s.withTurn(ctx)
	defer give()
	res, err := ask[queryReply](turned, s, c, patience, k.String(), typeQuery, about(k))
	var refusal *replyError
	if errors.As(err, &refusal) && refusal.code() == codeNotFound && refusal.typ == answerTypes[typeQuery] {
		s.lookForNamespace(ctx, c)
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

// verify makes a document of an answer if its content is what the server says that it is.
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

// sum is the md5 in hexadecimal: what Nacos has for a checksum. It finds damage, not malice.
func sum(content []byte) string {
	h := md5.Sum(content)
	return hex.EncodeToString(h[:])
}

// lasting is how many times an error must come in a row until it stands for the key: what another
// try may mend is not told at once.
func lasting(err error) int {
	switch source.KindOf(err) {
	case source.PermissionDenied, source.InvalidArgument, source.TooLarge:
		return 1
	}
	if errors.Is(err, StaleContent) {
		return math.MaxInt // it is taken in the end
	}
	return 3
}

// The servers of a cluster copy a config from each other within about a tenth of a second; one that
// is busy, or was halted or down, many seconds later. A client that changes from one to another
// could get what was before, or that there is nothing, and get it again when the copy comes. Nor
// does the same address mean the same state: a server that was killed begins with what it had on
// disk, and behind one name there may be several.

const (
	clockGrain = time.Second            // some databases of servers keep no more of a time
	clockSkew  = 100 * time.Millisecond // by which the clocks of servers may differ that keep more
	olderEvery = 2 * time.Second        // the copy is waited for by reads that are no further apart
)

// settled reports whether a connection has stood for so long that its server is not behind any
// more.
func (t *table) settled(c *conn, asked time.Time) bool { return asked.Sub(c.since) >= t.timings.older }

// isOlder reports whether a content that was asked for at the given time is older than what came on
// another connection. When it has been so for as long as the settings say, it is what there is.
func (t *table) isOlder(e *entry, d *doc, asked time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	had := e.doc
	if had == nil || had.conn == d.conn || had.revision == d.revision || !older(d, had, e.past) {
		return false
	}
	p := e.remember()
	if p.olderSince.IsZero() {
		p.olderSince = asked
	}
	return asked.Sub(p.olderSince) < t.timings.older
}

// older reports whether a state may be one from before the one that there is.
func older(d, had *doc, of *past) bool {
	switch {
	case d.absent:
		return true // it may not have been copied yet
	case of != nil && d.stamp() == of.replaced:
		return true
	case !had.absent:
		return before(d.modified, had.modified)
	}
	return of != nil && before(d.modified, of.replaced.modified) // what was deleted was newer
}

// before reports whether a content was published before another one, as far as the servers' times
// can tell.
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
