package file

import (
	"context"
	"errors"
	"time"

	"github.com/fsnotify/fsnotify"
)

// notify is the watch of all systems except Linux. It does not report when a file is closed. It
// does not watch parents: on the BSDs, a watch opens every file of a folder, and a home or
// temporary folder may have many.
type notify struct {
	w     *fsnotify.Watcher
	paths map[string]bool
}

func newNotify() (watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &notify{w: w, paths: map[string]bool{}}, nil
}

func (n *notify) add(path string, r role) error {
	if r != step && r != leaf {
		return nil
	}
	// On each read again: the library forgets a folder that was removed, and does not say so when
	// another one replaces it.
	if err := n.w.Add(path); err != nil {
		return err
	}
	n.paths[path] = true
	return nil
}

func (n *notify) keep(want map[string]role) {
	for path := range n.paths {
		if r := want[path]; r != step && r != leaf {
			delete(n.paths, path)
			_ = n.w.Remove(path) // it may be gone
		}
	}
}

func (n *notify) wait(ctx context.Context, d time.Duration) ([]event, error) {
	if d <= 0 {
		return nil, nil // without reports of closed files, nothing here changes the judgement of a read
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case ev, ok := <-n.w.Events:
		if !ok {
			return nil, fsnotify.ErrClosed
		}
		if n.paths[ev.Name] && ev.Op&(fsnotify.Remove|fsnotify.Rename) != 0 {
			return []event{{ev.Name, lost}}, nil
		}
		return []event{{ev.Name, changed}}, nil
	case err, ok := <-n.w.Errors:
		if !ok {
			return nil, fsnotify.ErrClosed
		}
		if errors.Is(err, fsnotify.ErrEventOverflow) {
			return []event{{what: lost}}, nil
		}
		return nil, err
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, nil
}

func (n *notify) close() error { return n.w.Close() }
