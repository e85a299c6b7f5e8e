package nacos_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// pair is the two servers of a cluster, seen from a session.
type pair struct {
	*cluster
	t           *testing.T
	mine, other string // the server of the connection, and the other one
	r           *reader
	src         source.Source
	log         *events
	c           *nacos.Client
}

// servers runs a test with a session that has read v: 1 from one of two servers.
func servers(t *testing.T, test func(*pair), opts ...nacos.Option) {
	t.Helper()
	cfg := nacos.Config{Servers: []string{"a:8848", "b:8848"}}
	bubble(t, cfg, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "v: 1")
		src := c.Config("x.yaml")
		p := &pair{cluster: f, t: t, r: follow(t, src), src: src, log: log, c: c}
		p.r.until("v: 1")
		p.mine, p.other = "a:8848", "b:8848"
		if c.Status().Server == p.other {
			p.mine, p.other = p.other, p.mine
		}
		time.Sleep(time.Minute) // so that the content is settled
		test(p)
	}, opts...)
}

// pass lets time pass.
func (p *pair) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// comparison is the longest time until a difference is reported: an interval, a quarter more, and
// the time that a copy may take.
const comparison = 5*time.Minute*5/4 + 31*time.Second

func (p *pair) notes() string { return strings.Join(p.src.(source.Noter).Notes(), "\n") }

// Forbids what no single server can tell: that it keeps an old content for hours.
func TestAServerThatKeepsAnOldContent(t *testing.T) {
	t.Parallel()
	servers(t, func(p *pair) {
		p.keeps(p.mine, "x.yaml")
		p.put("x.yaml", "v: 2")
		p.pass(4 * time.Minute * 3 / 4)
		p.r.quiet(time.Second, "a content that its server does not have")
		p.pass(comparison)
		p.r.until("v: 2")
		e := p.log.wait(p.t, nacos.EventServersDiffer, 1)
		if e.Server != p.other || e.Changed != 1 || e.MD5 != sumOf("v: 2") || !errors.Is(e.Err, nacos.ServersDiffer) {
			p.t.Errorf("the event is %+v", e)
		}
		if notes := p.notes(); !strings.Contains(notes, "public/DEFAULT_GROUP/x.yaml: in use is the content of "+p.other) {
			p.t.Errorf("the notes are %q", notes)
		}
		reads, lost := len(p.calls("ConfigQueryRequest")), 0
		p.pass(time.Hour)
		p.r.quiet(time.Second, "a content that another server has refuted")
		for _, e := range p.log.list(nacos.EventReconciled) {
			lost += e.Lost
		}
		if more := len(p.calls("ConfigQueryRequest")) - reads; more > 150 || lost > 0 {
			p.t.Errorf("an hour of an old content has %d reads and %d lost pushes, want one read a reconcile, and none", more, lost)
		}
		if n := len(p.log.list(nacos.EventServersDiffer)); n != 1 {
			p.t.Errorf("one difference has %d events", n)
		}
		p.catchesUp(p.mine)
		p.pass(time.Minute)
		if notes := p.notes(); notes != "" {
			p.t.Errorf("the servers agree, and the notes are %q", notes)
		}
		p.put("x.yaml", "v: 3")
		p.r.until("v: 3")
	})
}

func TestTheOtherServerKeepsAnOldContent(t *testing.T) {
	t.Parallel()
	servers(t, func(p *pair) {
		p.keeps(p.other, "x.yaml")
		p.put("x.yaml", "v: 2")
		p.r.until("v: 2")
		p.pass(comparison)
		if e := p.log.wait(p.t, nacos.EventServersDiffer, 1); e.Server != p.other || e.Changed != 0 || e.MD5 != sumOf("v: 1") {
			p.t.Errorf("the event is %+v", e)
		}
		if notes := p.notes(); !strings.Contains(notes, p.other+" has another content") {
			p.t.Errorf("the notes are %q", notes)
		}
		p.r.quiet(time.Hour, "the older content of another server")
		p.catchesUp(p.other)
		p.pass(comparison)
		if notes := p.notes(); notes != "" {
			p.t.Errorf("the servers agree, and the notes are %q", notes)
		}
	})
}

// A copy that is on its way is not a difference.
func TestACopyOnItsWayIsNotReported(t *testing.T) {
	t.Parallel()
	servers(t, func(p *pair) {
		for range 60 {
			p.keeps(p.other, "x.yaml")
			p.put("x.yaml", "v: "+time.Now().Format(time.RFC3339))
			p.pass(20 * time.Second)
			p.catchesUp(p.other)
			p.pass(5 * time.Second)
		}
		if n := len(p.log.list(nacos.EventServersDiffer)); n != 0 {
			p.t.Errorf("copies that took 20 s are reported %d times", n)
		}
	})
}

// Which of a content and a deletion is newer cannot be told: it is reported, and changes nothing.
func TestAServerWithoutTheConfig(t *testing.T) {
	t.Parallel()
	for name, here := range map[string]bool{"at the other server": false, "here": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers(t, func(p *pair) {
				at, text, content := p.other, p.other+" does not have it", "v: 2"
				if here {
					at, text, content = p.mine, p.other+" has it, and the server of the connection does not", ""
				}
				src := p.c.Config("y.yaml")
				r := follow(p.t, src)
				if _, err := r.next(); err != nil {
					p.t.Fatal(err)
				}
				p.lacks(at, "y.yaml")
				p.put("y.yaml", "v: 2")
				if content != "" {
					r.until(content)
				}
				p.pass(comparison)
				if e := p.log.wait(p.t, nacos.EventServersDiffer, 1); e.Changed != 0 {
					p.t.Errorf("the event is %+v", e)
				}
				if notes := strings.Join(src.Notes(), ""); !strings.Contains(notes, text) {
					p.t.Errorf("the notes are %q, want %q", notes, text)
				}
				r.quiet(time.Hour, "a difference of which the newer side is not known")
			})
		})
	}
}

// A cluster that goes back, as with a restored database, is followed: all of its servers have the
// older content.
func TestARestoredDatabaseIsFollowed(t *testing.T) {
	t.Parallel()
	servers(t, func(p *pair) {
		p.keeps(p.mine, "x.yaml")
		p.put("x.yaml", "v: 2")
		p.pass(comparison)
		p.r.until("v: 2")
		p.keeps(p.other, "x.yaml")
		p.do(func() { p.own[p.other][group+"/x.yaml"] = p.own[p.mine][group+"/x.yaml"] })
		p.pass(comparison + time.Minute)
		p.r.until("v: 1")
	})
}

func TestComparisonsThatCannotBe(t *testing.T) {
	t.Parallel()
	t.Run("switched off", func(t *testing.T) {
		t.Parallel()
		servers(t, func(p *pair) {
			p.pass(24 * time.Hour)
			if n := len(p.attempts()); n != 1 {
				p.t.Errorf("%d connections were opened, want 1", n)
			}
		}, nacos.CompareServersEvery(0))
	})
	t.Run("one server", func(t *testing.T) {
		t.Parallel()
		bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			f.put("x.yaml", "v: 1")
			follow(t, c.Config("x.yaml")).until("v: 1")
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if n := len(f.attempts()); n != 1 {
				t.Errorf("%d connections were opened, want 1", n)
			}
		})
	})
	t.Run("the other server is down", func(t *testing.T) {
		t.Parallel()
		servers(t, func(p *pair) {
			p.do(func() { p.down[p.other] = true })
			p.keeps(p.other, "x.yaml")
			p.put("x.yaml", "v: 2")
			p.r.until("v: 2")
			p.pass(time.Hour)
			if n := len(p.log.list(nacos.EventServersDiffer)) + len(p.log.list(nacos.EventConnectionLost)); n != 0 {
				p.t.Errorf("a server that is down for a comparison has %d events", n)
			}
		})
	})
	t.Run("it rejects", func(t *testing.T) {
		t.Parallel()
		servers(t, func(p *pair) {
			p.keeps(p.other, "x.yaml")
			p.put("x.yaml", "v: 2")
			p.r.until("v: 2")
			p.pass(200 * time.Second)
			p.do(func() { p.starts = true }) // every request fails from now on, of both servers
			p.pass(10 * time.Second)
			p.do(func() { p.starts = false })
			p.pass(comparison)
			p.log.wait(p.t, nacos.EventServersDiffer, 1)
		})
	})
}

// The connection for a comparison costs a server little, and leaves nothing.
func TestAComparisonIsBrief(t *testing.T) {
	t.Parallel()
	servers(t, func(p *pair) {
		p.pass(time.Hour)
		opens := p.attempts()
		n := len(opens) - 1
		if n < 9 || n > 17 || slices.ContainsFunc(opens[1:], func(o open) bool { return o.server != p.other }) {
			p.t.Errorf("an hour has %d comparisons, want about 12, all with %s: %+v", n, p.other, opens)
		}
		listens := 0
		for _, c := range p.calls("ConfigBatchListenRequest") {
			if c.link.server == p.other {
				listens++
				if c.link.ctx.Err() == nil {
					p.t.Error("a connection for a comparison is still open")
				}
			}
		}
		if listens != n {
			p.t.Errorf("%d comparisons have %d listens, want one each", n, listens)
		}
	})
}
