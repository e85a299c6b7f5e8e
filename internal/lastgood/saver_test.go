package lastgood_test

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSaverSavesWhatIsCurrentWhenItEnds fails if End loses a change that nothing had requested a
// save of, or keeps the file from the next process.
func TestSaverSavesWhatIsCurrentWhenItEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copy")
	var version atomic.Int64
	version.Store(1)
	saved := make(chan int64, 10)
	s := lastgood.NewSaver(path, nil, func() (lastgood.Record, bool) {
		content := source.Content{Revision: "1", Documents: []source.Document{{Name: "a", Format: "yaml", Data: []byte("a: 1")}}}
		return lastgood.Record{Version: version.Load(), Layers: []lastgood.Layer{lastgood.NewLayer(lastgood.ID{Key: "k"}, time.Now(), content)}}, true
	}, func(e observe.Event) {
		if e.Kind == observe.LastKnownGoodSaved {
			saved <- e.Version
		}
	})
	s.Request()
	if got := <-saved; got != 1 {
		t.Fatalf("Request saved version %d, want 1", got)
	}
	version.Store(2)
	s.End()
	<-s.Done()
	if err := s.Err(); err != nil {
		t.Fatalf("the file is not given up: %v", err)
	}
	if got := s.Health().Version; got != 2 {
		t.Errorf("End saved version %d, want 2", got)
	}
	s.Request() // does nothing
	next := lastgood.NewSaver(path, nil, func() (lastgood.Record, bool) { return lastgood.Record{}, false }, func(observe.Event) {})
	defer func() { next.End(); <-next.Done() }()
	if got := next.Copies(); len(got) != 1 {
		t.Errorf("the next process finds %d copies, want 1", len(got))
	}
}

// TestSaverWithoutAPath fails if a copy that has no path is not reported, or waits for anything.
func TestSaverWithoutAPath(t *testing.T) {
	t.Parallel()
	var reported error
	s := lastgood.NewBrokenSaver(errors.New("no folder"), func(e observe.Event) { reported = e.Err })
	s.Request()
	s.RequestAfterBoot()
	s.End()
	<-s.Done()
	if reported == nil || s.Health().Error != "no folder" {
		t.Errorf("the event has error %v and Health %q, want the reason in both", reported, s.Health().Error)
	}
	var none *lastgood.Saver
	none.Request()
	none.RequestAfterBoot()
	none.End()
	if none.Path() != "" || none.Copies() != nil || none.Skipped() != nil {
		t.Error("a nil Saver has a copy")
	}
}
