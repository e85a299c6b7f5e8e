package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/nacre-go/nacre/source"
)

func cancelBlocked(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for range 3 {
		a := p.start(p.rev)
		a.quiet(2, "a content that Next had returned")
		a.abandon()
		if a.err != a.ctx.Err() { //nolint:errorlint // the contract says ctx.Err() itself
			c.fail(6, "Next returned something other than ctx.Err() when its context was cancelled")
		}
	}
	ctx, cancel := context.WithTimeout(c.ctx, time.Millisecond)
	a := p.startWith(ctx, cancel, p.rev)
	if !wait(a.done, time.Millisecond+prompt) {
		c.fail(6, "Next did not return within %v after its deadline", prompt)
	}
	if !errors.Is(a.err, context.DeadlineExceeded) {
		c.fail(6, "Next returned something other than ctx.Err() after its deadline")
	}
}

func cancelledBefore(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for range 3 {
		ctx, cancel := context.WithCancel(c.ctx)
		cancel()
		a := p.startWith(ctx, cancel, p.rev)
		a.abandon()
		if a.err != ctx.Err() { //nolint:errorlint // the contract says ctx.Err() itself
			c.fail(6, "Next returned something other than ctx.Err() with a context that had ended before")
		}
	}
	fresh := c.probe()
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	fresh.startWith(ctx, cancel, "").abandon() // may return the content or ctx.Err()
	if fresh.at != 1 {
		fresh.until(1, 1, "a first call whose context had ended before")
	}
	a := fresh.start(fresh.rev)
	a.quiet(2, "a content that Next had returned")
	c.put(2)
	fresh.follow(a, 2, 1, "a change, in a source whose first call had a context that had ended")
}

// cancelLosesNothing changes the origin around the end of a call's context.
func cancelLosesNothing(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for n := 2; n < 14; n++ {
		a := p.start(p.rev)
		c.stagger(n)
		if n%2 == 0 {
			c.put(n)
			a.abandon()
		} else {
			a.abandon()
			c.put(n)
		}
		if p.at != n {
			p.until(n, 1, "a change around a call that was cancelled")
		}
	}
}

func noGoroutine(c *check) {
	c.put(1)
	c.probe() // never asked
	p, q := c.probe(), c.probe()
	p.first(1)
	a := p.start(p.rev)
	c.put(2)
	p.follow(a, 2, 1, "a put while Next was blocked")
	if c.Break != nil && c.Repair != nil {
		c.breakOrigin()
		_ = p.trouble(2, "the origin broke")
		c.repairOrigin()
		p.seeAgain(2, "the origin was repaired with the content as before")
	}
	a = q.start("")
	a.within(c.Quiet)
	a.abandon()
	p.start(p.rev).within(c.Quiet)
	c.end()
	if len(c.found) > 0 { // what Close did not end would be reported twice
		return
	}
	deadline := time.Now().Add(prompt)
	for {
		stack := labelled(c.label)
		if stack == "" {
			return
		}
		if time.Now().After(deadline) {
			c.report(6, "a goroutine that the source started still runs %v after Close:\n%s", prompt, stack)
			return
		}
		pause(5 * time.Millisecond)
	}
}

// labelled returns the stacks of the goroutines that carry the label, "" if there is none.
func labelled(label string) string {
	var b bytes.Buffer
	if pprof.Lookup("goroutine").WriteTo(&b, 1) != nil {
		return ""
	}
	var found []string
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		if strings.Contains(stack, `"`+label+`"`) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

func name(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	want := p.source.Name()
	if want == "" {
		c.report(9, "Name is empty")
	}
	if strings.ContainsFunc(want, func(r rune) bool { return !unicode.IsPrint(r) }) || len(want) > 128 {
		c.report(9, "Name is not one printable line of at most 128 bytes")
	}
	s := p.source
	ask, stop, changed := sync.WaitGroup{}, make(chan struct{}), make(chan struct{}, 4)
	for range 4 {
		ask.Go(func() {
			for {
				if s.Name() != want {
					changed <- struct{}{}
					return
				}
				select {
				case <-stop:
					return
				default:
					pause(50 * time.Microsecond)
				}
			}
		})
	}
	func() {
		defer ask.Wait()
		defer close(stop)
		for n := 2; n <= 10; n++ {
			c.put(n)
			p.until(n, 1, "a put")
		}
	}()
	p.close()
	if len(changed) > 0 || s.Name() != want {
		c.report(9, "Name is not always the same")
	}
}

func closing(c *check) {
	c.put(1)
	unasked := c.probe()
	twice, cancelled := c.probe(), c.probe()
	twice.first(1)
	cancelled.first(1)
	a := cancelled.start(cancelled.rev)
	a.within(c.Quiet)
	a.abandon()
	for _, p := range []*probe{unasked, twice, cancelled} {
		s := p.source
		p.close()
		p.closeSource(s)
	}
	c.put(2)
	p := c.probe()
	p.until(2, 1, "all other sources of the origin were closed")
	a = p.start(p.rev)
	a.quiet(2, "a content that Next had returned")
	c.put(3)
	p.follow(a, 3, 1, "a change, in a source that was made after all others were closed")
}

func abilities(c *check) {
	before := time.Now()
	c.put(1)
	p := c.probe()
	s := p.source
	c.unwraps(s)
	prover, proves := source.As[source.FreshnessReporter](s)
	if proves && !prover.VerifiedAt().IsZero() && prover.VerifiedAt().Before(before.Add(-time.Hour)) {
		c.report(12, "VerifiedAt is in the past before the first Next")
	}
	p.first(1)
	p.seeds()
	if proves && (prover.VerifiedAt().IsZero() || prover.VerifiedAt().After(time.Now())) {
		c.report(12, "VerifiedAt is zero or in the future after the origin has answered")
	}
	described := source.DescriptionOf(s)
	if strings.Contains(described.Identity+described.Namespace+described.Group+described.Document, canary) {
		c.report(12, "Describe returns a value of the document")
	}
	if described.Namespace == "" && described.Group != "" {
		c.report(12, "Describe returns a Group without a Namespace")
	}
	if described.VerifyEvery < 0 || described.VerifyEvery != 0 && !proves {
		c.report(12, "Describe returns a VerifyEvery that is negative, or is not a FreshnessReporter's")
	}
	defer func() {
		if source.DescriptionOf(s) != described {
			c.report(12, "Describe does not always return the same")
		}
	}()
	a := p.start(p.rev)
	a.quiet(2, "a content that Next had returned")
	if receiver, ok := source.As[source.Acknowledger](s); ok {
		done := make(chan struct{})
		go func() {
			defer close(done)
			receiver.Ack(p.rev, nil)
			receiver.Ack("no such revision", &source.Error{Kind: source.Malformed, Op: "read", Document: "x"})
		}()
		if !wait(done, prompt) {
			c.fail(12, "Ack blocks while Next runs")
		}
		a.quiet(2, "Ack")
	}
	c.put(2)
	p.follow(a, 2, 1, "a put")
	if !proves || c.Break == nil || c.Repair == nil {
		return
	}
	c.breakOrigin()
	_ = p.trouble(2, "the origin broke")
	told := time.Now()
	p.start(p.rev).quiet(2, "an error that Next had returned")
	if prover.VerifiedAt().After(told) {
		c.report(12, "VerifiedAt advances while the origin does not answer")
	}
	if _, ok := source.As[io.Closer](s); ok {
		p.close()
	}
}

// unwraps reports a decorator whose chain of wrapped sources does not end at a source.
func (c *check) unwraps(s source.Source) {
	for range 64 {
		decorator, ok := s.(interface{ Unwrap() source.Source })
		if !ok {
			return
		}
		s = decorator.Unwrap()
		if v := reflect.ValueOf(s); s == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			c.report(12, "Unwrap returns nil")
			return
		}
	}
	c.report(12, "Unwrap returns sources without end: do decorators wrap each other?")
}

// seeds checks that a Seeder returns the content of Next from the documents of that content, and
// none of its own making.
func (p *probe) seeds() {
	seeder, ok := source.As[source.Seeder](p.source)
	if !ok {
		return
	}
	want, described := p.kept[len(p.kept)-1].content, source.DescriptionOf(p.source)
	got, err := seeder.Seed(func(namespace, group, name string) (source.Document, bool) {
		for _, d := range want.Documents {
			if d.Namespace == "" && d.Group == "" {
				d.Namespace, d.Group = described.Namespace, described.Group
			}
			if d.Name == name && d.Namespace == namespace && d.Group == group {
				return d, !d.Absent
			}
		}
		return source.Document{}, false
	})
	if err != nil {
		p.report(12, "Seed returns an error for the documents that Next has returned: %v", err)
		return
	}
	if n, err := number(got); err != nil || n != p.at || len(got.Documents) != len(want.Documents) {
		p.report(12, "Seed does not return the content that Next has returned, for its documents")
	}
	nothing, err := seeder.Seed(func(_, _, _ string) (source.Document, bool) { return source.Document{}, false })
	for _, d := range nothing.Documents {
		if err == nil && !d.Absent {
			p.report(12, "Seed returns a document that read does not have")
		}
	}
}
