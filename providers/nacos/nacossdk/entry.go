package nacossdk

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/vo"
)

const (
	readGap      = 200 * time.Millisecond // minimum interval of reads of a key: faster ones slow the server's own update
	readWait     = 10 * time.Second       // after that a read counts as hanging; it continues, and no second one starts
	retryDelay   = 500 * time.Millisecond // after an empty read, doubling, wakeTries times
	closeTimeout = time.Second            // how long Close waits

	wakeTries = 3
	lasting   = 2 // errors in a row until the sources report one
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
	failures int // failed reads in a row
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

func (e *entry) add(s *configSource, every time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sources[s] = true
	e.every = min(e.every, every)
}

func (e *entry) drop(s *configSource) (last bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.sources[s] {
		return false
	}
	delete(e.sources, s)
	e.changedLocked()
	return len(e.sources) == 0
}

// end stops following the key.
func (e *entry) end() {
	e.cancel()
	timer := time.NewTimer(closeTimeout)
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
	changed := func(string, string, string, string) { hubs.wake(e.hub.sdk, e.key) }
	listening := false
	listen := func() {
		listening = listening || e.call(func() error {
			return e.hub.sdk.ListenConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group, OnChange: changed})
		}) == nil
	}
	defer func() {
		if listening {
			// A new entry of the key may have called ListenConfig already; then this call ends that
			// listen too, and only the reconcile of the new entry finds changes.
			_ = guard(func() error {
				return e.hub.sdk.CancelListenConfig(vo.ConfigParam{DataId: e.key.dataID, Group: e.key.group})
			})
		}
	}()
	first := 0.5 + rand.Float64()/2 // keys that are declared together spread their reads
	var failed, empty int
	woken := false
	for e.ctx.Err() == nil {
		listen()
		began := time.Now()
		differs, err := e.read()
		var wait time.Duration
		switch {
		case err != nil:
			if wait = e.hub.gate.wait(); wait <= 0 { // it is about this config
				wait = min(retryDelay<<min(failed, 10), e.interval()) // the bound of staleness holds after an error too
				failed++
			}
		case woken && !differs && empty < wakeTries: // read too early: the server pushes before all its nodes have the new content
			failed, wait = 0, retryDelay<<empty
			empty++
		default:
			failed, empty, woken = 0, 0, false
			wait = time.Duration(float64(e.interval()) * first * (0.9 + 0.2*rand.Float64()))
			first = 1
		}
		woke := e.rest(wait)
		if woke {
			woken, empty = true, 0
		}
		e.pause(readGap - time.Since(began))
	}
}

func (e *entry) interval() time.Duration {
	e.mu.Lock()
	wanted := e.every
	e.mu.Unlock()
	return e.hub.every(wanted)
}

// rest waits, and reports whether the SDK has woken the entry.
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
