package file_test

import (
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/file"
)

func TestDroppedEventsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	tell := make(chan bool)
	r := newReader(t, file.New(path, unpolled).Scripted(tell, func() {}))
	r.version(t)
	for v := 1; v < 5; v++ {
		must(t, replace(path, body(v)))
		tell <- true // taken only by a Next that waits
		if got := r.version(t); got != v {
			t.Fatalf("content is version %d, want %d", got, v)
		}
	}
}

func TestALostWatchIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	tell := make(chan bool, 1)
	var made atomic.Int32
	r := newReader(t, file.New(path, file.Poll(20*time.Millisecond)).Scripted(tell, func() { made.Add(1) }))
	r.version(t)
	tell <- false
	r.nothing(t, "a lost watch is not a change")
	if n := made.Load(); n != 2 {
		t.Errorf("%d watches were made, want 2", n)
	}
	if err := r.s.Watching(); err != nil {
		t.Errorf("Watching: %v, though there is a new watch", err)
	}
	must(t, replace(path, body(1)))
	if got := r.version(t); got != 1 {
		t.Fatalf("content is version %d, want 1", got)
	}
}

func TestWithoutWatchesToHaveAllIsPolled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	r := newReader(t, file.New(path, unpolled).Refusing(syscall.ENOSPC)) // polled every second all the same
	r.version(t)
	if r.s.Watching() == nil {
		t.Error("Watching is nil though nothing can be watched")
	}
	must(t, replace(path, body(1)))
	if got := r.version(t); got != 1 {
		t.Fatalf("content is version %d, want 1", got)
	}
}
