package engine

import (
	"slices"
	"strings"
)

// memory is which secrets are known. It never forgets one of a content that is in use or has just been decoded, however many there
// are: those of the live version, of the versions in the history, and of the newest contents. Of all others it knows
// the latest.
type secretMemory struct {
	known  map[string]bool
	order  []string   // oldest first
	limit  int        // of order, before it is looked through
	inUse  [][]string // as the writer has said last
	recent [][]string // that were added last
}

const (
	maxUnused = 4096 // secrets of no content in use that are known
	maxRecent = 16   // contents that are decoded and that the writer may not have taken yet
)

// addContent adds the secrets of a content that was decoded.
func (r *redactor) addContent(secrets []string) {
	if len(secrets) == 0 {
		return
	}
	r.mu.Lock()
	r.recent = append(r.recent, secrets)
	if over := len(r.recent) - maxRecent; over > 0 {
		r.recent = slices.Delete(r.recent, 0, over)
	}
	r.mu.Unlock()
	r.add(secrets...)
}

// add adds secrets.
func (r *redactor) add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := false
	for _, secret := range secrets {
		if r.known[secret] || strings.TrimSpace(secret) == "" {
			continue
		}
		if r.known == nil {
			r.known = map[string]bool{}
		}
		r.known[secret] = true
		r.order = append(r.order, secret)
		changed = true
	}
	if changed {
		r.replacer = nil
		r.dropUnused()
	}
}

// use says which contents are in use: the secrets of each.
func (r *redactor) setInUse(all [][]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse = all
}

// forget drops the oldest secrets of no content in use, once there are many more than at the last time.
func (m *secretMemory) dropUnused() {
	if len(m.order) <= max(m.limit, maxUnused) {
		return
	}
	needed := map[string]bool{}
	for _, list := range slices.Concat(m.inUse, m.recent) {
		for _, secret := range list {
			needed[secret] = true
		}
	}
	unused := 0
	for _, secret := range m.order {
		if !needed[secret] {
			unused++
		}
	}
	drop := unused - maxUnused/2
	m.order = slices.DeleteFunc(m.order, func(secret string) bool {
		if needed[secret] || drop <= 0 {
			return false
		}
		drop--
		delete(m.known, secret)
		return true
	})
	m.limit = len(m.order) + maxUnused/2
}

// tellInUse tells the scrubber the secrets of the contents that are live, newest or in the history. Only the
// writer calls it, after one of these has changed.
func (e *Engine) markSecretsInUse() {
	done := map[*layerContent]bool{nil: true}
	var all [][]string
	add := func(contents ...*layerContent) {
		for _, c := range contents {
			if !done[c] {
				done[c] = true
				if len(c.secrets) > 0 {
					all = append(all, c.secrets)
				}
			}
		}
	}
	for _, l := range e.layers {
		add(l.latest, l.applied, l.diskCopy)
	}
	if previous := e.cell.Previous(); previous != nil {
		add(previous.contents...)
	}
	e.mu.Lock()
	for _, h := range e.history {
		if h.state != nil {
			add(h.state.contents...)
		}
	}
	e.mu.Unlock()
	e.redactor.setInUse(all)
}
