package history_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/history"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
)

// TestManyRejectedChangesEvictNoVersion fails if rejected changes take the place of versions that
// an operator could go back to, or if a kind has more entries than allowed.
func TestManyRejectedChangesEvictNoVersion(t *testing.T) {
	t.Parallel()
	h := history.New(2)
	for v := range int64(3) {
		h.Add(&pipeline.State{Version: v + 1}, observe.HistoryEntry{Kind: observe.Applied, Version: v + 1})
	}
	for range 10 {
		h.Add(nil, observe.HistoryEntry{Kind: observe.Rejected, Version: 3})
	}
	var got []int64
	for _, e := range h.Entries() {
		got = append(got, e.Version)
	}
	if len(got) != 4 || got[0] != 2 || got[1] != 3 {
		t.Errorf("the history has versions %v, want 2, 3 and two rejections", got)
	}
	if h.Find(1) != nil || h.Find(2) == nil || h.Find(3) == nil {
		t.Error("the history finds other versions than the last two")
	}
}

// TestReleasedStatesKeepTheirValues fails if the history keeps trees that nothing needs, or loses
// the values of a version with them.
func TestReleasedStatesKeepTheirValues(t *testing.T) {
	t.Parallel()
	h := history.New(5)
	var states []*pipeline.State
	for v := range int64(3) {
		s := &pipeline.State{Version: v + 1, Values: []any{v}, Merged: &tree.Node{}}
		states = append(states, s)
		h.Add(s, observe.HistoryEntry{Kind: observe.Applied, Version: v + 1})
	}
	released := h.ReleaseTrees(states[2:])
	if len(released) != 2 || released[0].With != states[0] || released[0].Without != h.Find(1) {
		t.Fatalf("%d states were released, want the two older ones", len(released))
	}
	if s := h.Find(2); s.Merged != nil || s.Value(0) != int64(1) || s.Version != 2 {
		t.Errorf("a released state has tree %v, value %v and version %d, want no tree and the rest", s.Merged, s.Value(0), s.Version)
	}
	if h.Find(3) != states[2] || len(h.States()) != 3 {
		t.Error("a state to keep was released")
	}
	if more := h.ReleaseTrees(states[2:]); more != nil {
		t.Errorf("%d states were released twice", len(more))
	}
}
