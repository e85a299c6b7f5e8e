package nacos

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// routes is the newest routing document, as Next has parsed it.
type routes struct {
	known  *doc   // it; nil before the first
	format string // in which it was parsed
	err    error  // why it selects nothing
}

// is reports whether a document is the one that was parsed. The publisher may change the type of a
// document, and so its format, without its content.
func (r *routes) is(d *doc, format string) bool {
	return r.known != nil && r.known.revision == d.revision && r.format == format
}

// selection is the configs that a routing document selects.
type selection struct {
	routing *doc // the document that selected them
	set     route.Set
	members []member
}

// member is one config of a selection.
type member struct {
	route.Document
	key    Key
	name   string // unique in the selection
	source *configSource
}

// state returns what is known of a config: the document, nil if it has not been read, and an error
// besides or instead.
func (s *configSource) state() (*doc, <-chan struct{}, error) {
	if s.bad != nil {
		return nil, nil, s.bad
	}
	d, changed, open, err := s.client.session.table.look(s.entry, s)
	switch {
	case !open:
		return nil, nil, errClosed(s.entry.key.String())
	case d != nil && !d.absent && s.format(d) == "":
		return nil, changed, errUnknownFormat(s.entry.key, d.contentType)
	}
	return d, changed, err
}

// look returns the content of the route that is or becomes live, with the md5 of each config, and
// the error that there is besides or instead. The content has no revision if there is none. reading
// says that a new route may become live as soon as its configs have been read.
func (s *routedSource) look() (content source.Content, configs []configMD5, wake wakers, reading bool, err error) {
	d, changed, err := s.table.state()
	wake = append(wake, changed)
	if d != nil && !s.routes.is(d, s.table.format(d)) {
		s.follow(d)
	}
	if err == nil {
		err = s.routes.err
	}
	live, wanted := s.selections()
	if wanted != nil && wanted != live {
		ready, waits := s.ready(wanted, live, &wake)
		if ready {
			s.switchTo(wanted)
			live = wanted
		} else if err == nil {
			err, reading = waits, waits == nil
		}
	}
	switch {
	case live != nil:
		var problem error
		if content, configs, problem = s.compose(live, &wake); err == nil {
			err = problem
		}
	case d != nil && d.absent && err == nil: // there never was a routing document
		content = source.Content{Documents: []source.Document{s.routingDocument(d)}, Revision: revisionOf(revisionRoute, revisionAbsent)}
		configs = []configMD5{{s.table, ""}}
	}
	return content, configs, wake, reading && err == nil, err
}

// selections returns the live and the wanted selection.
func (s *routedSource) selections() (live, wanted *selection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live, s.wanted
}

// follow makes the selection of a new routing document the wanted one. If the document selects
// nothing, the live one stays, and one that waits for its configs still waits.
func (s *routedSource) follow(d *doc) {
	s.routes = routes{known: d, format: s.table.format(d)}
	if d.absent {
		return
	}
	set, placed, err := s.route(d.content, s.routes.format)
	if err != nil {
		s.routes.err = err
		s.client.hook.emit(Event{Kind: EventRouteRejected, Time: time.Now(), Document: s.table.entry.key.String(), Err: err})
		return
	}
	s.mu.Lock()
	s.wanted = &selection{routing: d, set: set, members: s.membersLocked(placed)}
	unused := s.unusedLocked() // of a selection that never became live
	s.mu.Unlock()
	s.drop(unused)
}

// route returns the documents that a routing document selects for this instance, and their places.
func (s *routedSource) route(data []byte, format string) (route.Set, []member, error) {
	own := s.table.entry.key
	parsed, err := route.Parse(own.DataID, format, data)
	if err != nil {
		return route.Set{}, nil, errRoute(InvalidRoutes, own, err)
	}
	set, err := parsed.Route(s.client.settings.route)
	if err != nil {
		return route.Set{}, nil, errRoute(NoRoute, own, err)
	}
	placed, err := placesOf(set, own)
	if err != nil {
		return route.Set{}, nil, errRoute(NoRoute, own, err)
	}
	return set, placed, nil
}

// placesOf returns the members of a set, without sources. The key of the routing document has the
// namespace and the group of documents without.
func placesOf(set route.Set, own Key) ([]member, error) {
	var problems source.Problems
	var members []member
	lines := map[Key]int{own: 0}
	for _, d := range set.Documents {
		k := Key{Namespace: own.Namespace, Group: cmp.Or(d.Group, own.Group), DataID: d.DataID}
		if d.Namespace != "" {
			k.Namespace = namespaceID(d.Namespace)
		}
		wrong := append(nameProblems("namespace", k.Namespace, maxNamespace), k.problems()...)
		switch line, twice := lines[k]; {
		case len(wrong) > 0:
		case twice && line == 0:
			wrong = []string{"is the routing document itself"}
		case twice:
			wrong = []string{fmt.Sprintf("is the document of line %d again", line)}
		}
		if wrong != nil {
			problems = append(problems, &source.Problem{Kind: source.InvalidArgument, Message: strings.Join(wrong, "; "), Position: source.Position{Document: own.DataID, Line: d.Line}})
			continue
		}
		lines[k] = d.Line
		members = append(members, member{Document: d, key: k, name: k.nameIn(own)})
	}
	if problems != nil {
		return nil, problems
	}
	return members, nil
}

// membersLocked gives each member its source: the one that it has in the previous selections, or a
// new one. The caller holds mu until the selection is the wanted one, so that Ack does not take a
// new source for an unused one.
func (s *routedSource) membersLocked(placed []member) []member {
	type place struct {
		key    Key
		format string
	}
	have := map[place]*configSource{}
	for _, sel := range []*selection{s.live, s.wanted} {
		if sel != nil {
			for _, m := range sel.members {
				have[place{m.key, m.Format}] = m.source
			}
		}
	}
	for i := range placed {
		m := &placed[i]
		if m.source = have[place{m.key, m.Format}]; m.source == nil {
			m.source = s.listenLocked(m.key, m.Format)
		}
	}
	return placed
}

// listenLocked returns a source of a config.
func (s *routedSource) listenLocked(k Key, format string) *configSource {
	m := &configSource{client: s.client, fixed: cmp.Or(format, source.FormatOf(k.DataID))}
	if s.closed || !s.client.adoptIn(m, k) {
		m.bad, m.entry = errClosed(k.String()), &entry{key: k}
		return m
	}
	if s.open == nil {
		s.open = map[*configSource]struct{}{}
	}
	s.open[m] = struct{}{}
	return m
}

// unusedLocked returns the sources that no route needs.
func (s *routedSource) unusedLocked() (unused []*configSource) {
	needed := s.neededLocked()
	for m := range s.open {
		if !needed[m] {
			unused = append(unused, m)
			delete(s.open, m)
		}
	}
	return unused
}

// drop closes sources, and the connections to namespaces that have no other.
func (s *routedSource) drop(sources []*configSource) {
	for _, m := range sources {
		_ = m.Close()
	}
	s.client.leaveUnused()
}

// nameIn returns the name of a config among those of a route: its data ID, after the parts of its
// place that are not those of the routing document.
func (k Key) nameIn(routing Key) string {
	switch {
	case k.Namespace != routing.Namespace:
		return k.String()
	case k.Group != routing.Group:
		return k.Group + "/" + k.DataID
	}
	return k.DataID
}

// ready reports whether a selection can become live: all of its configs have been read, and those
// that must exist do. At the start they need not: the engine decides.
func (s *routedSource) ready(wanted, live *selection, wake *wakers) (ok bool, waits error) {
	ok = true
	for _, m := range wanted.members {
		d, changed, err := m.source.state()
		*wake = append(*wake, changed)
		switch {
		case d == nil:
			ok = false
			if waits == nil {
				waits = err
			}
		case d.absent && !m.Optional && live != nil && !live.requires(m.source):
			ok = false
			if waits == nil {
				waits = errRouteIncomplete(m.key, wanted.set.Reason, m.source.client.session.space.absent(m.key))
			}
		}
	}
	return ok, waits
}

// requires reports whether a selection has a config that it does not call optional. Such a config
// may have been deleted while the selection was live, which stops no later route.
func (s *selection) requires(source *configSource) bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.source == source && !m.Optional })
}

// switchTo makes a selection live.
func (s *routedSource) switchTo(wanted *selection) {
	s.mu.Lock()
	before := s.live
	s.live = wanted
	s.mu.Unlock()
	if before == nil || before.set.Reason != wanted.set.Reason || !slices.EqualFunc(before.members, wanted.members, sameMember) {
		s.client.hook.emit(Event{Kind: EventRouted, Time: time.Now(), Document: s.table.entry.key.String(), Route: wanted.set.Reason, Keys: len(wanted.members)})
	}
}

func sameMember(a, b member) bool { return a.source == b.source }

// compose returns the content of a selection, and the first error of one of its configs.
func (s *routedSource) compose(sel *selection, wake *wakers) (content source.Content, configs []configMD5, problem error) {
	routing := sel.routing
	if s.routes.known != nil && s.routes.known.absent {
		routing = s.routes.known // deleted: the engine keeps the last content
	}
	content.Documents = append(content.Documents, s.routingDocument(routing))
	configs = []configMD5{{s.table, routing.md5()}}
	parts := []string{string(routing.revision)}
	for _, m := range sel.members {
		d, changed, err := m.source.state()
		*wake = append(*wake, changed)
		if problem == nil {
			problem = err
		}
		if d == nil {
			return source.Content{}, nil, problem
		}
		content.Documents = append(content.Documents, s.document(m, d))
		configs = append(configs, configMD5{m.source, d.md5()})
		parts = append(parts, m.name, string(d.revision))
		if m.source.fixed == "" && !d.absent {
			parts = append(parts, m.source.format(d))
		}
	}
	content.Revision = revisionOf(revisionRoute, parts...)
	return content, configs, problem
}

// routingDocument returns the routing document as a document of the content.
func (s *routedSource) routingDocument(d *doc) source.Document {
	out := source.Document{Location: s.table.location(), Selects: true}
	s.table.fill(&out, d)
	out.AllowUnknown = false
	return out
}

// document returns one config of a selection as a document of the content.
func (s *routedSource) document(m member, d *doc) source.Document {
	out := source.Document{Location: m.source.location()}
	m.source.fill(&out, d)
	m.describe(&out, s.table.entry.key, s.allowUnknown)
	return out
}

// describe sets what the routing document, which has the key own, says of a document.
func (m *member) describe(out *source.Document, own Key, allowUnknown bool) {
	out.Name, out.Optional, out.AllowUnknown = m.name, m.Optional, m.AllowUnknown || allowUnknown
	out.Note = m.Reason
	if strings.HasPrefix(m.Reason, "rule ") {
		out.Note = "routed by " + m.Reason
	}
	if m.key.Namespace != own.Namespace || m.key.Group != own.Group {
		out.Namespace, out.Group = namespaceName(m.key.Namespace), m.key.Group
	}
}

// Seed returns the content of the route that the routing document of a seed selects.
func (s *routedSource) Seed(read func(namespace, group, name string) (source.Document, bool)) (source.Content, error) {
	own := s.table.entry.key
	readKey := func(k Key) (source.Document, bool) { return read(namespaceName(k.Namespace), k.Group, k.DataID) }
	routing, ok := readKey(own)
	if !ok {
		return source.Content{}, errNotFound(own)
	}
	set, placed, err := s.route(routing.Data, cmp.Or(s.table.fixed, routing.Format))
	if err != nil {
		return source.Content{}, err
	}
	routing.Name, routing.Selects = own.DataID, true
	content := source.Content{Documents: []source.Document{routing}}
	parts := []string{string(routing.Data)}
	for _, m := range placed {
		d, ok := readKey(m.key)
		switch {
		case !ok && m.Optional:
			d = source.Document{Absent: true}
		case !ok:
			return source.Content{}, errRouteIncomplete(m.key, set.Reason, nil)
		}
		m.describe(&d, own, s.allowUnknown)
		if m.Format != "" {
			d.Format = m.Format
		}
		content.Documents = append(content.Documents, d)
		parts = append(parts, m.name, string(d.Data))
	}
	content.Revision = revisionOf(revisionRoute, parts...)
	return content, nil
}
