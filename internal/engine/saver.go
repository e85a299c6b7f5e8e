package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// saver writes the last known good copy in a goroutine with a mailbox of one slot, so that a slow
// or full disk blocks no caller. A nil saver writes nothing.
type saver struct {
	path      string
	key       []byte
	observers []observe.Observer
	found     lastgood.Found                 // the copies that were on disk at the start
	current   func() (lastgood.Record, bool) // returns the live contents
	store     *lastgood.Store                // nil while another process owns the file; used by run only
	requests  chan struct{}                  // a save is due
	done      chan struct{}
	closeErr  error // of store; valid once done is closed

	mu        sync.Mutex
	ended     bool
	bootTimer *time.Timer // until the first save
	state     observe.LastKnownGoodHealth
}

// newSaver loads the copy and claims the file. A problem with the copy does not prevent a start;
// Health shows it. A config of local layers has no copy.
func newSaver(settings Settings, layers []*layerState, record func() (lastgood.Record, bool)) *saver {
	remote := slices.ContainsFunc(layers, func(l *layerState) bool { return !l.local })
	if !remote || settings.LastKnownGoodPath == "" && settings.LastKnownGoodErr == nil {
		return nil
	}
	s := &saver{path: settings.LastKnownGoodPath, key: settings.LastKnownGoodKey, observers: settings.Observers, current: record, requests: make(chan struct{}, 1), done: make(chan struct{})}
	s.state.Path = s.path
	if settings.LastKnownGoodErr != nil {
		s.reportError(0, settings.LastKnownGoodErr)
		s.ended = true
		close(s.done)
		return s
	}
	var err error
	s.found = lastgood.Find(s.path, settings.LastKnownGoodKey)
	for _, err := range s.found.Skipped {
		if of, ok := errors.AsType[*source.Error](err); ok && of.Document == s.path {
			s.reportError(0, err)
		}
	}
	for _, c := range s.found.Copies {
		if c.Path == s.path {
			s.state.SavedAt = c.SavedAt
		}
	}
	if s.store, err = lastgood.Own(s.path, s.key); err != nil {
		s.reportError(0, err)
	}
	if s.state.Warning = lastgood.Warning(s.path, s.key); s.state.Warning != "" {
		emit(s.observers, observe.Event{Kind: observe.LastKnownGoodExposed, Location: s.path, Reasons: []string{s.state.Warning}})
	}
	go s.run()
	return s
}

// run saves the live contents on each request, until close.
func (s *saver) run() {
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
		emit(s.observers, observe.Event{Kind: observe.LastKnownGoodSaved, Location: s.path, Version: r.Version})
	}
}

// save claims the file if necessary: the process that owned it may have ended, for example when a
// new instance starts before the old one stops.
func (s *saver) save(r lastgood.Record) (err error) {
	if s.store == nil {
		if s.store, err = lastgood.Own(s.path, s.key); err != nil {
			return err
		}
	}
	return s.store.Save(r)
}

// reportError shows an error in Health, and reports it to the observers if it differs from the last
// one.
func (s *saver) reportError(version int64, err error) {
	s.mu.Lock()
	changed := s.state.Error != err.Error()
	s.state.Error = err.Error()
	s.mu.Unlock()
	if changed {
		emit(s.observers, observe.Event{Kind: observe.LastKnownGoodFailed, Location: s.path, Version: version, Err: err})
	}
}

// request requests a save of the live contents. It never waits, and does nothing after close.
func (s *saver) request() {
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

// requestAfterBoot requests the first save: at once if there is no copy yet, otherwise after
// bootGrace.
func (s *saver) requestAfterBoot() {
	if s == nil {
		return
	}
	if len(s.found.Copies) == 0 {
		s.request()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.bootTimer = time.AfterFunc(bootGrace, s.request)
	}
}

// close saves a last time, so that the copy has the last verified times, and gives up the file.
func (s *saver) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	s.request()
	s.mu.Lock()
	if s.bootTimer != nil {
		s.bootTimer.Stop()
	}
	if !s.ended {
		s.ended = true
		close(s.requests)
	}
	s.mu.Unlock()
	return waitFor(ctx, s.done, &s.closeErr, "the last known good copy at %s is not saved", s.path)
}

func (s *saver) health() observe.LastKnownGoodHealth {
	if s == nil {
		return observe.LastKnownGoodHealth{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// copies returns the copies that were on disk at the start, newest first.
func (s *saver) copies() []lastgood.Copy {
	if s == nil {
		return nil
	}
	return s.found.Copies
}

// skippedCopies returns why files that were on disk at the start are not used as copies.
func (s *saver) skippedCopies() []error {
	if s == nil {
		return nil
	}
	return slices.Clone(s.found.Skipped)
}

// acceptedReleases returns the signed releases that earlier processes accepted; see
// lastgood.Found.Accepted.
func (s *saver) acceptedReleases(manifest string, keys []string) *lastgood.Accepted {
	if s == nil {
		return nil
	}
	return s.found.Accepted(manifest, keys)
}

// saveLastGood requests a save of the live contents.
func (e *Engine) saveLastGood() { e.saver.request() }

// lastGoodRecord returns the live contents for the copy. It returns false if nothing is live or the
// copy is suspended.
func (e *Engine) lastGoodRecord() (lastgood.Record, bool) {
	answers := e.askVerifiedTimes()
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	live := e.cell.Load()
	if live == nil || e.snapshotSuspended.Load() {
		return lastgood.Record{}, false
	}
	r := lastgood.Record{SavedAt: now, Version: live.Version, Sum: live.Sum(), Accepted: e.accepted.storedLocked(e.manifestKey())}
	for _, l := range e.layers {
		if !l.local && l.applied != nil && !l.applied.fromSeed { // a seed stays one, so that a newer image can replace it
			r.Layers = append(r.Layers, lastgood.NewLayer(l.copyID(), l.verifiedAtLocked(now, answers[l.index]), l.applied.Content))
		}
	}
	return r, len(r.Layers) > 0 || r.Accepted != nil
}
