package synctest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
)

// Without the limit on processors, this ends in about one of ten runs under the race detector with
// a segmentation fault in the detector.
func TestTimersThatExpireAtTheSameTimeDoNotCrashTheRaceDetector(t *testing.T) {
	t.Parallel()
	for range 50 {
		synctest.Test(t, func(*testing.T) {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					tick := time.NewTicker(time.Second)
					defer tick.Stop()
					for range 50 {
						time.Sleep(3 * time.Second) // the ticker expires while nobody receives from it
						<-tick.C
						<-time.After(0)
					}
				})
			}
			all.Wait()
		})
	}
}
