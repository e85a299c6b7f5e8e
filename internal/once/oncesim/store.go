package oncesim

import (
	"strconv"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

const timeout = 5 * time.Second

// store is a record on several nodes. A swap is atomic; a read shows what its node has.
type store struct {
	w     *world
	log   []stored
	nodes []*node
	down  time.Duration // until then
}

type stored struct {
	data []byte
	rev  string
}

type node struct {
	has        int // index in the log
	stuckUntil time.Duration
}

func (s *store) append(data []byte) {
	s.log = append(s.log, stored{data, "r" + strconv.Itoa(len(s.log))})
	at := len(s.log) - 1
	for _, n := range s.nodes {
		lag := s.w.upTo(200 * time.Millisecond)
		if s.w.chance(s.w.LongLag) {
			n.stuckUntil = max(n.stuckUntil, s.w.now+s.w.upTo(3*time.Minute))
		}
		s.w.after(max(lag, n.stuckUntil-s.w.now), func() {
			n.has = max(n.has, at)
			s.w.notify(n)
		})
	}
}

// swap is one execution of a request on the server.
func (s *store) swap(prior string, data []byte) (rev string, err error) {
	head := s.log[len(s.log)-1]
	if head.rev != prior {
		if s.w.chance(s.w.VagueConflict) {
			return "", source.Unavailable
		}
		return "", source.Conflict
	}
	before, _ := once.Parse(head.data)
	after, err := once.Parse(data)
	switch {
	case err != nil:
		s.w.problem("an instance wrote what is not a record: %v", err)
	case after.State == once.Claimed && after.Token <= before.Token:
		s.w.problem("the token of a claim is %d after %d", after.Token, before.Token)
	case after.State != once.Claimed && after.Token != before.Token:
		s.w.problem("the end of a claim changes the token from %d to %d", before.Token, after.Token)
	case after.State != once.Claimed && before.State != once.Claimed:
		s.w.problem("%s follows %s", after.State, before.State)
	case after.State == once.Done && !s.w.hadEffect(after.Token):
		s.w.problem("token %d is done, and the run had no effect", after.Token)
	case after.Attempt > s.w.Attempts:
		s.w.problem("attempt %d of %d", after.Attempt, s.w.Attempts)
	}
	if before.State == once.Claimed && after.State == once.Claimed && after.Holder != before.Holder {
		s.w.TakeOvers++
	}
	s.w.trace("record: %s token %d turn %d attempt %d of %s by %s", after.State, after.Token, after.Turn, after.Attempt, after.Sum, after.Holder)
	s.append(data)
	return s.log[len(s.log)-1].rev, nil
}

// request sends a swap. It calls back once: with the answer, or with a timeout.
func (s *store) request(prior string, data []byte, answer func(rev string, err error)) {
	w := s.w
	answered := false
	reply := func(rev string, err error) {
		if !answered {
			answered = true
			answer(rev, err)
		}
	}
	w.after(timeout, func() { reply("", source.Timeout) })
	if s.down > w.now || w.chance(w.LoseRequest) {
		return
	}
	deliver := func(delay time.Duration, mayAnswer bool) {
		w.after(delay, func() {
			rev, err := s.swap(prior, data)
			if mayAnswer && s.down <= w.now && !w.chance(w.LoseAnswer) {
				w.after(w.delay(), func() { reply(rev, err) })
			}
		})
	}
	// The answer may be that of the second execution, which sees the first.
	if w.chance(w.Duplicate) {
		first := w.chance(0.5)
		deliver(w.delay(), first)
		deliver(w.upTo(30*time.Second), !first)
		return
	}
	deliver(w.delay(), true)
}

func (s *store) read(n *node, answer func(data []byte, rev string, err error)) {
	w := s.w
	if s.down > w.now || w.chance(w.LoseRequest+w.LoseAnswer) {
		w.after(timeout, func() { answer(nil, "", source.Timeout) })
		return
	}
	w.after(w.delay(), func() {
		at := s.log[n.has]
		w.after(w.delay(), func() { answer(at.data, at.rev, nil) })
	})
}
