package chaostest

import (
	"sync"
	"time"
)

// wait lets a trouble last.
func (r *run) wait(d time.Duration) { _ = pause(r.ctx, r.length(d)) }

func killConnected(r *run) {
	n := r.of(r.sessions[0])
	n.kill()
	r.wait(10 * time.Second)
	n.start(r.ctx)
	r.wait(5 * time.Second)
}

func killEach(r *run) {
	for _, n := range r.nodes {
		n.kill()
		r.wait(5 * time.Second)
		n.start(r.ctx)
	}
}

func haltConnected(r *run) {
	n := r.of(r.sessions[0])
	n.halt()
	r.wait(20 * time.Second)
	n.resume()
}

func restartAll(r *run) {
	for _, n := range r.nodes {
		n.kill()
	}
	r.wait(5 * time.Second)
	startAll(r.ctx, r.nodes)
}

func badNetwork(r *run) {
	for range 2 {
		for _, w := range []weather{
			{delay: 200 * time.Millisecond}, {rate: 64 << 10}, {hole: true}, {refuse: true}, {delay: 20 * time.Millisecond, rate: 256 << 10},
		} {
			n := r.nodes[r.pick(len(r.nodes))]
			n.proxy.set(w)
			r.wait(3 * time.Second)
			if r.pick(2) == 0 {
				n.proxy.cut()
			}
			n.proxy.set(weather{})
		}
	}
}

// storm has faults of the network all the time, and on real servers a node killed and another
// halted.
func storm(r *run) {
	var wg sync.WaitGroup
	end := time.Now().Add(r.length(60 * time.Second))
	if r.real {
		first, second := r.pick(3), r.pick(2)
		second = (first + 1 + second) % 3
		wg.Go(func() {
			r.wait(10 * time.Second)
			r.nodes[first].kill()
			r.wait(5 * time.Second)
			r.nodes[first].start(r.ctx)
			r.nodes[second].halt()
			r.wait(10 * time.Second)
			r.nodes[second].resume()
		})
	}
	for time.Now().Before(end) && r.ctx.Err() == nil {
		n := r.nodes[r.pick(3)]
		switch r.pick(4) {
		case 0:
			n.proxy.cut()
		case 1:
			n.proxy.set(weather{hole: true})
		case 2:
			n.proxy.set(weather{delay: 100 * time.Millisecond, rate: 1 << 20})
		case 3:
			n.proxy.set(weather{refuse: true})
		}
		r.wait(2 * time.Second)
		n.proxy.set(weather{})
	}
	wg.Wait()
}

// pick is a number that the seed decides.
func (r *run) pick(n int) int {
	r.writer.mu.Lock()
	defer r.writer.mu.Unlock()
	return r.random.IntN(n)
}
