package sourcetest_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestSuitePassesGoodSource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness { return (&origin{}).harness(newGood) })
}

// Run does not leave cases to wait for one another: the first two meet.
func TestCasesRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	var begun atomic.Int32
	met := make(chan struct{})
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		if begun.Add(1) == 2 {
			close(met)
		}
		select {
		case <-met:
		case <-time.After(time.Minute):
			t.Error("a case has waited a minute for another one to begin: they run one after another")
		}
		return (&origin{}).harness(newGood)
	})
}

// In a bubble of synctest the suite takes no time, also for a source that polls every minute.
func TestSuiteRunsInBubble(t *testing.T) {
	t.Parallel()
	var waited time.Duration
	sourcetest.RunInBubble(t, func(t *testing.T) sourcetest.Harness {
		begin := time.Now()
		t.Cleanup(func() { waited += time.Since(begin) })
		o := &origin{}
		h := o.harness(func(o *origin) source.Source {
			s := newGoodOne(o)
			s.interval = time.Minute
			return s
		})
		h.Settles, h.Quiet = 2*time.Minute, 5*time.Minute
		return h
	})
	if waited < time.Minute {
		t.Errorf("the suite waited for %v, of bubbles in which it must wait for minutes", waited)
	}
}
