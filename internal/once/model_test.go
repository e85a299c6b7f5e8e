package once_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/once/oncesim"
	"github.com/nacre-go/nacre/internal/testrun"
)

// TestModel plays thousands of schedules. NACRE_ONCE_SEED repeats one of them, and prints what
// happened.
func TestModel(t *testing.T) {
	t.Parallel()
	for _, s := range oncesim.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if text := os.Getenv("NACRE_ONCE_SEED"); text != "" {
				seed, err := strconv.ParseUint(text, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				r := oncesim.Play(s, seed)
				t.Log(strings.Join(r.Trace, "\n"))
				check(t, s, seed, r)
				return
			}
			var runs, accepted, doubles, overlaps, pauses, again int
			n := testrun.CountSequential(5000, 100)
			for seed := range uint64(n) {
				r := oncesim.Play(s, seed)
				check(t, s, seed, r)
				runs, accepted, doubles, overlaps, pauses = runs+r.Runs, accepted+len(r.Accepted), doubles+r.Doubles(), overlaps+len(r.Overlaps), pauses+r.LongPauses
				again += r.TriedAgain
				if t.Failed() {
					t.Fatalf("NACRE_ONCE_SEED=%d go test ./internal/once -run '%s' -v repeats it", seed, t.Name())
				}
			}
			t.Logf("%d schedules: %d runs, %d effects accepted, %d versions with two effects at a naive target, %d overlaps, %d long pauses, %d versions tried again by an operator",
				n, runs, accepted, doubles, overlaps, pauses, again)
			if s.Operators > 0 && again == 0 {
				t.Error("no version was tried again by an operator: the schedules are not hard enough")
			}
			if s.Name == "long pauses" && (doubles == 0 || overlaps == 0) {
				t.Error("no pause beyond the term had two effects at a naive target: the schedules are not hard enough")
			}
		})
	}
}

// check checks the promises.
func check(t *testing.T, s oncesim.Scenario, seed uint64, r *oncesim.Result) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Errorf("seed %d: %s", seed, fmt.Sprintf(format, args...))
	}
	for _, p := range r.Problems {
		fail("%s", p)
	}
	effects := map[int64]int{}
	for _, e := range r.Accepted {
		if effects[e.Turn]++; effects[e.Turn] > 1 {
			fail("a target that checks the token had two effects of turn %d", e.Turn)
		}
	}
	if s.MaxPause <= s.Term && len(r.Overlaps) > 0 {
		fail("two instances ran at once at %v, though no pause exceeded the term", r.Overlaps)
	}
	if s.LongLag == 0 && s.MaxPause == 0 && s.Kill == 0 && s.Outages == 0 && r.TakeOvers > 0 {
		fail("an instance took over from one that ran")
	}
	if s.MaxPause <= s.Term && s.Kill == 0 && s.Fail == 0 && s.Outages == 0 && s.MaxRun < s.Term && r.Doubles() > 0 {
		fail("a naive target had two effects of a version, though no pause exceeded the term and no run ended early")
	}
}
