package nacos

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// matched is a config that matches, or has matched.
type matched struct {
	source *configSource
	listed bool            // in the newest list
	joined bool            // it existed when it was read, and has not left
	doc    *doc            // the newest that is known; nil: it has not been read
	out    source.Document // doc, as a document of the content
	err    error           // besides or instead
	goneAt time.Time       // since when Next has known that it does not exist; zero: it may exist
}

func (m *matched) id() string { return m.source.entry.key.DataID }

// hear takes what is new of a key.
func (s *matchingSource) hear(n news, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.members[n.entry.key.DataID]
	if m == nil || m.source.entry != n.entry { // it has left, or the source is closed
		return
	}
	m.err = n.err
	d := n.doc
	switch {
	case d == nil:
	case d.absent:
		m.take(d)
		if m.goneAt.IsZero() {
			m.goneAt = now
		}
	case m.source.format(d) == "": // a config that has joined keeps its document
		m.err = errUnknownFormat(n.entry.key, d.contentType)
	default:
		m.take(d)
		m.joined, m.goneAt = true, time.Time{}
	}
}

func (m *matched) take(d *doc) {
	m.doc, m.out = d, source.Document{Location: m.source.location()}
	m.source.fill(&m.out, d)
}

// follow listens to the configs of a list, unless they are too many.
func (s *matchingSource) follow(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.members == nil {
		s.members = map[string]*matched{}
	}
	for _, m := range s.members {
		m.listed = false
	}
	for _, id := range names {
		m := s.members[id]
		if m == nil && len(names) <= maxMatching {
			m = &matched{source: s.listen(id)}
			s.members[id] = m
		}
		if m != nil {
			m.listed = true
		}
	}
	s.order = slices.SortedFunc(maps.Values(s.members), func(a, b *matched) int { return cmp.Compare(a.id(), b.id()) })
}

// listen returns a source of a config.
func (s *matchingSource) listen(id string) *configSource {
	k := s.key
	k.DataID = id
	m := &configSource{client: s.client, fixed: cmp.Or(s.format, source.FormatOf(id)), allowUnknown: s.allowUnknown, optional: true}
	if !s.client.adopt(m, k) {
		m.bad, m.entry = errClosed(k.String()), &entry{key: k}
		return m
	}
	s.client.session.table.join(s.crowd, m.entry)
	return m
}

// leave removes the configs that do not exist and are not listed: at once those that have not
// joined, and the others if a list has confirmed it. It reports whether others are leaving.
func (s *matchingSource) leave(confirmed func(*matched) bool) (leaving bool) {
	var gone, stay []*matched
	s.mu.Lock()
	for _, m := range s.order {
		switch {
		case !m.goneAt.IsZero() && !m.listed && (!m.joined || confirmed(m)):
			delete(s.members, m.id())
			gone = append(gone, m)
		default:
			stay = append(stay, m)
			leaving = leaving || m.joined && !m.goneAt.IsZero()
		}
	}
	s.order = stay
	s.mu.Unlock()
	for _, m := range gone {
		s.drop(m)
	}
	return leaving
}

// drop ends listening to a config.
func (s *matchingSource) drop(m *matched) {
	if m.source.bad == nil {
		s.client.session.table.part(s.crowd, m.source.entry)
	}
	_ = m.source.Close()
}

// compose returns the content of the configs that have joined.
func (s *matchingSource) compose() (content source.Content, configs []configMD5) {
	parts := make([]string, 0, 3*len(s.order))
	configs = make([]configMD5, 0, len(s.order))
	content.Documents = make([]source.Document, 0, len(s.order))
	for _, m := range s.order {
		if !m.joined {
			continue
		}
		content.Documents = append(content.Documents, m.out)
		configs = append(configs, configMD5{m.source, m.doc.md5()})
		parts = append(parts, m.id(), string(m.doc.revision), m.out.Format)
	}
	if len(parts) == 0 {
		content.Documents = []source.Document{{Name: s.Name(), Location: s.key.String(), Absent: true, AbsentErr: s.errNone()}}
	}
	content.Revision = revisionOf(revisionMatch, parts...)
	return content, configs
}
