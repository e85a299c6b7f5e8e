package redact

import (
	"slices"
	"strings"
)

// secretMemory holds the known secrets. It keeps all secrets of contents that are in use or were
// decoded recently: those of the live version, the history and the newest contents. Of other
// secrets it keeps the latest.
type secretMemory struct {
	known  map[string]bool
	order  []string   // oldest first
	limit  int        // length of order at which to drop unused secrets
	inUse  [][]string // by content, as the writer set them
	recent [][]string // by content, the last ones added
}

const (
	maxUnused = 4096 // known secrets of contents not in use
	maxRecent = 16   // decoded contents that the writer may not have received yet
)

// AddContent adds the secrets of a decoded content.
func (r *Redactor) AddContent(secrets []string) {
	if len(secrets) == 0 {
		return
	}
	r.mu.Lock()
	r.recent = append(r.recent, secrets)
	if over := len(r.recent) - maxRecent; over > 0 {
		r.recent = slices.Delete(r.recent, 0, over)
	}
	r.mu.Unlock()
	r.Add(secrets...)
}

// Add adds secrets.
func (r *Redactor) Add(secrets ...string) {
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
		r.dropUnusedLocked()
	}
}

// SetInUse sets the secrets of the contents in use.
func (r *Redactor) SetInUse(all [][]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse = all
}

// dropUnusedLocked drops the oldest secrets of contents not in use, once their number has grown by
// half of maxUnused. The caller must hold Redactor.mu.
func (m *secretMemory) dropUnusedLocked() {
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
