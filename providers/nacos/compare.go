package nacos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A server that fails to copy a config from its database keeps the old content with the old md5,
// and answers "not changed" for hours. The session cannot find that out from this server. So it
// compares its keys with another one from time to time, over a connection of its own.

// compareJitter is the share by which the interval of comparisons varies.
const compareJitter = 0.25

// maxDiffering is the number of keys that one comparison reads from another server.
const maxDiffering = 100

// compareServers compares with another server again and again, until the connection ends.
func (s *session) compareServers(c *conn) {
	timer := time.NewTimer(jittered(s.timings.compare, compareJitter))
	defer timer.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-timer.C:
		}
		servers, _ := s.known()
		others := slices.DeleteFunc(slices.Clone(servers), func(a address) bool { return a == c.server })
		if len(others) > 0 {
			s.compareWith(c, others[rand.IntN(len(others))])
		}
		timer.Reset(jittered(s.timings.compare, compareJitter))
	}
}

// compareWith compares all keys with those of another server. What differs may be on its way: what
// still differs after the time that a copy may take is reported. An error ends the comparison
// without a report: whether the other server works is not this connection's concern.
func (s *session) compareWith(c *conn, other address) {
	differ := s.table.comparable()
	for again := false; ; again = true {
		err := s.briefly(c.ctx, other, func(brief *conn) error {
			asked := time.Now()
			var err error
			if differ, err = s.differing(brief, differ); err != nil {
				return err
			}
			if again {
				return s.settle(brief, differ, asked)
			}
			return nil
		})
		if err != nil || again || len(differ) == 0 {
			return
		}
		timer := time.NewTimer(s.timings.older)
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			timer.Stop()
			return
		}
		differ = s.table.unchanged(differ)
	}
}

// briefly calls f with a connection to another server.
func (s *session) briefly(life context.Context, other address, f func(*conn) error) error {
	ctx, cancel := context.WithTimeout(life, s.timings.connect)
	defer cancel()
	l, err := s.transport.Open(ctx, other)
	if err != nil {
		return err
	}
	brief, err := s.introduce(ctx, life, other, l, true)
	if err != nil {
		return err
	}
	err = f(brief)
	brief.end(nil)
	l.Close()
	<-brief.reader
	return err
}

// differing returns those of keys that another server has another content of, and records which
// ones it has the same of.
func (s *session) differing(brief *conn, keys []listening) (differ []listening, err error) {
	for chunk := range slices.Chunk(keys, maxListen) {
		asked := time.Now()
		changed, err := s.listenOnce(brief.ctx, brief, chunk, true, listening.readMD5)
		if err != nil {
			return nil, err
		}
		for _, l := range chunk {
			if changed[l.key()] {
				differ = append(differ, l)
			}
		}
		s.table.agreed(chunk, changed, asked, 3*s.timings.compare)
	}
	return differ, nil
}

// settle reads the keys that differ from another server. It takes the contents that are newer, and
// reports all.
func (s *session) settle(brief *conn, keys []listening, asked time.Time) error {
	for _, l := range keys[:min(maxDiffering, len(keys))] {
		d, err := s.query(brief.ctx, brief, l.key(), s.timings.request)
		if err != nil {
			return err
		}
		found, newer := s.table.differ(l, d, brief, asked, 3*s.timings.compare)
		if !found {
			continue
		}
		e := Event{Kind: EventServersDiffer, Server: brief.server.String(), Document: l.key().String(), MD5: d.md5(), Err: errServersDiffer(l.key(), brief.server, newer)}
		if newer {
			e.Changed = 1
		}
		s.emit(e)
	}
	return nil
}

func errServersDiffer(k Key, other address, newer bool) error {
	text := other.String() + " has another content of it"
	if newer {
		text = other.String() + " has a newer content of it, which the session takes"
	}
	return ServersDiffer.failAs("compare", k.String(), text)
}

// differing is another content of a key at another server.
type differing struct {
	server address
	md5    string // "" for none
	newer  bool   // the session has taken it
	alone  bool   // the server of the connection has none
	since  time.Time
}

// note returns the line for Health.
func (d *differing) note(k Key) string {
	switch at := d.since.UTC().Format(time.RFC3339); {
	case d.newer:
		return fmt.Sprintf("%s: in use is the content of %s; since %s at the latest, the server of the connection has an older one", k, d.server, at)
	case d.alone:
		return fmt.Sprintf("%s: %s has it, and the server of the connection does not, since %s at the latest", k, d.server, at)
	case d.md5 == "":
		return fmt.Sprintf("%s: %s does not have it, since %s at the latest", k, d.server, at)
	default:
		return fmt.Sprintf("%s: %s has another content, since %s at the latest", k, d.server, at)
	}
}
