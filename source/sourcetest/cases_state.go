package sourcetest

import "github.com/nacre-go/nacre/source"

func sourceRevision(text string) source.Revision { return source.Revision(text) }

func emptyDocument(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	full := p.rev
	c.put(empty)
	p.until(empty, 1, "a put of an empty document")
	if p.rev == full {
		c.report(5, "an empty and a full document have the same revision")
	}
	c.put(1)
	p.until(1, 1, "an empty document was filled")
}

func absent(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	c.delete()
	p.until(none, 1, "a delete")
	gone := p.rev
	p.start(p.rev).quiet(2, "an absence that Next had returned")
	c.put(empty)
	p.until(empty, 1, "an empty document was put in place of an absent one")
	if p.rev == gone {
		c.report(5, "an empty and an absent document have the same revision")
	}
	c.delete()
	p.until(none, 1, "a delete of an empty document")
	q := c.probe()
	q.until(none, 11, "a source was made of an origin whose document is absent")
	c.put(1)
	q.until(1, 1, "the first put after an absence")
}

func deleteAndCreate(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for n := range 6 {
		a := p.start(p.rev)
		c.delete()
		p.follow(a, none, 1, "a delete while Next was blocked")
		c.put(n/2 + 1)
		p.until(n/2+1, 1, "a document was created again")
	}
	a := p.start(p.rev)
	for n := range 20 {
		c.delete()
		c.put(n + 10)
	}
	p.follow(a, 29, 1, "a document was deleted and created 20 times in a row")
}

// wakeups has wake-ups go wrong while the origin changes.
func wakeups(f Fault) func(*check) {
	return func(c *check) {
		c.put(1)
		p := c.probe()
		p.first(1)
		a := p.start(p.rev)
		a.within(c.Quiet) // so that it is blocked, in all likelihood
		c.faulty(f)
		for n := 2; n <= 4; n++ {
			c.put(n)
		}
		if f == Held {
			c.faulty(Intact)
		}
		p.follow(a, 4, 1, "changes whose wake-ups were "+f.String())
		p.start(p.rev).quiet(2, "changes whose wake-ups were "+f.String())
		c.put(5)
		p.until(5, 1, "one more change whose wake-up was "+f.String())
		c.faulty(Intact)
		c.put(6)
		p.until(6, 1, "a change after wake-ups had been "+f.String())
		p.start(p.rev).quiet(2, "wake-ups had been "+f.String())
	}
}

func (c *check) faulty(f Fault) {
	c.harness("Wakeups", func() error { return c.Wakeups(c.ctx, f) })
}

func (c *check) breakOrigin()  { c.harness("Break", func() error { return c.Break(c.ctx) }) }
func (c *check) repairOrigin() { c.harness("Repair", func() error { return c.Repair(c.ctx) }) }

func sameError(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	p.start(p.rev).quiet(2, "a content that Next had returned")
	c.breakOrigin()
	_ = p.trouble(2, "the origin broke")
	for range 2 {
		a := p.start(p.rev)
		a.quiet(2, "an error that Next had returned")
		a.abandon()
	}
	p.start("").quiet(2, "an error that Next had returned, and a call with the zero revision")
}

func endOfError(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for range 3 {
		c.breakOrigin()
		_ = p.trouble(2, "the origin broke")
		c.repairOrigin()
		p.seeAgain(1, "the origin was repaired with the content as before")
		p.start(p.rev).quiet(2, "the end of an error")
	}
	c.breakOrigin()
	_ = p.trouble(2, "the origin broke")
	p.start(p.rev).quiet(2, "an error that Next had returned")
	c.repairOrigin()
	c.put(2)
	p.until(2, 2, "the origin was repaired and changed while Next was blocked")
}

// seeAgain asks until a content comes, which may be the one that was seen last.
func (p *probe) seeAgain(n int, after string) {
	p.at = none - 1
	p.until(n, 2, after)
}

func errorAtFirst(c *check) {
	c.put(1)
	c.breakOrigin()
	p := c.probe()
	_ = p.trouble(2, "a source was made of an origin that is broken")
	p.start("").quiet(2, "an error at first")
	c.repairOrigin()
	p.until(1, 2, "an origin that was broken from the beginning was repaired")
}

func noValue(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	c.harness("Spoil", func() error { return c.Spoil(c.ctx, canary) })
	_ = p.trouble(2, "a document that the source cannot decode")
	p.start(p.rev).quiet(2, "a document that the source cannot decode")
	c.put(2)
	if c.Repair != nil {
		c.repairOrigin()
	}
	p.until(2, 2, "a good document in place of one that the source could not decode")
}
