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

// A server does not say that a namespace is missing: it answers as if each config in it were, and
// takes what is published. Since naming a namespace by its name and not by its id is the commonest
// slip of all, a config that is missing outside the public namespace makes the session look into
// the list of namespaces.

const (
	namespaceEvery  = time.Minute // at most that often
	namespaceWithin = time.Second // and for no longer: the reason of an error is worth no more waiting
)

// space is what is known of the session's namespace.
type space struct {
	one chan struct{} // held while the list is asked for

	mu      sync.Mutex
	asked   time.Time
	unknown bool // it could not be asked for
	missing bool
	called  string // the id of the namespace whose *name* is what was given as an id; may be empty
}

func newSpace() *space { return &space{one: make(chan struct{}, 1)} }

// absent returns the error of a config that is not there.
func (p *space) absent(k Key) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.missing {
		return errNotFound(k)
	}
	e := NamespaceNotFound.fail("read", k.String())
	if p.called != "" {
		e.Fix = "name the namespace by its id, " + p.called + ": what is given now is its name"
	}
	return e
}

func (p *space) isMissing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.missing
}

// isUnknown reports whether it is worth asking again.
func (p *space) isUnknown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unknown
}

// lookForNamespace asks whether there is such a namespace, unless that is known. A server that does
// not tell (the user may not, it has another interface) leaves it open, and then there is. One that
// cannot be asked now changes nothing in what is known.
func (s *session) lookForNamespace(ctx context.Context, c *conn) {
	p := s.space
	if s.settings.namespace == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, namespaceWithin)
	defer cancel()
	select {
	case p.one <- struct{}{}:
		defer func() { <-p.one }()
	case <-ctx.Done():
		return
	}
	p.mu.Lock()
	known := !p.asked.IsZero() && time.Since(p.asked) < namespaceEvery
	p.mu.Unlock()
	if known {
		return
	}
	missing, called, err := s.namespaceMissing(ctx, c)
	p.mu.Lock()
	was := p.missing
	p.asked, p.unknown = time.Now(), err != nil
	if err != nil {
		p.mu.Unlock()
		return
	}
	p.missing, p.called = missing, called
	p.mu.Unlock()
	if missing == was {
		return
	}
	s.table.wakeAbsent()
	if missing {
		s.emit(Event{Kind: EventNamespaceNotFound, Server: c.server.String(), Err: p.absent(Key{Namespace: s.settings.namespace, Group: s.settings.group})})
	}
}

// namespaceMissing returns the error of a server that is not there or not ready, no other.
func (s *session) namespaceMissing(ctx context.Context, c *conn) (missing bool, called string, err error) {
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
		return false, "", nil //nolint:nilerr // it does not tell
	}
	for _, n := range list {
		if n.ID == s.settings.namespace {
			return false, "", nil
		}
		// What a server says goes into an error only where it can be an id.
		if n.Name == s.settings.namespace && nameProblems("namespace", n.ID, maxNamespace) == nil {
			called = n.ID
		}
	}
	return true, called, nil
}

func (t *table) anyAbsent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.absent() {
			return true
		}
	}
	return false
}

// wakeAbsent wakes the sources of all configs that are not there: the reason may be another one.
func (t *table) wakeAbsent() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if e.absent() {
			e.wake()
		}
	}
}
