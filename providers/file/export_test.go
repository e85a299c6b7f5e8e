package file

import "errors"

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
