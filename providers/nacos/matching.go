package nacos

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// maxMatching is the number of configs of one source.
const maxMatching = 1000

// Matching returns the configs whose data IDs match a pattern, as one source with a document for
// each, sorted by data ID: where two have the same key, the later one wins. A config that is
// created joins the source, and one that is deleted leaves it.
//
//	cfg, err := nacre.Open[Config](ctx, client.Matching("tenant-*.yaml", nacos.Group("TENANTS")))
//
// In the pattern, * stands for any text, as in [Client.List], and variables are those of
// [Client.Source]. The options hold for all of the configs. The group is a name, not a pattern.
//
// A Nacos 3 pushes which configs are created and deleted. The session asks for all of them again
// whenever it compares its keys (see [ReconcileEvery]), so a push that is lost costs half a minute.
// From a Nacos 2, and where a Nacos 3 refuses, the session lists the configs at that interval with
// the request of [Client.List], which needs the same permission and, from a Nacos 2, carries their
// contents. A Nacos 3.0 refuses if the user may not read the public namespace, with 500 configs
// that match, and from the 21st pattern of all clients on. Each config is read, watched and
// verified as that of any other source.
//
// The first content has all configs that match. Later, one that joins is added once it has been
// read, and a config that cannot be read does not hold up the others. One that is not valid does,
// since the engine accepts or rejects a layer as a whole. A config that is deleted is first absent:
// the engine keeps its last content. It leaves when, after that, a complete list no longer has it
// and every other config of the source is known, so that configs that vanish together leave
// together. That is about a second with pushes, and an interval without. The engine's change guard
// then decides about the keys that are lost. A list alone removes nothing: a server that lists no
// configs, but still has them, changes nothing. If all have left, the content is one absent
// document with the name of the source.
//
// A pattern may match up to 1000 configs. With more, Next reports [TooLarge], and the source keeps
// those that it has.
func (c *Client) Matching(pattern string, opts ...SourceOption) source.Source {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	pattern, unset := c.expand(pattern)
	s := &matchingSource{
		client: c, key: c.key(pattern, o), format: o.format, allowUnknown: o.allowUnknown, crowd: newCrowd(), version: -1,
	}
	problems := Key{Group: s.key.Group, DataID: plain(pattern)}.problems()
	switch {
	case unset != nil:
		s.bad = errTemplate(s.key, unset)
	case problems != nil:
		s.bad = errBadPattern(s.key, problems, " in the data ID")
	case !c.adoptMatching(s):
		s.bad = errClosed(s.key.String())
	}
	return s
}

// adoptMatching declares the pattern of a source, and records the source so that Close closes it.
// It reports whether the client is open.
func (c *Client) adoptMatching(s *matchingSource) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	s.watch = c.session.table.watch(watchKey{s.key.Group, s.key.DataID}, s.key.Namespace)
	c.matches = append(c.matches, s)
	return true
}

func (c *Client) disownMatching(s *matchingSource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.matches = slices.DeleteFunc(c.matches, func(x *matchingSource) bool { return x == s })
}

// matchingSource is the configs that match a pattern as a layer. Call Next from one goroutine at a
// time; the other methods are safe for concurrent use.
type matchingSource struct {
	client       *Client
	key          Key    // its data ID is the pattern
	watch        *watch // nil if bad is set
	format       string // of the options
	allowUnknown bool
	bad          error // why this source cannot work

	crowd *crowd

	// Used by Next only.
	detect  source.ChangeDetector
	gave    source.Revision // the last content that Next returned
	started bool            // there was a content
	version int             // of the list
	listed  int             // configs in it
	order   []*matched      // all members, by data ID

	mu       sync.Mutex
	closed   bool
	members  map[string]*matched // by data ID
	returned []*returned         // what may still be acknowledged, the newest last
}

var (
	_ source.FreshnessReporter = (*matchingSource)(nil)
	_ source.Acknowledger      = (*matchingSource)(nil)
	_ source.Describer         = (*matchingSource)(nil)
	_ source.Noter             = (*matchingSource)(nil)
	_ io.Closer                = (*matchingSource)(nil)
)

// Name returns the pattern, or "TENANTS/tenant-*.yaml" if the group is not that of the client.
func (s *matchingSource) Name() string {
	name := cmp.Or(s.key.DataID, "*")
	if s.key.Group != "" && s.key.Group != s.client.settings.group {
		name = s.key.Group + "/" + name
	}
	return name
}

// Describe returns the description that a config in the place of the pattern has, without a
// document.
func (s *matchingSource) Describe() source.Description {
	one := &configSource{client: s.client, entry: &entry{key: s.key}}
	d := one.Describe()
	d.Document = ""
	return d
}

// Format writes the identity for every verb, so that fmt does not print the fields.
func (s *matchingSource) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.Describe().Identity)
}

// VerifiedAt returns when the server last confirmed the list of the configs, or one of the configs,
// whichever is the longest ago. Zero: not yet.
func (s *matchingSource) VerifiedAt() time.Time {
	if s.bad != nil {
		return time.Time{}
	}
	at := s.client.session.table.syncedAt(s.watch)
	for _, m := range s.sources(func(m *matched) bool { return m.joined }) {
		if t := m.VerifiedAt(); t.Before(at) {
			at = t
		}
	}
	return at
}

// Notes returns the notes of all configs; see [source.Noter].
func (s *matchingSource) Notes() (notes []string) {
	for _, m := range s.sources(func(m *matched) bool { return m.joined }) {
		notes = append(notes, m.Notes()...)
	}
	return notes
}

// sources returns the sources of those configs, in order.
func (s *matchingSource) sources(which func(*matched) bool) (all []*configSource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.members)) {
		if m := s.members[id]; which(m) {
			all = append(all, m.source)
		}
	}
	return all
}

// Ack records that a content is live, and reports the md5 of each config to the server.
func (s *matchingSource) Ack(rev source.Revision, rejected error) {
	if rejected != nil || s.bad != nil {
		return
	}
	var live *returned
	s.mu.Lock()
	live, s.returned = acknowledged(s.returned, rev)
	s.mu.Unlock()
	if live != nil {
		live.report()
	}
}

// Next returns the configs when one of them, or which they are, differs from prev; see
// [source.Source].
func (s *matchingSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		content, configs, changed, leaving, err := s.look()
		switch {
		case err != nil && (content.Revision == "" || content.Revision == s.gave):
			if s.detect.Changed(prev, "", err) {
				return source.Content{}, err
			}
		case content.Revision != "" && s.detect.Changed(prev, content.Revision, nil):
			s.gave = content.Revision
			s.mu.Lock()
			s.returned = remember(s.returned, content.Revision, configs)
			s.mu.Unlock()
			return content, nil
		}
		s.wait(ctx, changed, leaving)
	}
}

// wait waits until there may be something new.
func (s *matchingSource) wait(ctx context.Context, changed <-chan struct{}, leaving bool) {
	var soon <-chan time.Time
	if leaving {
		timer := time.NewTimer(leaveEvery)
		defer timer.Stop()
		soon = timer.C
	}
	select {
	case <-changed:
	case <-s.crowd.wake:
	case <-soon:
	case <-ctx.Done():
	}
}

const (
	// A list confirms the end of a config if it comes that long after the newest end of any, or,
	// where configs end all the time, after its own.
	leaveAfter  = time.Second
	leaveWithin = time.Minute
	// leaveEvery is the interval at which Next looks whether it has come.
	leaveEvery = 500 * time.Millisecond
)

// look returns the newest content, with the md5 of each config, and the error that there is besides
// or instead. The content has no revision if there is none. changed signals a change of the list.
// leaving says that a config that no longer exists has not left yet.
func (s *matchingSource) look() (content source.Content, configs []configMD5, changed <-chan struct{}, leaving bool, err error) {
	if s.bad != nil {
		return content, nil, nil, false, s.bad
	}
	table := s.client.session.table
	names, version, syncedAt, changed, err := table.lookWatch(s.watch, s.version)
	if version != s.version {
		s.follow(names)
		s.version, s.listed = version, len(names)
	}
	now := time.Now()
	for _, n := range table.takeChanged(s.crowd) {
		s.hear(n, now)
	}
	if s.isClosed() {
		return content, nil, changed, false, errClosed(s.key.String())
	}
	if err == nil && s.listed > maxMatching {
		err = s.errTooMany(s.listed)
	}
	whole := !syncedAt.IsZero() && s.listed <= maxMatching
	var last time.Time // the newest end of a config
	gone := false
	for _, m := range s.order {
		if err == nil {
			err = m.err
		}
		whole = whole && m.doc != nil
		gone = gone || !m.goneAt.IsZero()
		if m.joined && m.goneAt.After(last) {
			last = m.goneAt
		}
	}
	if gone {
		settled := table.areFresh(s.entries)
		leaving = s.leave(func(m *matched) bool {
			return settled && (!syncedAt.Before(last.Add(leaveAfter)) || syncedAt.After(m.goneAt.Add(leaveWithin)))
		})
		if leaving {
			table.syncSoon(s.watch, last.Add(leaveAfter))
		}
	}
	s.started = s.started || whole
	if s.started {
		content, configs = s.compose()
	}
	return content, configs, changed, leaving, err
}

func (s *matchingSource) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// entries are the keys of all members. Next alone calls it.
func (s *matchingSource) entries(yield func(*entry) bool) {
	for _, m := range s.order {
		if !yield(m.source.entry) {
			return
		}
	}
}

// errTooMany is the error of a pattern with too many configs.
func (s *matchingSource) errTooMany(n int) error {
	e := TooLarge.failAs("list", s.key.String(), strconv.Itoa(n)+" configs match the pattern, and a source takes up to "+strconv.Itoa(maxMatching))
	e.Fix = "use a narrower pattern, or several sources; the configs that the source has stay in use"
	return e
}

// errNone returns the error of a pattern that matches no config.
func (s *matchingSource) errNone() error {
	if space := s.client.session.space; space.isMissing() {
		return space.absent(s.key)
	}
	e := ConfigNotFound.failAs("list", s.key.String(), "no config matches the pattern")
	e.Fix = "check pattern and group for a typo, and that the namespace is an *id* and not a name; if there may be none, use nacre.AbsentOK()"
	return e
}

// Close ends the source: Next returns, and the client stops listening to its configs.
func (s *matchingSource) Close() error {
	s.mu.Lock()
	closed, members := s.closed, s.members
	s.closed, s.members = true, nil
	s.mu.Unlock()
	if !closed && s.watch != nil {
		s.client.disownMatching(s)
		for _, m := range members {
			s.drop(m)
		}
		s.client.session.table.unwatch(s.watch)
	}
	return nil
}
