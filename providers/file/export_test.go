package file

import (
	"context"
	"errors"
	"os"
	"time"
)

// DefaultSettleTime is the default of SettleTime.
const DefaultSettleTime = defaultSettleTime

// Modes in which a source can be made to work, so that each of them is tested wherever the tests
// run.
const (
	AsIs    = "as is"   // what the system offers: on Linux inotify and leases
	Events  = "events"  // the system's watch, and no lease: a user who does not own the files
	Windows = "windows" // the portable watch, and no lease: all systems but Linux
	Blind   = "blind"   // no watch and no lease
)

// Force makes s work in a mode. It must come before the first Next.
func (s *fileSource) Force(mode string) *fileSource {
	if mode != AsIs {
		s.lease = noLease
	}
	switch mode {
	case Windows:
		s.newWatch = newNotify
	case Blind:
		s.newWatch = func() (watcher, error) { return nil, errors.New("no watches left") }
	}
	return s
}

// What a scripted watch can tell: that events were dropped, that the file at its path was written
// or closed, or an error.
const (
	Dropped = iota
	Modified
	ClosedAfterWrite
	Broken
)

// Scripted makes s use a watch on path that tells only what the test tells it: by waiting to a Next
// that waits, by meanwhile to one that has just read. It calls made whenever a watch is made.
func (s *fileSource) Scripted(path string, waiting, meanwhile <-chan int, made func()) *fileSource {
	s.newWatch = func() (watcher, error) {
		made()
		return scripted{path, waiting, meanwhile}, nil
	}
	return s
}

type scripted struct {
	path               string
	waiting, meanwhile <-chan int
}

func (scripted) add(string, role) error { return nil }
func (scripted) keep(map[string]role)   {}
func (scripted) close() error           { return nil }

func (w scripted) wait(ctx context.Context, d time.Duration) ([]event, error) {
	if d <= 0 {
		select {
		case what := <-w.meanwhile:
			return w.tell(what)
		default:
			return nil, nil
		}
	}
	select {
	case what := <-w.waiting:
		return w.tell(what)
	case <-time.After(d):
	case <-ctx.Done():
	}
	return nil, nil
}

func (w scripted) tell(what int) ([]event, error) {
	switch what {
	case Modified:
		return []event{{w.path, modified}}, nil
	case ClosedAfterWrite:
		return []event{{w.path, closed}}, nil
	case Dropped:
		return []event{{what: lost}}, nil
	}
	return nil, errors.New("the watch broke")
}

// Refusing makes every watch on a path fail, as when the system has no more of them.
func (s *fileSource) Refusing(err error) *fileSource {
	make := s.newWatch
	s.newWatch = func() (watcher, error) {
		w, werr := make()
		return refusing{w, err}, werr
	}
	return s
}

type refusing struct {
	watcher
	err error
}

func (r refusing) add(string, role) error { return r.err }

// AfterRead makes s call hook after each read of a file, at the moment at which a writer may come
// again.
func (s *fileSource) AfterRead(hook func()) *fileSource {
	lease := s.lease
	s.lease = func(f *os.File) (proof, func()) {
		p, release := lease(f)
		if p == inWriting {
			return p, release
		}
		return p, func() {
			release()
			hook()
		}
	}
	return s
}

// Source is the type of the sources that New and Dir return.
type Source = fileSource

// NewSource is New with the type of the source.
func NewSource(path string, opts ...Option) *Source { return newSource(path, false, opts) }

// FirstSource is First with the type of the source.
func FirstSource(paths []string, opts ...Option) *Source { return newFirst(paths, opts) }

// DirSource is Dir with the type of the source.
func DirSource(path string, opts ...Option) *Source { return newSource(path, true, opts) }

// ProfilesSource is Profiles with the type of the source.
func ProfilesSource(path, profiles string, opts ...Option) *Source {
	return newProfiles(path, profiles, opts)
}
