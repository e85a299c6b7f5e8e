package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// modelRoutes is what a routing document says: the documents of its only rule, or a mistake.
type modelRoutes struct {
	text     string
	ids      []string
	optional map[string]bool
	bad      bool
}

func randomRoutes(rnd *rand.Rand, n int) modelRoutes {
	r := modelRoutes{optional: map[string]bool{}, bad: rnd.IntN(6) == 0}
	var docs []string
	for _, i := range rnd.Perm(8)[:rnd.IntN(5)] {
		id := fmt.Sprintf("%d.yaml", i)
		r.ids, r.optional[id] = append(r.ids, id), rnd.IntN(3) == 0
		docs = append(docs, fmt.Sprintf("{data_id: %s, optional: %t}", id, r.optional[id]))
	}
	r.text = fmt.Sprintf("# %d\nrules: [{documents: [%s]}]\n", n, strings.Join(docs, ", "))
	if r.bad {
		r.text += "ruls: []\n"
	}
	return r
}

// routedModel says what should be live, from what is published.
type routedModel struct {
	docs         map[string]string
	deleted      bool // the routing document was deleted
	newest       modelRoutes
	live, wanted *modelRoutes
}

func (m *routedModel) publish(r modelRoutes) {
	m.newest, m.deleted = r, false
	if !r.bad {
		m.wanted = &r
	}
}

// settle makes the wanted routes live if they can be.
func (m *routedModel) settle() {
	if m.wanted == nil {
		return
	}
	for _, id := range m.wanted.ids {
		_, exists := m.docs[id]
		if exists || m.wanted.optional[id] || m.live == nil || m.live.has(id) && !m.live.optional[id] {
			continue
		}
		return
	}
	m.live = m.wanted
}

func (r *modelRoutes) has(id string) bool { _, ok := r.optional[id]; return ok }

// want returns the content that should be live, and whether an error should be. Before the first
// good routes there is no content, or that of a routing document that does not exist.
func (m *routedModel) want() (content string, failed bool) {
	switch {
	case m.live == nil && m.newest.bad && !m.deleted:
		return "", true
	case m.live == nil:
		return routesID + " absent selects", false
	}
	content = routesID + " selects"
	if m.deleted {
		content = routesID + " absent selects"
	}
	for _, id := range m.live.ids {
		text, ok := m.docs[id]
		switch content += ", " + id; {
		case ok:
			content += "=" + text
		default:
			content += " absent"
		}
		if m.live.optional[id] {
			content += " optional"
		}
	}
	return content, m.live != m.wanted || m.newest.bad && !m.deleted
}

// routedReader follows a routed source and records what it returns.
type routedReader struct {
	mu       sync.Mutex
	contents []source.Content
	last     source.Content
	err      error // the last result, if it is one
}

func (r *routedReader) follow(ctx context.Context, src source.Source, slow func()) {
	var rev source.Revision
	for {
		c, err := src.Next(ctx, rev)
		if ctx.Err() != nil || errors.Is(err, source.Closed) {
			return
		}
		r.mu.Lock()
		if r.err = err; err == nil {
			rev, r.last = c.Revision, c
			r.contents = append(r.contents, c)
		}
		r.mu.Unlock()
		slow()
		if err == nil {
			src.(source.Acknowledger).Ack(rev, nil)
		}
	}
}

// plain is describe without notes.
func plain(c source.Content) string {
	for i := range c.Documents {
		c.Documents[i].Note = ""
	}
	return describe(c)
}

// Whatever is published in whatever order, a content has all documents of one routing document and
// no other, and in the end the newest good routes whose documents exist are live, and their
// documents alone are listened to.
func TestRoutedAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, func(f *cluster) { f.latency = 3 * time.Millisecond }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				rnd := rand.New(rand.NewPCG(seed, 2))
				src := c.Routed(routesID)
				r := &routedReader{}
				slow := rand.New(rand.NewPCG(seed, 3)) // of the reader
				go r.follow(t.Context(), src, func() { time.Sleep(time.Duration(slow.IntN(20)) * time.Millisecond) })
				m := &routedModel{docs: map[string]string{}}
				published := map[string]modelRoutes{} // by md5 of the text
				for step := range 250 {
					burst := 1
					settles := rnd.IntN(3) > 0
					if !settles {
						burst = 1 + rnd.IntN(6)
					}
					for range burst {
						m.change(f, rnd, step, published)
						if !settles {
							time.Sleep(time.Duration(rnd.IntN(12)) * time.Millisecond)
						}
					}
					if !settles { // what is live now depends on what the source has seen: start from what is certain
						for i := range 8 {
							m.put(f, fmt.Sprintf("%d.yaml", i), fmt.Sprintf("a: %d", step))
						}
						r := randomRoutes(rnd, 10000+step)
						for r.bad {
							r = randomRoutes(rnd, 10000+step)
						}
						m.putRoutes(f, r, published)
					}
					f.do(func() { f.lost, f.failed, f.deny = false, 0, false })
					time.Sleep(time.Minute)
					m.settle()
					r.check(t, fmt.Sprint("seed ", seed, ", step ", step), m)
					if t.Failed() {
						return
					}
				}
				r.checkWhole(t, published)
				for i := range 8 {
					id := fmt.Sprintf("%d.yaml", i)
					if got, want := f.listening(id), m.live.has(id) || m.wanted.has(id); got != want {
						t.Errorf("seed %d: %s is listened to: %t, want %t", seed, id, got, want)
					}
				}
			})
		})
	}
}

func (m *routedModel) put(f *cluster, id, text string) { m.docs[id] = text; f.put(id, text) }

func (m *routedModel) putRoutes(f *cluster, r modelRoutes, published map[string]modelRoutes) {
	published[r.text] = r
	m.publish(r)
	f.put(routesID, r.text)
}

// change publishes, deletes or disturbs something.
func (m *routedModel) change(f *cluster, rnd *rand.Rand, step int, published map[string]modelRoutes) {
	id := fmt.Sprintf("%d.yaml", rnd.IntN(8))
	switch what := rnd.IntN(20); {
	case what < 6:
		m.putRoutes(f, randomRoutes(rnd, step), published)
	case what < 12:
		m.put(f, id, fmt.Sprintf("a: %d", step))
	case what < 15:
		delete(m.docs, id)
		f.delete(id)
	case what == 15:
		if m.newest.text != "" {
			m.deleted = true
			f.delete(routesID)
		}
	case what == 16:
		f.do(func() { f.lost = true })
	case what == 17:
		f.cut()
	case what == 18:
		f.do(func() { f.failed = rnd.IntN(4) })
	default:
		f.do(func() { f.deny = true })
	}
}

// check compares what is live with the model.
func (r *routedReader) check(t *testing.T, when string, m *routedModel) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	want, failed := m.want()
	if got := plain(r.last); got != want && want != "" {
		t.Errorf("%s: live is\n%s\nwant\n%s\nthe last error is %v; the newest routes are\n%s", when, got, want, r.err, m.newest.text)
	}
	if (r.err != nil) != failed {
		t.Errorf("%s: the error is %v, want one: %t; the newest routes are\n%s", when, r.err, failed, m.newest.text)
	}
}

// checkWhole checks that every content has the documents of its routing document and no others.
func (r *routedReader) checkWhole(t *testing.T, published map[string]modelRoutes) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.contents) < 50 {
		t.Errorf("only %d contents were seen", len(r.contents))
	}
	for _, c := range r.contents {
		if c.Documents[0].Absent {
			continue
		}
		of, ok := published[string(c.Documents[0].Data)]
		if !ok || of.bad {
			t.Errorf("a content is of routes that were not published, or are bad: %s", c.Documents[0].Data)
		}
		var ids []string
		for _, d := range c.Documents[1:] {
			ids = append(ids, d.Name)
		}
		if strings.Join(ids, " ") != strings.Join(of.ids, " ") {
			t.Errorf("a content has the documents %q of the routes\n%s", ids, of.text)
		}
	}
}
