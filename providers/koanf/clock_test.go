//go:build clockjump

// Compiled by ci/clock.sh alone, with a time package whose wall clock can be moved.

package koanf

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

type watched struct{ times atomic.Int64 }

func (w *watched) ReadBytes() ([]byte, error)    { return nil, nil }
func (w *watched) Read() (map[string]any, error) { return map[string]any{}, nil }
func (w *watched) Watch(cb func(any, error)) error {
	w.times.Add(1)
	cb(nil, errors.New("ended"))
	return nil
}

// A watch that ended is begun again after its interval, and not when a clock that was set back has
// caught up.
func TestClockSetBackAfterAWatchEnded(t *testing.T) {
	p := &watched{}
	w := newWatch(p)
	if !w.begin(context.Background(), time.Hour) {
		t.Fatal("the watch was not begun")
	}
	atomic.AddInt64(&time.WallJump, -int64((24 * time.Hour).Seconds()))
	for until := time.Now().Add(time.Minute); p.times.Load() < 2; {
		if time.Now().After(until) {
			t.Fatal("after a jump of a day the watch was not begun again")
		}
		w.begin(context.Background(), time.Millisecond)
	}
}
