package sourcetest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestSuitePassesGoodSource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness { return (&origin{}).harness(newGood) })
}

// In a bubble of synctest the suite takes no time, also for a source that polls every minute.
func TestSuiteRunsInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		for _, v := range sourcetest.Check(func() sourcetest.Harness {
			o := &origin{}
			h := o.harness(func(o *origin) source.Source {
				s := newGoodOne(o)
				s.interval = time.Minute
				return s
			})
			h.Settles, h.Quiet = 2*time.Minute, 5*time.Minute
			return h
		}) {
			t.Error(v)
		}
		if time.Since(begin) < time.Minute {
			t.Error("the suite did not wait")
		}
	})
}
