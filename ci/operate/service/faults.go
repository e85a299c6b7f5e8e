package main

import (
	"net/http"
	"sync"
	"time"
)

// faults are the things that can go wrong, by name.
type faults struct {
	mu  sync.Mutex
	all map[string]*fault
}

func newFaults() *faults { return &faults{all: map[string]*fault{}} }

func (f *faults) of(name string) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[name] == nil {
		over := make(chan struct{})
		close(over)
		f.all[name] = &fault{over: over, one: make(chan struct{})}
	}
	return f.all[name]
}

// clear ends all faults.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		one.set(false)
	}
}

// ServeHTTP sets a fault, or lets one of the calls pass that it holds up.
func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one := f.of(r.PathValue("name"))
	switch {
	case r.FormValue("on") != "":
		one.set(r.FormValue("on") == "true")
	case !one.pass():
		http.Error(w, "no call waits", http.StatusConflict)
	}
}

// fault is one thing that goes wrong while it is on.
type fault struct {
	mu   sync.Mutex
	over chan struct{} // closed while the fault is off
	one  chan struct{}
}

func (f *fault) set(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.over:
		if on {
			f.over = make(chan struct{})
		}
	default:
		if !on {
			close(f.over)
		}
	}
}

func (f *fault) on() bool {
	select {
	case <-f.ended():
		return false
	default:
		return true
	}
}

func (f *fault) ended() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over
}

// wait returns when the fault is off, or when pass has chosen this call.
func (f *fault) wait() {
	select {
	case <-f.ended():
	case <-f.one:
	}
}

// pass ends one call of wait, and reports whether there was one.
func (f *fault) pass() bool {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case f.one <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}
