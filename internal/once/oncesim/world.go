package oncesim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/once"
)

// world has the time, the events that are to come, and everyone.
type world struct {
	Scenario
	Result
	rand      *rand.Rand
	now       time.Duration
	events    events
	seq       int
	calm      bool // no longer any faults
	store     *store
	instances []*instance
	started   int
	published []publication
	running   int // runs that have not returned
	checked   target
}

type publication struct {
	at      time.Duration
	version once.Version
}

// firstDate is when the first version was published.
const firstDate = 1000

type target struct {
	token int64
	sum   string
}

type event struct {
	at  time.Duration
	seq int
	do  func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) } //nolint:forcetypeassert // heap passes on what Push gets
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// Play runs a scenario. Equal seeds give equal results.
func Play(s Scenario, seed uint64) *Result {
	w := &world{Scenario: s, rand: rand.New(rand.NewPCG(seed, 0))}
	w.store = &store{w: w, nodes: []*node{{}, {}, {}}}
	w.store.append(once.NewRecord("hook", "created", time.UnixMilli(100)).Bytes())
	for _, n := range w.store.nodes {
		n.has = 0
	}
	w.publish()
	for range 2 + w.rand.IntN(s.Instances-1) {
		w.start()
	}
	for range s.Outages {
		from := w.upTo(s.Length)
		w.after(from, func() { w.store.down = w.now + w.upTo(s.MaxOutage) })
	}
	for range s.Touches {
		w.after(w.upTo(s.Length), func() { w.store.append(w.store.log[len(w.store.log)-1].data) })
	}
	for range s.Operators {
		w.after(w.upTo(s.Length), w.operate)
	}
	w.until(s.Length)
	w.heal()
	w.until(s.Length + 4*time.Hour)
	w.judge()
	return &w.Result
}

// publish decides when which version is published.
func (w *world) publish() {
	for i := range 1 + w.rand.IntN(w.Versions) {
		at := time.Duration(0)
		if i > 0 {
			at = w.upTo(w.Length)
		}
		w.published = append(w.published, publication{at: at})
	}
	slices.SortStableFunc(w.published, func(a, b publication) int { return int(a.at - b.at) })
	for i := range w.published {
		p := &w.published[i]
		sum := "v" + strconv.Itoa(i)
		if w.Rollbacks && i > 1 && w.rand.IntN(3) == 0 {
			sum = w.published[w.rand.IntN(i-1)].version.Sum
		}
		p.version = once.Version{Sum: sum}
		if !w.Undated {
			p.version.Documents = map[string]int64{"doc": firstDate + int64(i)}
		}
	}
}

// index returns the newest publication at a time.
func (w *world) index(at time.Duration) int {
	i := 0
	for i+1 < len(w.published) && w.published[i+1].at <= at {
		i++
	}
	return i
}

func (w *world) until(end time.Duration) {
	for len(w.events) > 0 && w.events[0].at <= end {
		next := heap.Pop(&w.events).(event) //nolint:forcetypeassert // it holds events only
		w.now = next.at
		next.do()
	}
	w.now = end
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.events, event{w.now + d, w.seq, do})
}

func (w *world) chance(p float64) bool { return !w.calm && w.rand.Float64() < p }

func (w *world) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(w.rand.Int64N(int64(d)))
}

func (w *world) delay() time.Duration {
	if w.chance(0.05) {
		return w.upTo(3 * time.Second)
	}
	return w.upTo(50 * time.Millisecond)
}

func (w *world) trace(format string, args ...any) {
	w.Trace = append(w.Trace, fmt.Sprintf("%9.2fs ", w.now.Seconds())+fmt.Sprintf(format, args...))
}

func (w *world) problem(format string, args ...any) {
	w.Problems = append(w.Problems, fmt.Sprintf("%.2fs: ", w.now.Seconds())+fmt.Sprintf(format, args...))
	w.trace("PROBLEM "+format, args...)
}

// notify tells the instances of a node that its record has changed, if no message is lost.
func (w *world) notify(n *node) {
	for _, in := range w.instances {
		if in.node == n && !w.chance(w.LoseAnswer) {
			w.after(w.delay(), func() { in.deliver(func() { in.m.Look(in.local()); in.step() }) })
		}
	}
}

// heal ends all faults: everyone runs, and has the newest version.
func (w *world) heal() {
	w.calm = true
	w.store.down = 0
	w.trace("no more faults")
	for _, n := range w.store.nodes {
		n.stuckUntil = w.now
		n.has = len(w.store.log) - 1
	}
	for _, in := range w.instances {
		in.adopt(len(w.published) - 1)
		if in.pausedUntil > w.now {
			in.resume()
		}
	}
}

// operate is an operator who has a version tried again, if it has failed by what a node shows.
func (w *world) operate() {
	shown := w.store.log[w.store.nodes[w.rand.IntN(len(w.store.nodes))].has]
	failed, _ := once.Parse(shown.data)
	if failed.State != once.Failed {
		return
	}
	next := failed.Again("by an operator", fmt.Sprintf("operator-%d", w.seq))
	c := Claim{Prior: failed.Nonce, Next: next.Nonce, Call: w.now, Outcome: Lost}
	w.after(w.delay(), func() {
		if w.store.log[len(w.store.log)-1].rev == shown.rev {
			c.Outcome = Won
			w.TriedAgain++
			w.trace("operator: token %d of %s is tried again", next.Token, next.Sum)
			w.store.append(next.Bytes())
		}
		c.Return = w.now
		w.Claims = append(w.Claims, c)
	})
}

// effect applies the effect of a run to the targets.
func (w *world) effect(in *instance, claim once.Record, version int) {
	e := Effect{w.now, version, claim.Turn, claim.Token}
	w.Effects = append(w.Effects, e)
	w.trace("%s: effect of %s, token %d", in.name, claim.Sum, claim.Token)
	if claim.Token <= w.checked.token || claim.Sum == w.checked.sum {
		w.checked.token = max(w.checked.token, claim.Token)
		return
	}
	w.checked = target{claim.Token, claim.Sum}
	w.Accepted = append(w.Accepted, e)
}

func (w *world) hadEffect(token int64) bool {
	return slices.ContainsFunc(w.Effects, func(e Effect) bool { return e.Token == token })
}

// judge looks for promises that broke, in the end.
func (w *world) judge() {
	last, _ := once.Parse(w.store.log[len(w.store.log)-1].data)
	newest := w.published[len(w.published)-1].version
	switch {
	case last.Sum != newest.Sum:
		w.problem("the record ends with %s, and the newest version is %s", last.Sum, newest.Sum)
	case last.State != once.Done && last.State != once.Failed:
		w.problem("the record ends as %s", last.State)
	case last.State == once.Done && w.checked.sum != newest.Sum:
		w.problem("%s is done, and the target has %s", newest.Sum, w.checked.sum)
	case last.State == once.Failed && w.Fail == 0 && w.Kill == 0 && w.Pause == 0 && w.Outages == 0:
		w.problem("%s has failed", newest.Sum)
	}
	for _, in := range w.instances {
		if got := in.m.Status(); got.Phase != once.Settled || got.Record.Token != last.Token {
			w.problem("%s ends as %s at token %d", in.name, got.Phase, got.Record.Token)
		}
	}
	for i := range w.Accepted {
		if i == 0 {
			continue
		}
		a, b := w.Accepted[i-1], w.Accepted[i]
		if b.Token <= a.Token {
			w.problem("the target accepted token %d after %d", b.Token, a.Token)
		}
		if b.Version <= a.Version && !w.Undated {
			w.problem("the target accepted version %d after %d", b.Version, a.Version)
		}
	}
}
