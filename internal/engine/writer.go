package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/observe"
)

// writer is the state of the writer goroutine, and before that of boot. No other goroutine reads or
// writes it.
type writer struct {
	inWindow     bool  // a window is open
	bootVersion  int64 // the version that the service started with
	fallingBack  bool  // the writer is returning to the last known good copy
	rebuildTimer rebuildTimer
	sinceCheck   int // versions since the last self-check
	pin          pin
	// reportedPending are the last pending keys that were reported to observers.
	reportedPending []pipeline.PendingKey
	// reportedNotices are the last that were reported to observers.
	reportedNotices pipeline.Notices

	// of the current decision
	batch *resource.Batch // nil outside of a decision
	steps []observe.Step  // without those of rehearsals
}

// schema returns the current schema.
func (e *Engine) schema() *schema.Schema { return e.evaluator.Schema.Load() }
