package sourcetest

import (
	"context"
	"fmt"
	"io"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/source"
)

// prompt is the time within which Next must return after its context has ended, and Close after it
// was called. It is long, for a busy machine; a source that ignores its context never returns.
const prompt = 2 * time.Second

// valueSize is the size in bytes to which a value may grow in the cases that look for torn content.
const valueSize = 8192

// check is one case in progress.
type check struct {
	Harness
	name   string
	ctx    context.Context
	probes []*probe
	label  string

	mu    sync.Mutex
	found []violation
	told  map[string]bool
}

var serial atomic.Int64

// put writes document n of the suite; document 0 is empty.
func (c *check) put(n int) {
	c.harness("Put", func() error { return c.Put(c.ctx, c.values(n)) })
}

// putWithin is put for Harness.AfterRead. It runs in the source's goroutine, which must not panic.
func (c *check) putWithin(n int) {
	if err := c.Put(c.ctx, c.values(n)); err != nil {
		c.report(0, "Put of the harness, right after a read: %v", err)
	}
}

// harness calls a function of the harness. If it fails or does not return, the case ends.
func (c *check) harness(name string, f func() error) {
	result := make(chan error, 1)
	go func() { result <- f() }()
	timer := time.NewTimer(c.Settles + prompt)
	defer timer.Stop()
	select {
	case err := <-result:
		if err != nil {
			c.fail(0, "%s of the harness: %v", name, err)
		}
	case <-timer.C:
		c.fail(1, "%s of the harness does not return: does the source block its origin?", name)
	}
}

func (c *check) values(n int) Values {
	if n == empty {
		return Values{}
	}
	return stamped(n, valueSize)
}

func (c *check) delete() { c.harness("Delete", func() error { return c.Delete(c.ctx) }) }

// probe is a source of the harness under observation.
type probe struct {
	*check
	source source.Source
	rev    source.Revision // of the content seen last
	at     int             // its number
	err    error           // the last thing seen, if that was an error
	call   *call           // the newest
	kept   []kept
	revs   map[source.Revision]string
}

// kept is a content that Next returned, and its fingerprint at that time.
type kept struct {
	content source.Content
	print   string
}

// probe returns a new source under observation.
func (c *check) probe() *probe {
	if c.label == "" {
		c.label = "sourcetest-" + strconv.FormatInt(serial.Add(1), 10)
	}
	p := &probe{check: c, at: none - 1, revs: map[source.Revision]string{}}
	c.labelled(func() { p.source = c.Source() })
	if p.source == nil {
		c.fail(0, "Source of the harness returned nil")
	}
	c.probes = append(c.probes, p)
	return p
}

// labelled runs f with a label by which the goroutines that it starts can be found.
func (c *check) labelled(f func()) {
	pprof.Do(context.Background(), pprof.Labels("sourcetest", c.label), func(context.Context) { f() })
}

func (c *check) describe(content source.Content) string {
	n, err := number(content)
	switch {
	case err != nil:
		return "a content that is not whole"
	case n == none:
		return "an absent document"
	case n == empty:
		return "an empty document"
	}
	return fmt.Sprintf("document %d", n)
}

func describe(n int) string {
	switch n {
	case none:
		return "the absence of the document"
	case empty:
		return "the empty document"
	}
	return fmt.Sprintf("document %d", n)
}

// until calls Next until it has returned document n. If that takes too long, the case fails by the
// rule.
func (p *probe) until(n int, rule ruleID, after string) {
	p.follow(p.resume(), n, rule, after)
}

// follow is until, beginning with a call that runs already.
func (p *probe) follow(a *call, n int, rule ruleID, after string) {
	deadline := time.Now().Add(p.Settles)
	for {
		if !a.within(time.Until(deadline)) {
			p.missing(n, rule, after)
		}
		if a.err == nil && p.at == n {
			return
		}
		p.backOff()
		a = p.start(p.rev)
	}
}

// missing reports that a document did not arrive, after a call with the zero revision.
func (p *probe) missing(n int, rule ruleID, after string) {
	what := fmt.Sprintf("after %s, %s did not come within %v; last seen was %s", after, describe(n), p.Settles, p.lastSeen())
	if rule == 11 && !p.call.taken && p.at < none && p.err == nil {
		what += ", and Next still blocks: does the source set Content.Revision?"
	}
	p.call.abandon()
	if p.err != nil {
		what += fmt.Sprintf(", and then an error of kind %q", source.KindOf(p.err))
	}
	if p.err != nil && n == none {
		p.fail(3, "%s; an absence is a Document with Absent set, not an error", what)
	}
	rev, at := p.rev, p.at
	a := p.start("")
	if rule != 11 && a.within(p.Settles) && a.err == nil {
		switch {
		case p.at == n && p.rev == rev && at >= none && at != n:
			rule, what = 5, what+"; its revision is the same"
		case p.at == n:
			what += "; a call with the zero revision shows it"
		case p.at <= empty && n <= empty:
			rule, what = 3, what+"; the source shows "+describe(p.at)
		}
	}
	p.fail(rule, "%s", what)
}

// first makes the first call, when there is a document.
func (p *probe) first(n int) { p.until(n, 11, "a put") }

// backOff waits briefly, so that a source that returns repeatedly does not stop the clock of a
// bubble.
func (p *probe) backOff() { pause(100 * time.Microsecond) }

func (p *probe) lastSeen() string {
	if p.at < none {
		return "nothing"
	}
	return describe(p.at)
}

// trouble calls Next until it has returned an error. If that takes too long, the case fails.
func (p *probe) trouble(rule ruleID, after string) error {
	deadline := time.Now().Add(p.Settles)
	for {
		a := p.resume()
		if !a.within(time.Until(deadline)) {
			p.fail(rule, "after %s, no error came within %v", after, p.Settles)
		}
		if a.err != nil {
			return a.err
		}
		if p.at <= empty && p.at >= none {
			p.fail(3, "after %s, Next returned %s, not an error", after, describe(p.at))
		}
		p.backOff()
	}
}

// end closes all sources and checks the contents that were kept.
func (c *check) end() {
	defer func() {
		if r := recover(); r != nil && r != (stop{}) {
			panic(r)
		}
	}()
	for _, p := range c.probes {
		p.close()
	}
	if c.Close != nil {
		c.harness("Close", c.Close)
	}
}

// close ends the calls of the probe and closes its source.
func (p *probe) close() {
	if p.source == nil {
		return
	}
	s := p.source
	p.source = nil
	if a := p.call; a != nil {
		a.cancel()
		if !wait(a.done, prompt) {
			p.report(6, "Next did not return within %v after its context had ended", prompt)
			return // closing now would break the contract from our side
		}
	}
	p.closeSource(s)
	for _, k := range p.kept {
		if fingerprint(k.content) != k.print {
			p.report(8, "a content changed after Next had returned it")
		}
	}
}

// closeSource calls Close once, if there is one.
func (p *probe) closeSource(s source.Source) {
	closer, ok := source.As[io.Closer](s)
	if !ok {
		return
	}
	done, panicked := make(chan struct{}), any(nil)
	go p.labelled(func() {
		defer close(done)
		defer func() { panicked = recover() }()
		_ = closer.Close()
	})
	switch {
	case !wait(done, prompt):
		p.report(10, "Close did not return within %v", prompt)
	case panicked != nil:
		p.report(10, "Close panicked: %v", panicked)
	}
}
