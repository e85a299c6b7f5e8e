package nacos

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// watchKey identifies a watch of a session.
type watchKey struct{ group, pattern string }

// watch is a pattern of data IDs in a group, whose configs the session follows. What a watch knows
// are hints: a name says that a config is worth listening to, and the read of that config says
// whether it exists. table.mu guards all fields below the blank line.
type watch struct {
	watchKey
	server string        // the pattern as a server is asked for it; see serverPattern
	ended  chan struct{} // signals the end of a synchronization

	users        int
	names        map[string]string // the server's name of a config, by data ID
	version      int               // of the data IDs
	syncedAt     time.Time         // when the last synchronization that is complete was requested; zero: none
	pendingSince time.Time         // when the first one that is not was; zero: none
	due          time.Time         // when the next one is
	failures     int               // in a row
	listsOn      uint64            // the number of the connection on which the names are listed
	asked        bool              // the server of the connection may follow it
	err          error             // why the names are not known
	changed      chan struct{}
}

func (w *watch) wakeLocked() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// watch declares a pattern for a source.
func (t *table) watch(k watchKey, namespace string) *watch {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.watches[k]
	if w == nil {
		w = &watch{watchKey: k, names: map[string]string{}, changed: make(chan struct{}), ended: make(chan struct{}, 1)}
		w.server = namespaceName(namespace) + watchSeparator + k.group + watchSeparator + serverPattern(k.pattern)
		t.watches[k] = w
		signal(t.follow)
	}
	w.users++
	return w
}

// unwatch removes a source's declaration.
func (t *table) unwatch(w *watch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.wakeLocked()
	if w.users--; w.users > 0 {
		return
	}
	delete(t.watches, w.watchKey)
	if w.asked {
		t.cancelled = append(t.cancelled, w)
		signal(t.follow)
	}
}

// dueWatches returns the watches that are due, those that the server need not follow any longer,
// and when the next one is due.
func (t *table) dueWatches(now time.Time) (due, cancelled []*watch, next time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	cancelled, t.cancelled = t.cancelled, nil
	cancelled = slices.DeleteFunc(cancelled, func(w *watch) bool { return t.isWatchedLocked(w.server) })
	next = now.Add(time.Hour)
	for _, w := range t.watches {
		if !w.due.After(now) {
			due = append(due, w)
		} else if w.due.Before(next) {
			next = w.due
		}
	}
	return due, cancelled, next
}

func (t *table) isWatchedLocked(pattern string) bool {
	for _, w := range t.watches {
		if w.server == pattern && w.asked {
			return true
		}
	}
	return false
}

// syncSoon brings the next synchronization forward, unless it is one by lists, or there was one
// since the given time.
func (t *table) syncSoon(w *watch, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.asked && w.listsOn == 0 && w.due.After(at) && w.syncedAt.Before(at) && w.pendingSince.IsZero() {
		w.due = at
		signal(t.follow)
	}
}

// lookWatch returns what a source sees of a pattern: the data IDs in order, if they are not those
// of the version that it has seen, and when all of them were requested. An error of the connection
// takes precedence over that of the watch, and neither hides what was known before.
func (t *table) lookWatch(w *watch, seen int) (names []string, version int, syncedAt time.Time, changed <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.version != seen {
		names = slices.Sorted(maps.Keys(w.names))
	}
	if err = t.offlineErr; err == nil {
		err = w.err
	}
	return names, w.version, w.syncedAt, w.changed, err
}

// isEmpty reports whether a watch has no names.
func (t *table) isEmpty(w *watch) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(w.names) == 0
}

// crowd is the keys of the source of a pattern. table.mu guards changed.
type crowd struct {
	wake    chan struct{} // signals that changed is not empty
	changed map[*entry]struct{}
}

func newCrowd() *crowd {
	return &crowd{wake: make(chan struct{}, 1), changed: map[*entry]struct{}{}}
}

func (c *crowd) wakeLocked(e *entry) {
	c.changed[e] = struct{}{}
	signal(c.wake)
}

// join adds a key to a crowd, and part removes it.
func (t *table) join(c *crowd, e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	past := e.pastLocked()
	past.crowds = append(past.crowds, c)
	c.wakeLocked(e)
}

func (t *table) part(c *crowd, e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	past := e.pastLocked()
	past.crowds = slices.DeleteFunc(past.crowds, func(x *crowd) bool { return x == c })
	delete(c.changed, e)
}

// news is what is new of a key: what was read, if anything, and an error.
type news struct {
	entry *entry
	doc   *doc
	err   error
}

// takeChanged returns the keys that have changed since the last call.
func (t *table) takeChanged(c *crowd) (all []news) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := range c.changed {
		all = append(all, news{e, e.doc, e.err})
	}
	clear(c.changed)
	return all
}

// areFresh reports whether all keys are registered and none is stale or being read.
func (t *table) areFresh(keys func(yield func(*entry) bool)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := range keys {
		if !e.registered || e.stale || e.inFlight {
			return false
		}
	}
	return true
}

func (t *table) syncedAt(w *watch) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return w.syncedAt
}

// beginSync records a synchronization that is about to be requested, and returns the names that the
// server need not send.
func (t *table) beginSync(w *watch, asked time.Time) (received []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.ended:
	default:
	}
	w.asked = true
	if w.pendingSince.IsZero() {
		w.pendingSince = asked
	}
	return slices.Sorted(maps.Values(w.names))
}

// isListed reports whether the names of a watch are listed on a connection, and setListed makes it
// so.
func (t *table) isListed(w *watch, c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return w.listsOn == c.number
}

func (t *table) setListed(w *watch, c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.listsOn, w.pendingSince = c.number, time.Time{}
}

// maxNames bounds the names of a watch: what matches the pattern of the server may be more than
// what matches the pattern of the source.
const maxNames = maxList

// named takes a name that a server says exists, or no longer does.
func (t *table) namedLocked(w *watch, id, name string, gone bool) {
	if !matches(w.pattern, id) {
		return
	}
	known, ok := w.names[id]
	switch {
	case gone && ok && known == name:
		delete(w.names, id)
	case !gone && !ok && len(w.names) < maxNames:
		w.names[id] = name
	case !gone && ok:
		w.names[id] = name // as this server writes it
		return
	default:
		return
	}
	w.version++
	w.wakeLocked()
}

// takeSync takes a push about a pattern.
func (t *table) takeSync(p watchSync) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.watches {
		if w.server != p.Pattern {
			continue
		}
		for _, c := range p.Contexts {
			if id, ok := dataIDOf(c.Name, w.group); ok {
				t.namedLocked(w, id, c.Name, c.Type == watchGone)
			}
		}
		if p.Type == watchEnd && !w.pendingSince.IsZero() {
			t.syncedLocked(w, w.pendingSince)
			w.pendingSince = time.Time{}
			signal(w.ended)
		}
	}
}

// takeNews takes a push about one config.
func (t *table) takeNews(p watchNews) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.watches {
		if id, ok := dataIDOf(p.Name, w.group); ok {
			t.namedLocked(w, id, p.Name, p.Type == watchGone)
		}
	}
}

// listed takes the names of a list that was requested at the given time.
func (t *table) listed(w *watch, ids []string, nameOf func(id string) string, asked time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	same := len(ids) == len(w.names)
	for _, id := range ids {
		_, ok := w.names[id]
		same = same && ok
	}
	if !same {
		clear(w.names)
		for _, id := range ids {
			w.names[id] = nameOf(id)
		}
		w.version++
		w.wakeLocked()
	}
	t.syncedLocked(w, asked)
}

// syncedLocked records that the names are those that the server had at the given time or later.
func (t *table) syncedLocked(w *watch, asked time.Time) {
	wake := w.syncedAt.IsZero() || w.err != nil
	w.syncedAt, w.err = asked, nil
	if wake {
		w.wakeLocked()
	}
}

// syncEnded records the end of an attempt to synchronize, and when the next one is due. It returns
// the number of failures in a row.
func (t *table) syncEnded(w *watch, err error, next func(failures int) time.Time) (failures int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		w.failures = 0
	} else if w.failures++; w.failures >= lasting(err) && !same(w.err, err) {
		w.err = err
		w.wakeLocked()
	}
	w.due = next(w.failures)
	return w.failures
}

// watchesOfflineLocked resets what depends on the connection.
func (t *table) watchesOfflineLocked() {
	t.cancelled = nil
	for _, w := range t.watches {
		w.asked, w.listsOn, w.pendingSince, w.due, w.failures = false, 0, time.Time{}, time.Time{}, 0
	}
}

// watchSeparator is between the namespace, the group and the data ID of a pattern.
const watchSeparator = ">>"

// serverPattern returns the pattern that a server is asked for, which matches what a pattern
// matches, and maybe more. A server knows a * at the beginning and at the end only.
func serverPattern(pattern string) string {
	parts := strings.Split(pattern, "*")
	longest := 0
	for i, part := range parts {
		if len(part) > len(parts[longest]) {
			longest = i
		}
	}
	text := parts[longest]
	switch {
	case len(parts) == 1:
		return pattern
	case text == "":
		return "*"
	}
	if longest > 0 {
		text = "*" + text
	}
	if longest < len(parts)-1 {
		text += "*"
	}
	return text
}

// dataIDOf returns the data ID of a server's name of a config, "orders.yaml+DEFAULT_GROUP+public",
// if it is a valid one in the group.
func dataIDOf(name, group string) (id string, ok bool) {
	id, rest, _ := strings.Cut(name, "+")
	of, _, _ := strings.Cut(rest, "+")
	return id, of == group && Key{Group: group, DataID: id}.problems() == nil
}
