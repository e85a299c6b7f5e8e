package file

import (
	"context"
	"fmt"
	"time"
)

// blindPoll is the longest time between two reads without a watch.
const blindPoll = time.Second

// subscribe returns the watch, which it makes at the first read and after a watch was lost. It
// returns nil if the system has no watch to give.
func (s *fileSource) subscribe() watcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch != nil || s.closed {
		return s.watch
	}
	w, err := s.newWatch()
	if err != nil {
		s.trouble = fmt.Errorf("no watch: %w", bare(err))
		return nil
	}
	s.watch = w
	return w
}

// subscribed ends a scan, and the watches that it did not need.
func (s *fileSource) subscribed(sc *scan) {
	s.heard = sc.heard
	for path := range s.writes {
		if !sc.heard.has(path) {
			delete(s.writes, path)
		}
	}
	if sc.watch == nil {
		return
	}
	sc.watch.keep(sc.want)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = nil
	if sc.trouble != nil {
		s.trouble = fmt.Errorf("not everything can be watched: %w", bare(sc.trouble))
	}
}

// await blocks until there is a reason to read again: an event, the end of a window, the poll
// interval, the end of ctx, or Close.
func (s *fileSource) await(ctx context.Context, v verdict) {
	s.mu.Lock()
	w, blind := s.watch, s.trouble != nil || s.watch == nil
	s.mu.Unlock()
	d := s.poll
	if blind {
		d = min(d, blindPoll)
	}
	if v.again > 0 {
		d = min(d, v.again)
	}
	if w == nil || s.misuse != nil {
		s.sleep(ctx, d)
		return
	}
	for deadline := time.Now().Add(d); s.over(ctx) == nil; {
		left := time.Until(deadline)
		if left <= 0 {
			return
		}
		events, err := w.wait(ctx, left)
		if err != nil {
			s.forsake(ctx, w, err)
			return
		}
		if s.heed(events) {
			return
		}
	}
}

// overtaken records what happened during a read, before its result is judged: a writer that came in
// between must not count as one that has finished. It reports whether there is a reason to read
// again at once.
func (s *fileSource) overtaken(ctx context.Context, w watcher) bool {
	if w == nil {
		return false
	}
	events, err := w.wait(ctx, 0)
	if err != nil {
		s.forsake(ctx, w, err)
		return true
	}
	return s.heed(events)
}

// heed records what events say about writers, and reports whether they are a reason to read.
// Another write to a file that is known to be in a write is not: the end of the write follows.
func (s *fileSource) heed(events []event) bool {
	look := false
	for _, ev := range events {
		if ev.what == lost {
			clear(s.writes)
			look = true
			continue
		}
		if !s.heard.has(ev.path) {
			continue
		}
		switch ev.what {
		case modified:
			look = look || s.writes[ev.path] != inWrite
			s.writes[ev.path] = inWrite
		case closed:
			s.writes[ev.path] = written
			look = true
		case touched:
			look = true
		default:
			delete(s.writes, ev.path)
			look = true
		}
	}
	return look
}

// forsake drops a watch that failed. The next read makes another.
func (s *fileSource) forsake(ctx context.Context, w watcher, err error) {
	s.mu.Lock()
	if s.watch == w {
		s.watch = nil
		s.trouble = fmt.Errorf("the watch was lost: %w", bare(err))
		_ = w.close()
	}
	s.mu.Unlock()
	clear(s.writes)
	s.sleep(ctx, min(s.poll, blindPoll)) // or a watch that always fails would make a busy loop
}

func (s *fileSource) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
}
