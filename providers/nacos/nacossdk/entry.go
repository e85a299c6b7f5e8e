package nacossdk

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

const (
	readGap  = 200 * time.Millisecond // least time between two reads of a key: quicker ones slow a server's own update
	readWait = 10 * time.Second       // after that a read is said to hang; it goes on, and no second one begins
	again    = 500 * time.Millisecond // after a wake that found nothing new, doubling, wakeTries times
	closing  = time.Second            // how long Close waits for what it ends

	wakeTries = 3
	lasting   = 2 // errors in a row until one stands in the place of a content
)

// doc is one state of a config. It is immutable.
type doc struct {
	absent  bool
	content string
	md5     string
}

// entry is one key of one SDK client.
type entry struct {
	hub    *hub
	key    key
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
	woken  chan struct{}

	mu       sync.Mutex
	sources  map[*configSource]bool
	every    time.Duration
	doc      *doc
	err      error
	tries    int // reads in a row that went wrong
	provenAt time.Time
	changed  chan struct{}
}

func newEntry(h *hub, k key, every time.Duration) *entry {
	e := &entry{
		hub: h, key: k, ended: make(chan struct{}), woken: make(chan struct{}, 1),
		sources: map[*configSource]bool{}, every: every, changed: make(chan struct{}),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

func (e *entry) add(by *configSource, every time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sources[by] = true
	e.every = min(e.every, every)
}

func (e *entry) drop(by *configSource) (last bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.sources[by] {
		return false
	}
	delete(e.sources, by)
	e.changedLocked()
	return len(e.sources) == 0
}

// end stops following the key.
func (e *entry) end() {
	e.cancel()
	timer := time.NewTimer(closing)
	defer timer.Stop()
	select {
	case <-e.ended:
	case <-timer.C: // a call of the SDK hangs
	}
}

func (e *entry) wake() {
	select {
	case e.woken <- struct{}{}:
	default:
	}
}

// run follows the key until it ends.
func (e *entry) run() {
	defer close(e.ended)
	heard := func(string, string, string, string) { hubs.wake(e.hub.sdk, e.key) }
	listening := false
	listen := func() {
		listening = listening || e.call(func() error {
			return e.hub.sdk.ListenConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group, OnChange: heard})
		}) == nil
	}
	defer func() {
		if listening {
			// The key may have been declared anew meanwhile, by an entry that made its listen
			// before this is taken back. It does without, then: its reconcile is the bound.
			_ = guard(func() error {
				return e.hub.sdk.CancelListenConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group})
			})
		}
	}()
	first := 0.5 + rand.Float64()/2 // keys that are declared together are not read together for ever
	var failed, vain int
	woken := false
	for e.ctx.Err() == nil {
		listen()
		began := time.Now()
		differs, err := e.read()
		var wait time.Duration
		switch {
		case err != nil:
			wait = min(again<<min(failed, 10), e.interval()) // so that the bound of staleness holds after it too
			failed++
		case woken && !differs && vain < wakeTries: // read too early: the server has pushed before all of it had the new one
			failed, wait = 0, again<<vain
			vain++
		default:
			failed, vain, woken = 0, 0, false
			wait = time.Duration(float64(e.interval()) * first * (0.9 + 0.2*rand.Float64()))
			first = 1
		}
		woke := e.rest(wait)
		if woke {
			woken, vain = true, 0
		}
		e.pause(readGap - time.Since(began))
	}
}

func (e *entry) interval() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.every
}

// rest waits, and reports whether the SDK has woken it.
func (e *entry) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-e.woken:
		return true
	case <-timer.C:
	case <-e.ctx.Done():
	}
	return false
}

func (e *entry) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.ctx.Done():
	}
}
