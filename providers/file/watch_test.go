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
	tell := make(chan int)
	r := newReader(t, file.NewSource(path, unpolled).Scripted(path, tell, nil, func() {}))
	r.version(t)
	for v := 1; v < 5; v++ {
		must(t, replace(path, body(v)))
		tell <- file.Dropped // taken only by a Next that waits
		if got := r.version(t); got != v {
			t.Fatalf("content is version %d, want %d", got, v)
		}
	}
}

// TestAWriterThatComesDuringAReadIsNoticed: what was read then is not to be judged by what was
// known before.
func TestAWriterThatComesDuringAReadIsNoticed(t *testing.T) {
	t.Parallel()
	path, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	path = filepath.Join(path, "app.yaml")
	write(t, path, body(0))
	waiting, meanwhile := make(chan int), make(chan int, 1)
	meanwhile <- file.Modified
	s := file.NewSource(path, unpolled, file.SettleTime(time.Nanosecond)).Force(file.Events).Scripted(path, waiting, meanwhile, func() {})
	r := newReader(t, s)
	r.nothing(t, "somebody began to write during the first read")
	waiting <- file.ClosedAfterWrite
	if got := r.version(t); got != 0 {
		t.Fatalf("content is version %d, want 0", got)
	}
}

func TestALostWatchIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(0))
	tell := make(chan int, 1)
	var made atomic.Int32
	r := newReader(t, file.NewSource(path, file.PollInterval(20*time.Millisecond)).Scripted(path, tell, nil, func() { made.Add(1) }))
	r.version(t)
	tell <- file.Broken
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
	r := newReader(t, file.NewSource(path, unpolled).Refusing(syscall.ENOSPC)) // polled every second all the same
	r.version(t)
	if r.s.Watching() == nil {
		t.Error("Watching is nil though nothing can be watched")
	}
	must(t, replace(path, body(1)))
	if got := r.version(t); got != 1 {
		t.Fatalf("content is version %d, want 1", got)
	}
}
