package file

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	names = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ATTRIB |
		unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	writes = unix.IN_MODIFY | unix.IN_CLOSE_WRITE
	gone   = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_UNMOUNT | unix.IN_IGNORED
)

var masks = map[role]uint32{
	parent: names | unix.IN_ONLYDIR,
	step:   names | unix.IN_ONLYDIR,
	leaf:   names | writes | unix.IN_ONLYDIR,
	itself: unix.IN_ATTRIB | writes,
}

// inotify is the watch of Linux. The source uses it directly, because it reports when a file is
// closed after writing, which the portable library does not, and because it needs no goroutine: the
// runtime's poller waits.
type inotify struct {
	f      *os.File
	conn   syscall.RawConn // the descriptor of f, safe from a concurrent close
	byPath map[string]int32
	paths  map[int32][]string // one folder may be mounted at several places
	files  map[int32]bool     // watches on files: events have no name
	buf    []byte
}

func newWatch() (watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	f := os.NewFile(uintptr(fd), "inotify")
	conn, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &inotify{
		f:      f,
		conn:   conn,
		byPath: map[string]int32{},
		paths:  map[int32][]string{},
		files:  map[int32]bool{},
		buf:    make([]byte, 64<<10),
	}, nil
}

func (w *inotify) add(path string, r role) error {
	// Without IN_MASK_ADD, a second role of the same folder would remove the events of the first.
	var wd int32
	var err error
	unusable := w.conn.Control(func(fd uintptr) {
		var n int
		n, err = unix.InotifyAddWatch(int(fd), path, masks[r]|unix.IN_MASK_ADD|unix.IN_DONT_FOLLOW)
		wd = int32(n)
	})
	if unusable != nil {
		return unusable
	}
	if err != nil {
		return os.NewSyscallError("inotify_add_watch", err)
	}
	if old, ok := w.byPath[path]; ok && old != wd {
		w.forget(old, path)
	}
	w.byPath[path] = wd
	if !slices.Contains(w.paths[wd], path) {
		w.paths[wd] = append(w.paths[wd], path)
	}
	if r == itself {
		w.files[wd] = true
	}
	return nil
}

// forget ends the watch of wd on path, and the watch itself after the last of its paths.
func (w *inotify) forget(wd int32, path string) {
	if w.byPath[path] == wd {
		delete(w.byPath, path)
	}
	rest := slices.DeleteFunc(w.paths[wd], func(p string) bool { return p == path })
	if len(rest) > 0 {
		w.paths[wd] = rest
		return
	}
	delete(w.paths, wd)
	delete(w.files, wd)
	_ = w.conn.Control(func(fd uintptr) {
		_, _ = unix.InotifyRmWatch(int(fd), uint32(wd)) // it may be gone
	})
}

func (w *inotify) keep(want map[string]role) {
	for path, wd := range w.byPath {
		if want[path] == 0 {
			w.forget(wd, path)
		}
	}
}

func (w *inotify) wait(ctx context.Context, d time.Duration) ([]event, error) {
	// After its deadline, f.Read does not even try, and would miss pending events.
	if n, err := w.poll(); n > 0 || err != nil || d <= 0 {
		return w.parse(w.buf[:n]), err
	}
	if err := w.f.SetReadDeadline(time.Now().Add(d)); err != nil {
		return nil, err
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = w.f.SetReadDeadline(time.Unix(1, 0))
		close(woken)
	})
	n, err := w.f.Read(w.buf)
	if !stop() {
		<-woken // or it would cut the next wait short
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	return w.parse(w.buf[:max(n, 0)]), nil
}

// poll reads pending events without waiting.
func (w *inotify) poll() (int, error) {
	var n int
	var err error
	if unusable := w.conn.Control(func(fd uintptr) { n, err = unix.Read(int(fd), w.buf) }); unusable != nil {
		return 0, unusable
	}
	if n < 0 {
		n = 0
	}
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		err = nil
	}
	return n, err
}

func (w *inotify) parse(b []byte) []event {
	var events []event
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int32(binary.NativeEndian.Uint32(b[0:]))
		mask := binary.NativeEndian.Uint32(b[4:])
		size := int(binary.NativeEndian.Uint32(b[12:]))
		b = b[unix.SizeofInotifyEvent:]
		if size > len(b) {
			break
		}
		name := strings.TrimRight(string(b[:size]), "\x00")
		b = b[size:]
		events = w.translate(events, wd, mask, name)
	}
	return events
}

func (w *inotify) translate(events []event, wd int32, mask uint32, name string) []event {
	if mask&unix.IN_Q_OVERFLOW != 0 {
		return append(events, event{what: lost})
	}
	isFile := w.files[wd]
	for _, path := range slices.Clone(w.paths[wd]) { // none if the source has ended the watch
		switch {
		case mask&gone != 0 && isFile:
			events = append(events, event{path, changed})
		case mask&gone != 0:
			events = append(events, event{path, lost})
		case name != "" || isFile:
			events = append(events, event{filepath.Join(path, name), meaning(mask)})
		}
		if mask&unix.IN_IGNORED != 0 {
			w.forget(wd, path)
		}
	}
	return events
}

func meaning(mask uint32) happening {
	switch {
	case mask&unix.IN_MODIFY != 0:
		return modified
	case mask&unix.IN_CLOSE_WRITE != 0:
		return closed
	case mask&unix.IN_ATTRIB != 0:
		return touched
	}
	return changed
}

func (w *inotify) close() error { return w.f.Close() }
