package file

import (
	"context"
	"errors"
	"os"
	"time"
)

// Modes in which a source can be made to work, so that each of them is tested wherever the tests run.
const (
	AsIs    = "as is"   // what the system offers: on Linux inotify and leases
	Events  = "events"  // the system's watch, and no lease: a user who does not own the files
	Windows = "windows" // the portable watch, and no lease: all systems but Linux
	Blind   = "blind"   // no watch and no lease
)

// Force makes s work in a mode. It must come before the first Next.
func (s *Source) Force(mode string) *Source {
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

// Scripted makes s use a watch that tells only what the test tells it: true is events that were dropped, false a watch
// that fails.
func (s *Source) Scripted(tell <-chan bool, made func()) *Source {
	s.newWatch = func() (watcher, error) {
		made()
		return scripted(tell), nil
	}
	return s
}

type scripted <-chan bool

func (scripted) add(string, role) error { return nil }
func (scripted) keep(map[string]role)   {}
func (scripted) close() error           { return nil }
func (tell scripted) wait(ctx context.Context, d time.Duration) ([]event, error) {
	if d <= 0 {
		return nil, nil
	}
	select {
	case ok := <-tell:
		if !ok {
			return nil, errors.New("the watch broke")
		}
		return []event{{what: lost}}, nil
	case <-time.After(d):
	case <-ctx.Done():
	}
	return nil, nil
}

// Refusing makes every watch on a path fail, as when the system has no more of them.
func (s *Source) Refusing(err error) *Source {
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

// AfterRead makes s call hook after each read of a file, at the moment at which a writer may come again.
func (s *Source) AfterRead(hook func()) *Source {
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

// Exact reports whether this system tells, for a file at path, whether somebody has it open for writing.
func Exact(path string) bool {
	f, err := open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	p, release := lease(f)
	release()
	return p == whole
}
