package oncesim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nacre-go/nacre/internal/once"
)

// instance is one process of the fleet.
type instance struct {
	w           *world
	m           *once.Machine
	name        string
	number      int
	node        *node
	born        time.Duration
	rate        float64
	dead        bool
	pausedUntil time.Duration
	waiting     []func() // what arrived during a pause
	busy        bool     // a request is under way
	has         int      // publication
	nonces      int
	run         *run
	open        *Claim        // a swap whose outcome it does not know
	token       int64         // of open
	sent        time.Duration // local, when the last new swap was sent first
}

type run struct {
	claim     once.Record
	version   int
	deadline  time.Duration // local
	cancelled bool
	over      bool
}

// start starts an instance.
func (w *world) start() {
	w.started++
	in := &instance{
		w: w, number: w.started, name: fmt.Sprintf("i%d", w.started), born: w.now,
		node: w.store.nodes[w.rand.IntN(len(w.store.nodes))], rate: 1 + w.Skew*(2*w.rand.Float64()-1), has: -1,
	}
	in.m = once.NewMachine(once.Settings{
		Hook: "hook", Holder: in.name, Term: w.Term, Attempts: w.Attempts, Backoff: 5 * time.Second, MaxBackoff: time.Minute,
		Fresh: func() bool { return true },
		Nonce: func() string { in.nonces++; return fmt.Sprintf("%s-%d", in.name, in.nonces) },
		Rand:  rand.New(rand.NewPCG(w.rand.Uint64(), 1)),
	})
	w.instances = append(w.instances, in)
	in.adopt(w.index(w.now - w.lag()))
	for i, p := range w.published {
		if p.at > w.now {
			w.after(p.at-w.now+w.lag(), func() { in.deliver(func() { in.adopt(i); in.step() }) })
		}
	}
	w.after(0, in.step)
}

// lag is how late a configuration arrives: less than a machine waits for it.
func (w *world) lag() time.Duration {
	if w.chance(0.2) {
		return w.upTo(40 * time.Second)
	}
	return w.upTo(time.Second)
}

func (in *instance) adopt(publication int) {
	if publication > in.has {
		in.has = publication
		in.m.Want(in.local(), in.w.published[publication].version)
	}
}

func (in *instance) local() time.Duration {
	return time.Duration(float64(in.w.now-in.born) * in.rate)
}

// deliver does something in the instance, now or after its pause.
func (in *instance) deliver(do func()) {
	switch {
	case in.dead:
	case in.pausedUntil > in.w.now:
		in.waiting = append(in.waiting, do)
	default:
		do()
	}
}

func (in *instance) resume() {
	in.pausedUntil = 0
	all := in.waiting
	in.waiting = nil
	for _, do := range all {
		in.deliver(do)
	}
	in.step()
}

// disturb kills or pauses the instance, if its fate says so.
func (in *instance) disturb() {
	w := in.w
	switch {
	case in.dead || in.pausedUntil > w.now:
	case w.chance(w.Kill):
		in.dead = true
		w.trace("%s: killed", in.name)
		for i, other := range w.instances {
			if other == in {
				w.instances = append(w.instances[:i:i], w.instances[i+1:]...)
				break
			}
		}
		if in.run != nil && !in.run.over {
			in.run.over = true
			w.running--
			w.Killed++
		}
		in.close(Unknown)
		w.after(w.upTo(time.Minute), w.start)
	case w.chance(w.Pause):
		d := w.upTo(w.MaxPause)
		if d > w.Term && in.run != nil {
			w.LongPauses++
		}
		w.trace("%s: paused for %v", in.name, d.Round(time.Millisecond))
		in.pausedUntil = w.now + d
		w.after(d, func() {
			if !in.dead && in.pausedUntil != 0 && in.pausedUntil <= w.now {
				in.resume()
			}
		})
	}
}

// step does what the machine says, until it waits for something.
func (in *instance) step() {
	for !in.dead && !in.busy && in.pausedUntil <= in.w.now {
		if in.w.rand.IntN(50) == 0 {
			in.node = in.w.store.nodes[in.w.rand.IntN(len(in.w.store.nodes))]
		}
		a := in.m.Next(in.local())
		in.note()
		switch a.Op {
		case once.Load:
			in.busy = true
			in.w.store.read(in.node, func(data []byte, rev string, err error) {
				in.deliver(func() {
					in.busy = false
					in.m.Loaded(in.local(), data, rev, err)
					in.note()
					in.step()
				})
			})
		case once.Swap:
			in.swap(a)
		case once.Run:
			in.begin(a)
		case once.Cancel:
			if in.run != nil {
				in.run.cancelled = true
			}
		default:
			if a.At != once.Never {
				in.w.after(max(time.Duration(float64(a.At-in.local())/in.rate), 0)+1, func() { in.deliver(in.step) })
			}
			return
		}
		in.disturb()
	}
}

func (in *instance) swap(a once.Action) {
	next, _ := once.Parse(a.Data)
	if in.open == nil {
		var prior string
		for _, r := range in.w.store.log {
			if r.rev == a.Prior {
				before, _ := once.Parse(r.data)
				prior = before.Nonce
			}
		}
		in.token, in.sent = next.Token, in.local()
		in.open = &Claim{Client: in.number, Prior: prior, Next: next.Nonce, Call: in.w.now}
	}
	in.busy = true
	in.w.store.request(a.Prior, a.Data, func(rev string, err error) {
		in.deliver(func() {
			in.busy = false
			in.m.Swapped(in.local(), rev, err)
			in.note()
			in.disturb()
			in.step()
		})
	})
}

// note records the outcome of a compare-and-set as soon as the machine knows it.
func (in *instance) note() {
	if in.open == nil || in.m.Unresolved() == in.open.Next {
		return
	}
	rec := in.m.Status().Record
	switch {
	case rec.Nonce == in.open.Next:
		in.close(Won)
	case rec.Token == in.token && rec.Holder != in.name:
		in.close(Lost)
	default: // also if another instance has written the end of its claim
		in.close(Replaced)
	}
}

func (in *instance) close(o Outcome) {
	if in.open != nil {
		in.open.Return, in.open.Outcome = in.w.now, o
		in.w.Claims = append(in.w.Claims, *in.open)
		in.open = nil
	}
}

// begin runs the hook: it works, looks at its context, has its effect, and returns.
func (in *instance) begin(a once.Action) {
	w := in.w
	if in.run != nil && !in.run.over {
		w.problem("%s runs twice at once", in.name)
	}
	r := &run{claim: a.Claim, deadline: a.At}
	in.run = r
	r.version = int(a.Claim.Documents["doc"] - firstDate)
	if in.local() >= a.At {
		r.over = true
		in.m.Ended(once.Released, "")
		return
	}
	if a.At > in.sent+w.Term {
		w.problem("%s may run for %v after it sent its claim", in.name, a.At-in.sent)
	}
	if left := a.At - in.local(); left < w.Term*3/4 {
		w.problem("%s begins to run with %v of its term left", in.name, left)
	}
	w.Runs++
	w.running++
	if w.running > 1 {
		w.Overlaps = append(w.Overlaps, w.now)
	}
	w.trace("%s: runs %s, token %d", in.name, a.Claim.Sum, a.Claim.Token)
	work := w.upTo(w.MaxRun)
	left := time.Duration(float64(a.At-in.local()) / in.rate)
	in.later(min(work, left), func() {
		failed := w.chance(w.Fail)
		if r.cancelled || in.local() >= r.deadline || failed && w.chance(0.5) {
			in.end(r, once.Retry, "failed before the effect")
			return
		}
		in.later(w.upTo(time.Second), func() {
			w.effect(in, r.claim, r.version)
			in.later(w.upTo(time.Second), func() {
				if failed {
					in.end(r, once.Retry, "failed after the effect")
					return
				}
				in.end(r, once.Done, "")
			})
		})
	})
}

// later continues a run. It may be disturbed before.
func (in *instance) later(d time.Duration, do func()) {
	in.w.after(d, func() {
		in.deliver(func() {
			in.disturb()
			in.deliver(do)
		})
	})
}

func (in *instance) end(r *run, state once.State, reason string) {
	if state == once.Retry {
		in.w.Failed++
	}
	in.w.running--
	r.over = true
	in.m.Ended(state, reason)
	in.step()
}
