package notify

import "context"

// Settle waits until no subscriber has a state in its mailbox or a running call, or until ctx ends.
// It returns the names of the subscribers that still have one. It does not wait for states that are
// published meanwhile, nor for a subscriber that stops.
func (h *Hub[S]) Settle(ctx context.Context) (running []string) {
	h.sieve.settle(ctx)
	for _, s := range h.Subscribers() {
		idle := s.idle()
		if idle == nil {
			continue
		}
		select {
		case <-idle:
		case <-s.done:
		case <-ctx.Done():
			running = append(running, s.name)
		}
	}
	return running
}

// idle returns a channel that is closed when the subscriber has nothing left to do, or nil if
// it has nothing to do now.
func (s *Subscriber[S]) idle() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slot == nil && !s.busy {
		return nil
	}
	if s.settled == nil {
		s.settled = make(chan struct{})
	}
	return s.settled
}

// settle ends a call, and closes the channel of idle if no state waits.
func (s *Subscriber[S]) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.settled != nil && s.slot == nil {
		close(s.settled)
		s.settled = nil
	}
}
