package fakenacos

import (
	"cmp"
	"slices"
	"time"
)

// scheduleLocked starts the dump timer of k, unless it is running.
func (s *Server) scheduleLocked(k Key) {
	if _, running := s.store.dirty[k]; running || s.run == nil {
		return
	}
	s.store.round++
	round := s.store.round
	s.store.dirty[k] = round
	if s.opts.DumpDelay < 0 {
		if !s.faults.holdDumps {
			s.dumpLocked(k)
		}
		return
	}
	r := s.run
	r.timers.after(s.opts.DumpDelay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.run == r && s.store.dirty[k] == round && !s.faults.holdDumps {
			s.dumpLocked(k)
		}
	})
}

// dumpLocked makes k readable and queues pushes to its listeners.
func (s *Server) dumpLocked(k Key) {
	news := s.store.dump(k, s.faults.serveRefused)
	s.stats.Dumps++
	if news {
		s.newsLocked(k)
		for _, c := range s.sortedLocked() {
			if _, listens := c.listens[k]; listens {
				s.pushLocked(c, Match{Key: k, Connection: c.transport.id, Type: typeNotify}, func() { s.sendLocked(c, k, 1) })
			}
		}
	}
	s.noteLocked()
}

// sortedLocked returns the connections in the order of their registration, so that pushes are
// reproducible.
func (s *Server) sortedLocked() []*connection {
	out := make([]*connection, 0, len(s.conns))
	for _, c := range s.conns {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *connection) int {
		switch {
		case a.transport.id < b.transport.id:
			return -1
		case a.transport.id > b.transport.id:
			return 1
		}
		return 0
	})
	return out
}

// Flush ends the dump delay of everything published so far, and the delay of the pushes of
// services: reads see it, and pushes are queued. It works while [Faults.HoldDumps] is on.
func (s *Server) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushLocked()
}

func (s *Server) flushLocked() {
	keys := make([]Key, 0, len(s.store.dirty))
	for k := range s.store.dirty {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b Key) int { return int(s.store.dirty[a] - s.store.dirty[b]) })
	for _, k := range keys {
		s.dumpLocked(k)
	}
	s.flushServicesLocked()
}

// pushLocked sends one push to one connection, through the faults.
func (s *Server) pushLocked(c *connection, m Match, send func()) {
	f := s.faults
	if f.strikeLocked(faultDropPushes, m) {
		s.stats.Dropped++
		return
	}
	if f.strikeLocked(faultDoublePushes, m) {
		once := send
		send = func() { once(); once() }
	}
	if d := f.pushDelay; d > 0 {
		now := send
		send = func() {
			c.run.timers.after(d, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				now()
				s.noteLocked()
			})
		}
	}
	if f.reorder > 1 {
		c.held = append(c.held, send)
		if len(c.held) >= f.reorder {
			c.releaseLocked()
		}
		return
	}
	send()
}

// releaseLocked sends the pushes that were held back, in reverse order.
func (c *connection) releaseLocked() {
	held := c.held
	c.held = nil
	for _, send := range slices.Backward(held) {
		send()
	}
}

const typeNotify = "ConfigChangeNotifyRequest"

// sendLocked sends a push, and repeats it until it is acknowledged or the number of tries is
// reached.
func (s *Server) sendLocked(c *connection, k Key, try int) {
	if s.conns[c.transport.id] != c {
		return
	}
	s.stats.Pushes++
	if try > 1 {
		s.stats.Repeats++
	}
	s.askLocked(c, typeNotify, s.opts.AckTimeout, func(id string) any {
		return notifyRequest{RequestID: id, DataID: k.DataID, Group: k.Group, Tenant: cmp.Or(c.spelled[k], k.Namespace), Module: "config"}
	}, func(success bool) {
		if success {
			s.count(func(st *Stats) { st.Acks++ })
			return
		}
		if try >= s.opts.PushTries {
			s.unregister(c.transport.id)
			return
		}
		c.run.timers.after(time.Duration(try)*s.opts.RetryDelay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sendLocked(c, k, try+1)
			s.noteLocked()
		})
	})
}
