package sourcetest

import (
	"runtime"
	"sync"
	"time"
)

// cases are the cases of the suite, simple ones first.
var cases = []testCase{
	{"ZeroPrevAsksForWhatIsThere", 11, nil, zeroPrev},
	{"CurrentPrevBlocks", 2, nil, currentBlocks},
	{"SameContentAgain", 2, nil, sameAgain},
	{"NoChangeIsLost", 1, nil, noChangeLost},
	{"LastOfManyArrives", 1, nil, lastOfMany},
	{"ContentIsWhole", 4, nil, whole},
	{"EarlierContentComesBack", 5, nil, comesBack},
	{"TwoSources", 1, nil, twoSources},
	{"EmptyIsNoAbsence", 3, nil, emptyDocument},
	{"AbsentIsNotEmpty", 3, []string{"Delete"}, absent},
	{"DeleteAndCreate", 1, []string{"Delete"}, deleteAndCreate},
	{"LostWakeups", 1, []string{"Wakeups"}, wakeups(Lost)},
	{"DoubledWakeups", 2, []string{"Wakeups"}, wakeups(Doubled)},
	{"LateAndReorderedWakeups", 1, []string{"Wakeups"}, wakeups(Held)},
	{"SameErrorWakesNobody", 2, []string{"Break"}, sameError},
	{"EndOfErrorIsTold", 2, []string{"Break"}, endOfError},
	{"ErrorAtFirst", 7, []string{"Break"}, errorAtFirst},
	{"NoValueInErrors", 7, []string{"Spoil"}, noValue},
	{"CancelWhileBlocked", 6, nil, cancelBlocked},
	{"CancelledBefore", 6, nil, cancelledBefore},
	{"CancelLosesNothing", 6, nil, cancelLosesNothing},
	{"NoGoroutineStays", 6, nil, noGoroutine},
	{"NameIsAlwaysTheSame", 9, nil, name},
	{"CloseAtAnyTime", 10, nil, closing},
	{"Abilities", 12, nil, abilities},
}

func zeroPrev(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for _, prev := range []struct{ rev, text string }{{"", "the zero revision"}, {"no such revision", "a revision that it never gave"}} {
		a := p.start(sourceRevision(prev.rev))
		if !a.within(c.Settles) {
			c.fail(11, "Next with %s blocked, although there is a content", prev.text)
		}
		if a.err != nil || p.at != 1 {
			c.fail(11, "Next with %s did not return the current content", prev.text)
		}
	}
}

func currentBlocks(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	a := p.start(p.rev)
	a.quiet(2, "a content that Next had returned")
	c.put(2)
	p.follow(a, 2, 1, "a put while Next was blocked")
}

// sameAgain writes the same content again. The source returns it once if its revision counts
// writes, as etcd's ModRevision does, and otherwise not at all.
func sameAgain(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for round := range 4 {
		var a *call
		if round < 3 {
			a = p.start(p.rev)
			c.put(1)
		} else {
			c.put(1)
			a = p.start(p.rev)
		}
		if !a.within(c.Quiet) {
			a.abandon()
			continue
		}
		if a.err != nil || p.at != 1 || a.content.Revision == a.prev {
			a.quiet(2, "a put of the same content")
		}
		again := p.start(p.rev)
		again.quiet(2, "a put of the same content, which Next had returned under its new revision")
		again.abandon()
	}
}

// noChangeLost changes the origin at every moment that it can arrange around the start of Next, for
// new sources and for one that was called before.
func noChangeLost(c *check) {
	c.put(1)
	n, old := 1, c.probe()
	old.first(1)
	for round := range 24 {
		for _, fresh := range []bool{false, true} {
			p := old
			if fresh {
				p = c.probe()
			}
			hooked := c.AfterRead != nil && round%4 == 3
			if p.at != n && (!fresh || hooked || round%2 == 0) {
				p.until(n, 1, "a change that came before") // so that the next call has nothing to tell, and blocks
			}
			n++
			if hooked {
				put := n
				c.AfterRead(func() { c.putWithin(put) })
				p.until(n, 1, "a change right after the source had read")
				c.AfterRead(nil)
			} else {
				a := p.start(p.rev)
				c.stagger(round)
				c.put(n)
				p.follow(a, n, 1, "a change while Next began")
			}
			if fresh {
				p.close()
			}
		}
	}
}

// stagger waits for a time that differs from round to round, from none to about a millisecond.
func (c *check) stagger(round int) {
	for range round {
		runtime.Gosched()
	}
	if round%3 == 2 {
		pause(time.Duration(round) * 40 * time.Microsecond)
	}
}

// lastOfMany changes the origin faster than the source reads, and while no call of Next runs.
func lastOfMany(c *check) {
	c.put(1)
	p, q := c.probe(), c.probe()
	q.first(1) // and then asks no more for a while
	a := p.start("")
	for n := 2; n <= 200; n++ {
		c.put(n)
	}
	p.follow(a, 200, 1, "200 changes in a row")
	q.until(200, 1, "200 changes in a row while Next was not called")
	p.start(p.rev).quiet(2, "the last of many changes")
}

// whole reads while the origin writes.
func whole(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	var hook sync.Mutex
	over := false
	amidst := func(n int) func() {
		return func() {
			hook.Lock()
			defer hook.Unlock()
			if !over {
				c.putWithin(n)
			}
		}
	}
	a, n := p.start(p.rev), 1
	for range 150 {
		n++
		if c.AfterRead != nil && n%3 == 0 {
			c.AfterRead(amidst(n + 1000))
		}
		c.put(n)
		if n%5 == 0 {
			c.stagger(n % 12)
		}
		if a.within(0) {
			a = p.start(p.rev)
		}
	}
	if c.AfterRead != nil {
		c.AfterRead(nil)
	}
	hook.Lock()
	over = true // a read may have taken the last function, and not called it yet
	hook.Unlock()
	n++
	c.put(n)
	p.follow(a, n, 1, "many changes")
}

// comesBack makes the origin return to an earlier content.
func comesBack(c *check) {
	c.put(1)
	p := c.probe()
	p.first(1)
	for _, n := range []int{2, 1, 3, 2, 1} {
		c.put(n)
		p.until(n, 5, "a change to a content that may have been there before")
	}
}

func twoSources(c *check) {
	c.put(1)
	p, q := c.probe(), c.probe()
	p.first(1)
	q.first(1)
	a, b := p.start(p.rev), q.start(q.rev)
	c.put(2)
	p.follow(a, 2, 1, "a change, in the first source of two")
	q.follow(b, 2, 1, "a change, in the second source of two")
	b = q.start(q.rev)
	b.quiet(2, "a content that Next had returned")
	p.close()
	c.put(3)
	q.follow(b, 3, 1, "the other source was closed and the document changed")
}
