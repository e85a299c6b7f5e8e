package file

import (
	"crypto/sha256"
	"time"

	"github.com/nacre-go/nacre/source"
)

const (
	// settled is the age from which on an untouched file is taken as finished at once. It is far above the settle
	// window because the clocks of a file system and of this machine may differ.
	settled = 2 * time.Second
	// closing is the part of the settle window for which a file must rest that was seen to be closed after writing:
	// the next writer may have begun already without having been told.
	closing = 20
	// emptying is by how much longer an empty file must stay so if nobody can say whether it is being written. A write
	// begins with it: the file is empty before the watch is told, for as long as a busy disk keeps the kernel waiting.
	emptying = 10
)

// trace remembers what was read of a document, and since when it has been so.
type trace struct {
	stamp   stamp
	sum     [sha256.Size]byte
	since   time.Time
	pending time.Time // since when it is in the middle of a change; zero if it is not
}

// judge decides whether all files are whole and to stay. If not, again says when to look again, and late is the error
// of a file for which patience has ended. Moved says that the files changed faster than they could be read.
func (s *Source) judge(shots []shot, moved bool, now time.Time) (again time.Duration, late error) {
	here := map[string]bool{"": true}
	weigh := func(name string, d time.Duration) {
		t := s.traces[name]
		if d <= 0 {
			t.pending = time.Time{}
			return
		}
		if t.pending.IsZero() {
			t.pending = now
		}
		again = max(again, d)
		if name == "" {
			name = s.entries[0].name
		}
		if late == nil && now.Sub(t.pending) >= s.patience {
			late = unfinished(name, t.pending)
		}
	}
	pause := s.nextPause(shots, moved)
	if s.traces[""] == nil {
		s.traces[""] = &trace{}
	}
	if moved {
		weigh("", pause)
		return again, late
	}
	weigh("", 0)
	for _, sh := range shots {
		here[sh.name] = true
		if sh.proof == whole {
			delete(s.writes, sh.real) // what was written before is over, told or not
		}
		weigh(sh.name, s.rest(sh, pause, now))
	}
	for name := range s.last { // gone from a folder
		if !here[name] {
			here[name] = true
			weigh(name, s.rest(shot{spot: spot{name: name}, proof: whole}, pause, now))
		}
	}
	for name := range s.traces {
		if !here[name] {
			delete(s.traces, name)
		}
	}
	return again, late
}

// rest returns for how long a file must yet stay as it is before it may be delivered.
func (s *Source) rest(sh shot, pause time.Duration, now time.Time) time.Duration {
	t := s.traces[sh.name]
	if t == nil {
		t = &trace{since: now}
		s.traces[sh.name] = t
	}
	if sh.proof == inWriting {
		t.stamp, t.sum, t.since = stamp{}, [sha256.Size]byte{}, now
		return pause
	}
	sum := sha256.Sum256(sh.data)
	if t.stamp != sh.stamp || t.sum != sum {
		t.stamp, t.sum, t.since = sh.stamp, sum, now
	}
	size, known := s.last[sh.name]
	window := s.settle
	switch write := s.writes[sh.real]; {
	case sh.absent():
		if !known {
			return 0 // it was not there before either
		}
	case len(sh.data) == 0 && known && size == 0:
		return 0
	case sh.proof == unproven && write == inWrite:
		window = s.patience
	case len(sh.data) == 0:
		if sh.stamp.old(settled) {
			return 0
		}
		if sh.proof == unproven {
			window *= emptying
		}
	case sh.proof == whole:
		return 0
	case write == written:
		window /= closing
	case sh.stamp.old(settled):
		return 0
	}
	return t.since.Add(window).Sub(now)
}

// nextPause returns the time until the next look at a file that is open for writing: ever longer, because the watch
// tells when it is closed, and a look costs little but not nothing.
func (s *Source) nextPause(shots []shot, moved bool) time.Duration {
	for _, sh := range shots {
		moved = moved || sh.proof == inWriting
	}
	switch {
	case !moved:
		s.pause = 0
	case s.pause == 0:
		s.pause = firstPause
	default:
		s.pause = min(2*s.pause, longPause)
	}
	return s.pause
}

// remember keeps what was returned: only the loss of something that the caller has is waited for.
func (s *Source) remember(c source.Content) {
	s.last = make(map[string]int, len(c.Documents))
	for _, d := range c.Documents {
		if !d.Absent {
			s.last[d.Name] = len(d.Data)
		}
	}
}
