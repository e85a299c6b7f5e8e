package fakenacos

import (
	"context"
	"fmt"
	"maps"
)

// Stats counts what the server has done since it was created, including restarts.
type Stats struct {
	// Requests counts by gRPC type ("ConfigQueryRequest") and by HTTP method and path ("GET
	// /nacos/v1/cs/configs").
	Requests map[string]int
	// Streams counts the push streams that were ever registered, Connections those that are now.
	Streams, Connections int
	// Listening is the number of configs that connections listen to now, each counted once per
	// connection; Subscribed is that of services.
	Listening, Subscribed int
	// Publishes counts accepted publishes, Dumps the keys that became readable.
	Publishes, Dumps int
	// Pushes counts config pushes sent, including repeats; Acks those acknowledged; Repeats those
	// sent again without an acknowledgement; Dropped those that a fault dropped.
	Pushes, Acks, Repeats, Dropped int
	// WatchPushes counts the pushes of fuzzy watches, which a Nacos 3 has.
	WatchPushes int
	// ServicePushes, ServiceAcks and ServiceRepeats count the pushes of services; Dropped includes
	// them.
	ServicePushes, ServiceAcks, ServiceRepeats int
	// Logins counts successful logins, Refused failed ones and requests that were answered with
	// 403.
	Logins, Refused int
	// Faults counts the faults that took effect, by the name of their method.
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
		st.Subscribed += len(c.subscribes)
	}
	return st
}

// Wait returns when the condition holds. It checks the condition now and whenever anything changes
// on the server; the condition may call the server's methods, such as [Server.Listeners]. Wait
// returns an error only if ctx ends first.
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
			return fmt.Errorf("nacostest: the condition does not hold: %w", context.Cause(ctx))
		}
	}
}

// noteLocked wakes the callers of Wait.
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
