package fakenacos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The fuzzy watch of a Nacos 3: a client names a pattern, and the server tells which configs match
// it, and later which of them are created and deleted. A client repeats the request with the names
// that it has, and the server sends what differs.

// The limits of a 3.0.3 with its default settings.
const (
	watchBatch    = 20  // names in one push
	maxWatches    = 20  // patterns of all clients
	maxWatched    = 500 // configs of a pattern; from so many on, the server refuses it
	codePatterns  = 50310
	codeMatches   = 50311
	textPatterns  = "fuzzy watch pattern over limit"
	textMatches   = "fuzzy watch pattern matched count over limit"
	typeWatch     = "ConfigFuzzyWatchRequest"
	typeWatchSync = "ConfigFuzzyWatchSyncRequest"
	typeWatchNews = "ConfigFuzzyWatchChangeNotifyRequest"

	watchStart  = "WATCH"
	watchCancel = "CANCEL_WATCH"
	syncFirst   = "FUZZY_WATCH_INIT_NOTIFY"
	syncDiffers = "FUZZY_WATCH_DIFF_SYNC_NOTIFY"
	syncEnd     = "FINISH_FUZZY_WATCH_INIT_NOTIFY"
	nameAdded   = "ADD_CONFIG"
	nameChanged = "CONFIG_CHANGED"
	nameDeleted = "DELETE_CONFIG"
)

// fuzzy is a pattern that connections watch, with what matches it. A real server keeps one that is
// no longer watched for another minute.
type fuzzy struct {
	clients map[string]bool // IDs of connections
	names   map[Key]bool
}

type watchRequest struct {
	Pattern      string   `json:"groupKeyPattern"`
	Received     []string `json:"receivedGroupKeys"`
	WatchType    string   `json:"watchType"`
	Initializing bool     `json:"initializing"`
}

type watchSyncRequest struct {
	Headers   headers     `json:"headers"`
	RequestID string      `json:"requestId"`
	Pattern   string      `json:"groupKeyPattern"`
	Contexts  []watchName `json:"contexts,omitempty"`
	SyncType  string      `json:"syncType"`
	Total     int         `json:"totalBatch"`
	Current   int         `json:"currentBatch"`
	Module    string      `json:"module"`
}

type watchName struct {
	Name string `json:"groupKey"`
	Type string `json:"changedType"`
}

type watchNewsRequest struct {
	Headers   headers `json:"headers"`
	RequestID string  `json:"requestId"`
	Name      string  `json:"groupKey"`
	Type      string  `json:"changeType"`
	Module    string  `json:"module"`
}

// keys is empty: a real server takes the request for one about the public namespace, whatever its
// pattern says, and so does the check of the permissions.
func (watchRequest) keys() []Key        { return nil }
func (watchRequest) check() string      { return "" }
func (watchRequest) refuse(r reply) any { return plainReply{reply: r} }

func (r watchRequest) handle(c *call) (any, string) {
	s := c.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.WatchType {
	case watchStart:
	case watchCancel:
		s.unwatchLocked(r.Pattern, c.conn)
		fallthrough
	default:
		return plainReply{reply: ok(), Success: true}, ""
	}
	if strings.Count(r.Pattern, ">>") != 2 {
		return nil, "Index 1 out of bounds for length 1"
	}
	w := s.watches[r.Pattern]
	if w == nil {
		if len(s.watches) >= maxWatches {
			return r.refuse(fail(codePatterns, textPatterns)), ""
		}
		w = &fuzzy{clients: map[string]bool{}, names: map[Key]bool{}}
		s.watches[r.Pattern] = w
		for k := range s.store.served {
			if len(w.names) < maxWatched && matchesFuzzy(r.Pattern, k) {
				w.names[k] = true
			}
		}
	}
	w.clients[c.conn.transport.id] = true
	s.syncLocked(c.conn, r, w)
	if len(w.names) >= maxWatched {
		return r.refuse(fail(codeMatches, textMatches)), ""
	}
	return plainReply{reply: ok(), Success: true}, ""
}

// syncLocked sends what differs between a pattern and what a client has received of it, in batches.
// The first time it also sends an end, once the client has acknowledged all batches.
func (s *Server) syncLocked(c *connection, r watchRequest, w *fuzzy) {
	var differs []watchName
	received := map[string]bool{}
	for _, name := range r.Received {
		received[name] = true
	}
	for k := range w.names {
		if name := groupKeyOf(k); received[name] {
			delete(received, name)
		} else {
			differs = append(differs, watchName{name, nameAdded})
		}
	}
	for name := range received {
		if len(w.names) < maxWatched { // from there on, the names may not be all
			differs = append(differs, watchName{name, nameDeleted})
		}
	}
	slices.SortFunc(differs, func(a, b watchName) int { return strings.Compare(a.Name, b.Name) })
	typ, end := syncDiffers, func() {}
	if r.Initializing {
		typ = syncFirst
		end = func() {
			s.tellLocked(c, typeWatchSync, func(id string) any {
				return watchSyncRequest{RequestID: id, Pattern: r.Pattern, SyncType: syncEnd, Module: "config"}
			}, 1, func() {})
		}
	}
	batches := slices.Collect(slices.Chunk(differs, watchBatch))
	left := len(batches)
	if left == 0 {
		end()
	}
	for i, batch := range batches {
		s.pushLocked(c, Match{Connection: c.transport.id, Type: typeWatchSync}, func() {
			s.tellLocked(c, typeWatchSync, func(id string) any {
				return watchSyncRequest{RequestID: id, Pattern: r.Pattern, Contexts: batch, SyncType: typ, Total: len(batches), Current: i + 1, Module: "config"}
			}, 1, func() {
				if left--; left == 0 {
					end()
				}
			})
		})
	}
	s.noteLocked()
}

// tellLocked sends a push of a watch until it is acknowledged, and then calls acknowledged, which
// must not be nil, with the lock held.
func (s *Server) tellLocked(c *connection, typ string, body func(id string) any, try int, acknowledged func()) {
	if s.conns[c.transport.id] != c {
		return
	}
	s.stats.WatchPushes++
	s.askLocked(c, typ, s.opts.AckTimeout, body, func(success bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case success:
			acknowledged()
			s.noteLocked()
		case try >= s.opts.PushTries:
			if s.conns[c.transport.id] == c {
				s.forgetLocked(c)
				c.gone()
				s.noteLocked()
			}
		default:
			c.run.timers.after(time.Duration(try)*s.opts.RetryDelay, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.tellLocked(c, typ, body, try+1, acknowledged)
				s.noteLocked()
			})
		}
	})
}

// newsLocked tells the clients that watch a pattern that a config was created or deleted.
func (s *Server) newsLocked(k Key) {
	typ, news := nameDeleted, false
	if s.store.served[k] != nil {
		typ = nameChanged
	}
	clients := map[string]bool{}
	for pattern, w := range s.watches {
		if !matchesFuzzy(pattern, k) {
			continue
		}
		maps.Copy(clients, w.clients)
		switch {
		case typ == nameDeleted && w.names[k]:
			delete(w.names, k)
			news = true
		case typ == nameChanged && !w.names[k] && len(w.names) < maxWatched:
			w.names[k] = true
			news = true
		}
	}
	if !news {
		return
	}
	for _, c := range s.sortedLocked() {
		if !clients[c.transport.id] {
			continue
		}
		s.pushLocked(c, Match{Key: k, Connection: c.transport.id, Type: typeWatchNews}, func() {
			s.tellLocked(c, typeWatchNews, func(id string) any {
				return watchNewsRequest{RequestID: id, Name: groupKeyOf(k), Type: typ, Module: "config"}
			}, 1, func() {})
		})
	}
}

// unwatchLocked ends what a connection watches: one pattern, or all of them if it is empty.
func (s *Server) unwatchLocked(pattern string, c *connection) {
	for p, w := range s.watches {
		if pattern == "" || p == pattern {
			delete(w.clients, c.transport.id)
		}
		if len(w.clients) == 0 {
			delete(s.watches, p)
		}
	}
}

// groupKeyOf is the name of a config in a fuzzy watch.
func groupKeyOf(k Key) string {
	space := k.Namespace
	if space == "" {
		space = "public"
	}
	return fmt.Sprintf("%s+%s+%s", k.DataID, k.Group, space)
}

// matchesFuzzy reports whether a config matches "namespace>>group>>data ID".
func matchesFuzzy(pattern string, k Key) bool {
	parts := strings.SplitN(pattern, ">>", 3)
	space := k.Namespace
	if space == "" {
		space = "public"
	}
	return parts[0] == space && matchesPart(parts[1], k.Group) && matchesPart(parts[2], k.DataID)
}

// matchesPart knows a * at the beginning and at the end, and elsewhere only in a pattern with one
// at both, where it does not count.
func matchesPart(pattern, name string) bool {
	first, last := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*")
	text := strings.ReplaceAll(pattern, "*", "")
	switch {
	case !strings.Contains(pattern, "*"):
		return pattern == name
	case pattern == "*":
		return true
	case first && last:
		return strings.Contains(name, text)
	case first:
		return strings.HasSuffix(name, text)
	case last:
		return strings.HasPrefix(name, text)
	}
	return false
}
