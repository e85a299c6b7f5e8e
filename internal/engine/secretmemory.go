package engine

import (
	"slices"
	"strings"
)

// secretMemory holds the known secrets. It keeps all secrets of the contents in use (those of the
// live version, of the versions in the history, and the newest ones) and of a content that was just
// decoded. Of all other secrets it keeps the latest.
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
func (s *redactor) addContent(secrets []string) {
	if len(secrets) == 0 {
		return
	}
	s.mu.Lock()
	s.recent = append(s.recent, secrets)
	if over := len(s.recent) - maxRecent; over > 0 {
		s.recent = slices.Delete(s.recent, 0, over)
	}
	s.mu.Unlock()
	s.add(secrets...)
}

// add adds secrets.
func (s *redactor) add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := false
	for _, secret := range secrets {
		if s.known[secret] || strings.TrimSpace(secret) == "" {
			continue
		}
		if s.known == nil {
			s.known = map[string]bool{}
		}
		s.known[secret] = true
		s.order = append(s.order, secret)
		news = true
	}
	if news {
		s.replacer = nil
		s.forget()
	}
}

// use says which contents are in use: the secrets of each.
func (s *redactor) use(all [][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse = all
}

// forget drops the oldest secrets of no content in use, once there are many more than at the last
// time.
func (m *secretMemory) forget() {
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

// markSecretsInUse gives the redactor the secrets of the contents that are live, newest or in the
// history. Only the writer calls it, after one of these has changed.
func (e *Engine) markSecretsInUse() {
	done := map[*layerContent]bool{nil: true}
	var all [][]string
	use := func(contents ...*layerContent) {
		for _, c := range contents {
			if !done[c] {
				done[c] = true
				if len(c.secrets) > 0 {
					all = append(all, c.secrets)
				}
			}
		}
	}
	for _, f := range e.layers {
		use(f.latest, f.applied, f.diskCopy)
	}
	if previous := e.cell.Previous(); previous != nil {
		use(previous.contents...)
	}
	e.mu.Lock()
	for _, h := range e.history {
		if h.state != nil {
			use(h.state.contents...)
		}
	}
	e.mu.Unlock()
	e.redactor.use(all)
}
