package engine

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
)

// saver keeps the copy on disk, in a goroutine of its own with a mailbox of one slot: a slow or full disk holds nobody up.
// A nil saver keeps none.
type saver struct {
	path     string
	observer *observe.Observer
	loaded   *lastgood.Record
	store    *lastgood.Store // nil while it is not owned; run's alone once that has begun
	slot     chan lastgood.Record
	done     chan struct{}

	mu    sync.Mutex
	state observe.LastGoodHealth
}

// newSaver loads the copy and takes its ownership. Nothing that can go wrong with it keeps a config from starting; it is shown in
// Health. A config of local layers alone needs no copy.
func newSaver(path string, feeds []*feed, o *observe.Observer) *saver {
	remote := false
	for _, f := range feeds {
		remote = remote || !f.local
	}
	if path == "" || !remote {
		return nil
	}
	s := &saver{path: path, observer: o, slot: make(chan lastgood.Record, 1), done: make(chan struct{})}
	s.state.Path = path
	var err error
	if s.loaded, err = lastgood.Load(path); err != nil {
		s.state.Error = err.Error()
		observe.Tell(o.LastGood, observe.LastGood{Path: path, Err: err})
	}
	if s.loaded != nil {
		s.state.SavedAt = s.loaded.SavedAt
	}
	if s.store, err = lastgood.Own(path); err != nil {
		s.failed(0, err)
	}
	go s.run()
	return s
}

func (s *saver) run() {
	defer close(s.done)
	for r := range s.slot {
		if err := s.save(r); err != nil {
			s.failed(r.Version, err)
			continue
		}
		s.mu.Lock()
		s.state.Error, s.state.SavedAt, s.state.Version = "", r.SavedAt, r.Version
		s.mu.Unlock()
		observe.Tell(s.observer.LastGood, observe.LastGood{Path: s.path, Version: r.Version})
	}
}

// save tries for the ownership each time: the process that has it may have ended, as when a service is replaced by a new one that
// starts before the old one stops.
func (s *saver) save(r lastgood.Record) (err error) {
	if s.store == nil {
		if s.store, err = lastgood.Own(s.path); err != nil {
			return err
		}
	}
	return s.store.Save(r)
}

// failed shows an error, and tells of it if it is another one than before.
func (s *saver) failed(version int64, err error) {
	s.mu.Lock()
	news := s.state.Error != err.Error()
	s.state.Error = err.Error()
	s.mu.Unlock()
	if news {
		observe.Tell(s.observer.LastGood, observe.LastGood{Path: s.path, Version: version, Err: err})
	}
}

// put replaces what waits to be saved. Only one goroutine calls it.
func (s *saver) put(r lastgood.Record) {
	select {
	case <-s.slot:
	default:
	}
	s.slot <- r
}

// close saves a last record, which knows how fresh the content was at the end, and gives up the ownership.
func (s *saver) close(ctx context.Context, record func() (lastgood.Record, bool)) error {
	if s == nil {
		return nil
	}
	if r, ok := record(); ok {
		s.put(r)
	}
	close(s.slot)
	select {
	case <-s.done:
	case <-ctx.Done():
		return late("the last good copy at %s is not saved", s.path)
	}
	if s.store == nil {
		return nil
	}
	return s.store.Close()
}

func (s *saver) health() observe.LastGoodHealth {
	if s == nil {
		return observe.LastGoodHealth{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *saver) record() *lastgood.Record {
	if s == nil {
		return nil
	}
	return s.loaded
}

// keepLastGood saves what is live.
func (e *Engine[T]) keepLastGood() {
	if r, ok := e.record(); ok {
		e.saver.put(r)
	}
}

// record is what is live, as it is kept. It reports false when nothing is live.
func (e *Engine[T]) record() (lastgood.Record, bool) {
	live := e.cell.Load()
	if live == nil || e.saver == nil {
		return lastgood.Record{}, false
	}
	now := time.Now()
	r := lastgood.Record{SavedAt: now, Version: live.Version, Sum: hex.EncodeToString(live.Sum[:])}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.feeds {
		if !f.local && f.applied != nil {
			r.Layers = append(r.Layers, lastgood.NewLayer(f.name, f.identity, f.proven(now), f.applied.Content))
		}
	}
	return r, true
}
