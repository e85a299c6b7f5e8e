package main

import (
	"testing"
	"time"
)

func TestNoRequestFailsWhileTheDatabaseMoves(t *testing.T) {
	r, err := run(t.Context(), t.TempDir(), 10, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.failed > 0 || r.requests < 100 {
		t.Errorf("%d of %d requests failed, the first with: %v", r.failed, r.requests, r.first)
	}
	if !r.refused {
		t.Error("a DSN that does not work was not refused")
	}
	if r.moves != 10 || r.closed < 9 {
		t.Errorf("%d moves, and %d old databases are closed", r.moves, r.closed)
	}
	t.Logf("%d requests, none failed", r.requests)
}
