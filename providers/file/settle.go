package file

import (
	"crypto/sha256"
	"time"

	"github.com/nacre-go/nacre/source"
)

const (
	// settled is the age at which an untouched file counts as finished at once. It is far above the
	// settle window, because the clocks of a file system and of this machine may differ.
	settled = 2 * time.Second
	// closing is the part of the settle window for which a file must be unchanged after it was
	// closed: the next writer may have begun already, and the watch has not reported it yet.
	closing = 20
	// emptying is how much longer an empty file must stay empty if the system cannot tell whether a
	// process is writing it. A write begins with an empty file, and the watch reports it only
	// later, on a busy disk much later.
	emptying = 10
)

// trace remembers what was read of a document, and since when it has been so.
type trace struct {
	stamp   stamp
	sum     [sha256.Size]byte
	since   time.Time
	pending time.Time // since when a change is in progress; zero if none is
}

// judge decides whether all files are whole and final. If not, again is the time until the next
// read, and late is the error of a file whose change takes too long. moved says that the files
// changed faster than the source could read them.
func (s *fileSource) judge(shots []shot, moved bool, now time.Time) (again time.Duration, late error) {
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
			delete(s.writes, sh.real) // earlier writes have ended, reported or not
		}
		weigh(sh.name, s.rest(sh, pause, now))
	}
	for name := range s.last { // removed from a folder
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

// rest returns how long a file must still be unchanged before the source delivers it.
func (s *fileSource) rest(sh shot, pause time.Duration, now time.Time) time.Duration {
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
			return 0 // it did not exist before either
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

// nextPause returns the time until the next read of a file that is open for writing. It increases,
// because the watch reports when the file is closed, and a read is cheap but not free.
func (s *fileSource) nextPause(shots []shot, moved bool) time.Duration {
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

// remember records what Next returned: only the loss of something that the caller has must wait.
func (s *fileSource) remember(c source.Content) {
	s.choose()
	s.last = make(map[string]int, len(c.Documents))
	for _, d := range c.Documents {
		if !d.Absent {
			s.last[d.Name] = len(d.Data)
		}
	}
}
