package fakenacos

import (
	"context"
	"fmt"
	"maps"
)

// Stats counts what the server has seen since it was made, over restarts too.
type Stats struct {
	// Requests counts by gRPC type ("ConfigQueryRequest") and by HTTP method and path ("GET
	// /nacos/v1/cs/configs").
	Requests map[string]int
	// Streams counts the push streams that were ever registered, Connections those that are now.
	Streams, Connections int
	// Listening is the number of pairs of connection and key that are listened to now.
	Listening int
	// Publishes counts those that were accepted, Dumps the keys that became readable.
	Publishes, Dumps int
	// Pushes counts config pushes sent, repeats among them; Acks those acknowledged; Repeats those
	// sent once more for want of an acknowledgement; Dropped those that a fault swallowed.
	Pushes, Acks, Repeats, Dropped int
	// Logins counts those that were granted, Refused those that were not and requests that were
	// answered with 403.
	Logins, Refused int
	// Faults counts the faults that struck, by the name of the method that set them.
	Faults map[string]int
}

func newStats() Stats { return Stats{Requests: map[string]int{}, Faults: map[string]int{}} }

// Stats returns a copy.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statsLocked()
}

func (s *Server) statsLocked() Stats {
	st := s.stats
	st.Requests, st.Faults = maps.Clone(st.Requests), maps.Clone(st.Faults)
	st.Connections = len(s.conns)
	for _, c := range s.conns {
		st.Listening += len(c.listens)
	}
	return st
}

// Wait returns when the condition holds, which it checks now and whenever anything on the server
// changes. The condition may call the server's methods ([Server.Listeners], say). Wait returns an
// error only when ctx ends first.
func (s *Server) Wait(ctx context.Context, condition func(Stats) bool) error {
	for {
		s.mu.Lock()
		st, change := s.statsLocked(), s.change
		s.mu.Unlock()
		if condition(st) {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return fmt.Errorf("nacostest: the condition did not come true: %w", context.Cause(ctx))
		}
	}
}

// noteLocked wakes whoever waits.
func (s *Server) noteLocked() {
	close(s.change)
	s.change = make(chan struct{})
}

func (s *Server) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
	s.noteLocked()
}
