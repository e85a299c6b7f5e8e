package nacos

import (
	"context"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Routed returns the configs that a routing document selects for this instance, as one source. Its
// rules know the service, its version, the profile, the labels and the instance from [Config];
// package route describes the document.
//
//	client, err := nacos.NewClient(nacos.Config{
//		Servers: servers, AppName: "orders", AppVersion: "v2.3.1", Labels: map[string]string{"zone": "a"},
//	})
//	cfg, err := nacre.Open[Config](ctx, client.Routed("services.routes.yaml"), env.New("ORDERS"))
//
// The routing document is live, like every config. When it changes, or when a selected config does,
// the content changes once: a new route is one version, with all of its documents. Explain and
// Health say by which rule an instance has a document.
//
// A new route takes effect when all of its configs have been read and those that it requires exist.
// Until then, and while the routing document is invalid or has no rule for this instance, Next
// reports the error, and the previous route stays in use: changes of its configs take effect. So it
// does when the routing document is deleted, which is then absent and not an error. Without a
// previous route, as when the service starts, a config that does not exist is absent as in any
// other source, and the rest is an error.
//
// The routing document is a document of the content too, first and without any key, so that a
// manifest may list it. Of a manifest that lists configs of all routes, an instance needs those of
// its own. The options are those of the routing document, but for AllowUnknown, which holds for all
// documents. Those in other namespaces need the permission to read there; the client has a
// connection for each.
//
// Percentages are drawn by [Config].InstanceID or, if it is empty, by the name of the host.
func (c *Client) Routed(dataID string, opts ...SourceOption) source.Source {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	table, _ := c.Source(dataID, opts...).(*configSource)
	return &routedSource{client: c, table: table, allowUnknown: o.allowUnknown}
}

// routedSource is the documents of a route as a layer. Call Next from one goroutine at a time; the
// other methods are safe for concurrent use.
type routedSource struct {
	client       *Client
	table        *configSource // the routing document
	allowUnknown bool

	// Used by Next only.
	detect source.ChangeDetector
	gave   source.Revision // the last content that Next returned
	routes routes

	mu       sync.Mutex
	closed   bool
	live     *selection                 // of the last content
	wanted   *selection                 // of the newest routing document; it is live, or waits for its configs
	returned []*returned                // what may still be acknowledged, the newest last
	open     map[*configSource]struct{} // all sources but table
}

var (
	_ source.FreshnessReporter = (*routedSource)(nil)
	_ source.Acknowledger      = (*routedSource)(nil)
	_ source.Describer         = (*routedSource)(nil)
	_ source.Seeder            = (*routedSource)(nil)
	_ source.Noter             = (*routedSource)(nil)
	_ io.Closer                = (*routedSource)(nil)
)

// Name returns the name of the routing document.
func (s *routedSource) Name() string { return s.table.Name() }

// Describe returns the description of the routing document.
func (s *routedSource) Describe() source.Description { return s.table.Describe() }

// Format writes the identity for every verb, so that fmt does not print the fields.
func (s *routedSource) Format(f fmt.State, verb rune) { s.table.Format(f, verb) }

// VerifiedAt returns when the server last confirmed the document whose confirmation is the oldest.
func (s *routedSource) VerifiedAt() time.Time {
	at := s.table.VerifiedAt()
	live, _ := s.selections()
	if live == nil {
		return time.Time{}
	}
	for _, m := range live.members {
		if t := m.source.VerifiedAt(); t.Before(at) {
			at = t
		}
	}
	return at
}

// Notes returns the notes of all documents; see [source.Noter].
func (s *routedSource) Notes() []string {
	notes := s.table.Notes()
	live, _ := s.selections()
	if live != nil {
		for _, m := range live.members {
			notes = append(notes, m.source.Notes()...)
		}
	}
	return notes
}

// Ack records that a content is live, and reports the md5 of each document to the server. The
// client then stops listening to the configs of earlier routes.
func (s *routedSource) Ack(rev source.Revision, rejected error) {
	if rejected != nil {
		return
	}
	var live *returned
	s.mu.Lock()
	if live, s.returned = acknowledged(s.returned, rev); live == nil {
		s.mu.Unlock()
		return
	}
	unused := s.unusedLocked()
	s.mu.Unlock()
	live.report()
	s.drop(unused)
}

// neededLocked returns the sources of the routes that are or may become live.
func (s *routedSource) neededLocked() map[*configSource]bool {
	needed := map[*configSource]bool{}
	for _, r := range s.returned {
		for _, c := range r.configs {
			needed[c.source] = true
		}
	}
	for _, sel := range []*selection{s.live, s.wanted} {
		if sel != nil {
			for _, m := range sel.members {
				needed[m.source] = true
			}
		}
	}
	return needed
}

// Next returns the documents of the route when one of them, or the route, differs from prev; see
// [source.Source].
func (s *routedSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		content, configs, wake, reading, err := s.look()
		switch {
		case reading && content.Revision == s.gave && prev == s.gave: // an error that was returned has not ended yet
		case err != nil && (content.Revision == "" || content.Revision == s.gave):
			if s.detect.Changed(prev, "", err) {
				return source.Content{}, err
			}
		case content.Revision != "" && s.detect.Changed(prev, content.Revision, nil):
			s.gave = content.Revision
			s.remember(content.Revision, configs)
			return content, nil
		}
		wake.wait(ctx)
	}
}

// remember records a content for Ack.
func (s *routedSource) remember(revision source.Revision, configs []configMD5) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.returned = remember(s.returned, revision, configs)
}

// Close ends the source: Next returns, and the client stops listening to its configs.
func (s *routedSource) Close() error {
	s.mu.Lock()
	s.closed = true
	open := s.open
	s.open = nil
	s.mu.Unlock()
	s.drop(slices.Collect(maps.Keys(open)))
	return s.table.Close()
}

// wakers are what Next waits for.
type wakers []<-chan struct{}

// wait returns when one of the channels is closed, or ctx ends.
func (w wakers) wait(ctx context.Context) {
	cases := make([]reflect.SelectCase, 1, len(w)+1)
	cases[0] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}
	for _, ch := range w {
		if ch != nil {
			cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)})
		}
	}
	_, _, _ = reflect.Select(cases)
}
