package nacos

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// A server does not report a missing namespace: it answers as if every config in it were missing,
// and accepts publishes. The most common mistake is to use the name of a namespace in the place of
// its id. So, if a config outside the public namespace is missing, the session reads the list of
// namespaces.

const (
	namespaceEvery  = time.Minute // the shortest interval of such reads
	namespaceWithin = time.Second // and their timeout: a better error is not worth a longer wait
)

// space is what is known of the session's namespace.
type space struct {
	slot chan struct{} // held while the list is read

	mu      sync.Mutex
	asked   time.Time
	unknown bool // the list could not be read
	missing bool
	realID  string // the id of the namespace whose *name* is set as an id; may be empty
}

func newSpace() *space { return &space{slot: make(chan struct{}, 1)} }

// absentLocked returns the error of a missing config.
func (p *space) absent(k Key) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.missing {
		return errNotFound(k)
	}
	e := NamespaceNotFound.fail("read", k.String())
	if p.realID != "" {
		e.Fix = "use the id of the namespace, " + p.realID + ", and not its name"
	}
	return e
}

func (p *space) isMissing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.missing
}

// isUnknown reports whether the list should be read again.
func (p *space) isUnknown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unknown
}

// checkNamespace checks whether the namespace exists, unless that is known. If a server does not
// list its namespaces (the user lacks the permission, the interface differs), the namespace counts
// as existing. A failed read changes nothing.
func (s *session) checkNamespace(ctx context.Context, c *conn) {
	p := s.space
	if s.settings.namespace == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, namespaceWithin)
	defer cancel()
	select {
	case p.slot <- struct{}{}:
		defer func() { <-p.slot }()
	case <-ctx.Done():
		return
	}
	p.mu.Lock()
	known := !p.asked.IsZero() && time.Since(p.asked) < namespaceEvery
	p.mu.Unlock()
	if known {
		return
	}
	missing, realID, err := s.namespaceMissing(ctx, c)
	p.mu.Lock()
	was := p.missing
	p.asked, p.unknown = time.Now(), err != nil
	if err != nil {
		p.mu.Unlock()
		return
	}
	p.missing, p.realID = missing, realID
	p.mu.Unlock()
	if missing == was {
		return
	}
	s.table.wakeAbsent()
	if missing {
		s.emit(Event{Kind: EventNamespaceNotFound, Server: c.server.String(), Err: p.absent(Key{Namespace: s.settings.namespace, Group: s.settings.group})})
	}
}

// namespaceMissing returns an error only if the server is down or not ready.
func (s *session) namespaceMissing(ctx context.Context, c *conn) (missing bool, realID string, err error) {
	body, err := s.console(ctx, c, Key{}, "read namespaces of",
		call{method: http.MethodGet, path: "/v1/console/namespaces", most: fewBytes},
		call{method: http.MethodGet, path: "/v3/admin/core/namespace/list", most: fewBytes},
	)
	var list []struct {
		ID   string `json:"namespace"`
		Name string `json:"namespaceShowName"`
	}
	kind := source.KindOf(err)
	if ctx.Err() != nil || kind == source.Unavailable || kind == source.Timeout {
		return false, "", errors.Join(err, ctx.Err())
	}
	if err != nil || json.Unmarshal(body, &list) != nil || len(list) == 0 {
		return false, "", nil //nolint:nilerr // the server does not list them
	}
	for _, n := range list {
		if n.ID == s.settings.namespace {
			return false, "", nil
		}
		// Text of a server enters an error only if it can be an id.
		if n.Name == s.settings.namespace && nameProblems("namespace", n.ID, maxNamespace) == nil {
			realID = n.ID
		}
	}
	return true, realID, nil
}

func (t *table) anyAbsent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.absentLocked() {
			return true
		}
	}
	return false
}

// wakeAbsent wakes the sources of all missing configs, whose error may have changed.
func (t *table) wakeAbsent() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.absentLocked() {
			e.wakeLocked()
		}
	}
}
