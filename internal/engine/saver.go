package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
)

// saver keeps the copy on disk, in a goroutine of its own with a mailbox of one slot: a slow or full disk holds nobody up.
// A nil saver keeps none.
type saver struct {
	path      string
	key       []byte
	observers []observe.Observer
	loaded    *lastgood.Record
	current   func() (lastgood.Record, bool) // what is live
	store     *lastgood.Store                // nil while it is not owned; run's alone once that has begun
	requests  chan struct{}                  // something new is live
	done      chan struct{}
	closeErr  error // of store; to be read when done is closed

	mu        sync.Mutex
	ended     bool
	bootTimer *time.Timer // until what was booted is saved
	state     observe.LastKnownGoodHealth
}

// newSaver loads the copy and takes its ownership. Nothing that can go wrong with it keeps a config from starting; it is shown in
// Health. A config of local layers alone needs no copy.
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
	if s.loaded, err = lastgood.Load(s.path, settings.LastKnownGoodKey); err != nil {
		s.reportError(0, err)
	}
	if s.loaded != nil {
		s.state.SavedAt = s.loaded.SavedAt
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

// save tries for the ownership each time: the process that has it may have ended, as when a service is replaced by a new one that
// starts before the old one stops.
func (s *saver) save(r lastgood.Record) (err error) {
	if s.store == nil {
		if s.store, err = lastgood.Own(s.path, s.key); err != nil {
			return err
		}
	}
	return s.store.Save(r)
}

// failed shows an error, and tells of it if it is another one than before.
func (s *saver) reportError(version int64, err error) {
	s.mu.Lock()
	changed := s.state.Error != err.Error()
	s.state.Error = err.Error()
	s.mu.Unlock()
	if changed {
		emit(s.observers, observe.Event{Kind: observe.LastKnownGoodFailed, Location: s.path, Version: version, Err: err})
	}
}

// put has what is live saved. It never waits; after close it does nothing.
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
	default: // it will be: what is saved is read when its turn comes
	}
}

// bootGrace is how long the copy that a start has found is left alone, where there is one: what the service builds from its config in
// the first moments may fail, and then the copy is what it can start from.
const bootGrace = 10 * time.Second

// putBoot has what was booted saved: at once where there is no copy yet.
func (s *saver) requestAfterBoot() {
	if s == nil {
		return
	}
	if s.loaded == nil {
		s.request()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.bootTimer = time.AfterFunc(bootGrace, s.request)
	}
}

// close saves a last time, so that the copy knows how fresh the content was at the end, and gives up the ownership.
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

// copy is what was on disk at the start; nil where nothing was.
func (s *saver) loadedRecord() *lastgood.Record {
	if s == nil {
		return nil
	}
	return s.loaded
}

// accepted is what was remembered of signed releases at the start. A sealed copy that is missing or not used does not make it forgotten.
func (s *saver) acceptedReleases() *lastgood.Accepted {
	switch {
	case s == nil:
		return nil
	case s.loaded != nil:
		return s.loaded.Accepted
	}
	return lastgood.Remembered(s.path, s.key)
}

// keepLastGood has what is live saved.
func (e *Engine) saveLastGood() { e.saver.request() }

// record is what is live, as it is kept. It reports false when nothing is live.
func (e *Engine) lastGoodRecord() (lastgood.Record, bool) {
	answers := e.askVerifiedTimes()
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	live := e.cell.Load()
	if live == nil || e.snapshotSuspended.Load() {
		return lastgood.Record{}, false
	}
	r := lastgood.Record{SavedAt: now, Version: live.Version, Sum: live.Sum(), Accepted: e.accepted.storedLocked()}
	for _, l := range e.layers {
		if !l.local && l.applied != nil {
			r.Layers = append(r.Layers, lastgood.NewLayer(l.name, l.identity, l.verifiedAtLocked(now, answers[l.index]), l.applied.Content))
		}
	}
	return r, true
}
