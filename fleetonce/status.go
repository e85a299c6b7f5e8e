package fleetonce

import (
	"context"
	"errors"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// State is what an instance knows of its version.
type State string

// The states of an instance.
const (
	// Starting: the record was not read yet. Err says why, if a read has failed.
	Starting State = "starting"
	// NoRecord: an operator has to create the record; see [Create].
	NoRecord State = "no record"
	// BadRecord: the record is that of another hook, or has another form. Err says which.
	BadRecord State = "bad record"
	// Waiting: another instance runs the hook, or this one waits for its turn, or for the next
	// attempt.
	Waiting State = "waiting"
	// Running: this instance runs the hook.
	Running State = "running"
	// Done: an instance has run the hook for the version of this instance.
	Done State = "done"
	// Failed: all attempts for the version of this instance have failed. Reason says why, and
	// [Retry] lets the fleet try again.
	Failed State = "failed"
	// Superseded: the fleet has a newer version than this instance, or one of which it cannot tell
	// that its own is newer.
	Superseded State = "superseded"
)

// Status is what an instance knows of a hook.
type Status struct {
	// Hook is the name of the hook.
	Hook  string `json:"hook"`
	State State  `json:"state"`
	// Version is that of this instance.
	Version string `json:"version,omitempty"`
	// RecordVersion is the version of the record: the one that was claimed last. Token, Attempt,
	// Holder and Reason are those of its last claim. Reason says why it has failed.
	RecordVersion string `json:"record_version,omitempty"`
	Token         int64  `json:"token,omitempty"`
	Attempt       int    `json:"attempt,omitempty"`
	Holder        string `json:"holder,omitempty"`
	Reason        string `json:"reason,omitempty"`
	// Since is when this instance learned of this state.
	Since time.Time `json:"since,omitzero"`
	// Err is a problem of the store, or of the record; nil if there is none.
	Err error `json:"-"`
}

// statusOf returns the status that a machine has.
func statusOf(m once.Status) Status {
	s := Status{State: State(m.Phase), Version: m.Want, Err: m.Err}
	if m.Phase == once.Settled {
		s.State = State(m.Record.State)
		if m.Record.State == once.Retry {
			s.State = Failed
		}
	}
	if m.HasOne {
		s.of(m.Record)
	}
	return s
}

// of sets what a record says.
func (s *Status) of(r once.Record) {
	s.Hook, s.RecordVersion, s.Token, s.Attempt, s.Holder, s.Reason = r.Hook, r.Sum, r.Token, r.Attempt, r.Holder, r.Reason
}

// Status returns what a record says about its hook, for a tool that is not an instance: it has no
// version of its own, and does not know since when. The state is Running, Done or Failed for the
// version of the record. It is Waiting before the first claim, with an empty RecordVersion, and
// between two attempts. The error is of kind Malformed if the text is not a record.
func (r Record) Status() (Status, error) {
	rec, err := once.Parse(r.Data)
	if err != nil {
		return Status{}, failed("read", "", source.Malformed, err, "create the record with fleetonce.Create")
	}
	s := Status{State: Waiting}
	switch rec.State {
	case once.Claimed:
		s.State = Running
	case once.Done:
		s.State = Done
	case once.Failed:
		s.State = Failed
	}
	s.of(rec)
	return s, nil
}

// Status returns what this instance knows. It takes less than a microsecond.
func (h *Hook) Status() Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status
}

// health returns the status as Health shows it.
func (h *Hook) health(record string) observe.HookHealth {
	s := h.Status()
	return observe.HookHealth{
		Name: s.Hook, Record: record, State: string(s.State), Since: s.Since, Version: s.Version, RecordVersion: s.RecordVersion,
		Token: s.Token, Attempt: s.Attempt, Holder: s.Holder, Reason: s.Reason, Error: errText(s.Err),
	}
}

// Wait waits until the status satisfies a predicate, and returns it: for a service that serves only
// when the hook is done, or that reports its outcome. Wait calls the predicate in its own
// goroutine. A status that lasts for a moment may be skipped. The error is that of ctx if ctx ends
// first, and of kind Closed if the hook is closed.
//
//	status, err := hook.Wait(ctx, func(s fleetonce.Status) bool { return s.State == fleetonce.Done })
func (h *Hook) Wait(ctx context.Context, satisfies func(Status) bool) (Status, error) {
	for {
		h.mu.Lock()
		s, changed := h.status, h.changed
		h.mu.Unlock()
		if satisfies(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		case <-h.done:
			return s, failed("wait", "", source.Closed, errors.New("hook is closed"), "")
		}
	}
}

// set publishes a status. It reports whether anything but the time and the error has changed.
func (h *Hook) set(s Status) (old Status, changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	old = h.status
	s.Since = old.Since
	compare := func(s Status) Status { s.Err = nil; return s }
	changed = compare(s) != compare(old)
	if !changed && errText(s.Err) == errText(old.Err) {
		return old, false
	}
	if changed || s.Since.IsZero() {
		s.Since = time.Now()
	}
	h.status = s
	close(h.changed)
	h.changed = make(chan struct{})
	return old, changed
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
