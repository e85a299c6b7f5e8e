package lastgood

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Saver writes the last known good copy in a goroutine with a mailbox of one slot, so that a slow
// or full disk blocks no caller. A nil Saver writes nothing. A Saver is safe for concurrent use.
type Saver struct {
	path     string
	key      []byte
	report   func(observe.Event)
	found    Found                 // the copies that were on disk at the start
	current  func() (Record, bool) // returns the live contents
	store    *Store                // nil while another process owns the file; used by run only
	requests chan struct{}         // a save is due
	done     chan struct{}
	closeErr error // of store; valid once done is closed

	mu        sync.Mutex
	ended     bool
	bootTimer *time.Timer // until the first save
	state     observe.LastKnownGoodHealth
}

// NewSaver loads the copy at a path and claims the file. A problem with the copy does not prevent a
// start; it is in Health, and goes to report as an event. current returns the contents to save, or
// false to save none. End ends the Saver.
func NewSaver(path string, key []byte, current func() (Record, bool), report func(observe.Event)) *Saver {
	s := &Saver{path: path, key: key, report: report, current: current, requests: make(chan struct{}, 1), done: make(chan struct{})}
	s.state.Path = path
	var err error
	s.found = Find(path, key)
	for _, err := range s.found.Skipped {
		if of, ok := errors.AsType[*source.Error](err); ok && of.Document == path {
			s.reportError(0, err)
		}
	}
	for _, c := range s.found.Copies {
		if c.Path == path {
			s.state.SavedAt = c.SavedAt
		}
	}
	if s.store, err = Own(path, key); err != nil {
		s.reportError(0, err)
	}
	if s.state.Warning = Warning(path, key); s.state.Warning != "" {
		report(observe.Event{Kind: observe.LastKnownGoodExposed, Location: path, Reasons: []string{s.state.Warning}})
	}
	go s.run()
	return s
}

// NewBrokenSaver returns a Saver that saves nothing, since its copy has no path, for the reason
// err.
func NewBrokenSaver(err error, report func(observe.Event)) *Saver {
	s := &Saver{report: report, ended: true, done: make(chan struct{})}
	close(s.done)
	s.reportError(0, err)
	return s
}

// run saves the live contents on each request, until End.
func (s *Saver) run() {
	defer close(s.done)
	defer func() {
		if s.store != nil {
			s.closeErr = s.store.Close()
		}
	}()
	for range s.requests {
		r, ok := s.current()
		if !ok {
			continue
		}
		if err := s.save(r); err != nil {
			s.reportError(r.Version, err)
			continue
		}
		s.mu.Lock()
		s.state.Error, s.state.SavedAt, s.state.Version = "", r.SavedAt, r.Version
		s.mu.Unlock()
		s.report(observe.Event{Kind: observe.LastKnownGoodSaved, Location: s.path, Version: r.Version})
	}
}

// save claims the file if necessary: the process that owned it may have ended, for example when a
// new instance starts before the old one stops.
func (s *Saver) save(r Record) (err error) {
	if s.store == nil {
		if s.store, err = Own(s.path, s.key); err != nil {
			return err
		}
	}
	return s.store.Save(r)
}

// reportError shows an error in Health, and reports it to the observers if it differs from the last
// one.
func (s *Saver) reportError(version int64, err error) {
	s.mu.Lock()
	changed := s.state.Error != err.Error()
	s.state.Error = err.Error()
	s.mu.Unlock()
	if changed {
		s.report(observe.Event{Kind: observe.LastKnownGoodFailed, Location: s.path, Version: version, Err: err})
	}
}

// Request requests a save of the live contents. It never waits, and does nothing after End.
func (s *Saver) Request() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	select {
	case s.requests <- struct{}{}:
	default: // a save is due already and reads the contents later
	}
}

// bootGrace is how long a start keeps the copy that it found. If the service fails to build its
// resources in the first moments, it can then start from that copy.
const bootGrace = 10 * time.Second

// RequestAfterBoot requests the first save: at once if the disk has no copy yet, otherwise after
// bootGrace.
func (s *Saver) RequestAfterBoot() {
	if s == nil {
		return
	}
	if len(s.found.Copies) == 0 {
		s.Request()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.bootTimer = time.AfterFunc(bootGrace, s.Request)
	}
}

// End saves a last time, so that the copy has the last verified times, and gives up the file. It
// does not wait; see Done.
func (s *Saver) End() {
	if s == nil {
		return
	}
	s.Request()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bootTimer != nil {
		s.bootTimer.Stop()
	}
	if !s.ended {
		s.ended = true
		close(s.requests)
	}
}

// Done is closed when the Saver has ended.
func (s *Saver) Done() <-chan struct{} { return s.done }

// Err returns why the file could not be given up. Call it after Done is closed.
func (s *Saver) Err() error { return s.closeErr }

// Path returns the path of the copy; "" if there is none.
func (s *Saver) Path() string {
	if s == nil {
		return ""
	}
	return s.path
}

// Health returns the state of the copy.
func (s *Saver) Health() observe.LastKnownGoodHealth {
	if s == nil {
		return observe.LastKnownGoodHealth{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Copies returns the copies that were on disk at the start, newest first.
func (s *Saver) Copies() []Copy {
	if s == nil {
		return nil
	}
	return s.found.Copies
}

// Skipped returns why files that were on disk at the start are not used as copies.
func (s *Saver) Skipped() []error {
	if s == nil {
		return nil
	}
	return slices.Clone(s.found.Skipped)
}

// ReportSkipped reports the files that are not used as copies.
func (s *Saver) ReportSkipped() {
	for _, err := range s.Skipped() {
		s.reportError(0, err)
	}
}

// Accepted returns the signed releases that earlier processes accepted; see Found.Accepted.
func (s *Saver) Accepted(manifest string, keys []string) *Accepted {
	if s == nil {
		return nil
	}
	return s.found.Accepted(manifest, keys)
}
