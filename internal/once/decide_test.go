package once_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

// version returns a version that was published at a time; 0: nobody knows when.
func version(sum string, at int64) once.Version {
	v := once.Version{Sum: sum}
	if at > 0 {
		v.Documents = map[string]int64{"doc": at}
	}
	return v
}

// undated returns a record of versions that have no times.
func undated(state once.State, sum string, token int64, earlier ...string) once.Record {
	r := record(state, sum, token, 0)
	r.Documents = nil
	for _, e := range earlier {
		r.Earlier = append(r.Earlier, once.Earlier{Sum: e, Token: 1, State: once.Done, Nonce: "of " + e})
	}
	return r
}

// at is when an instance learned of something: of a version, or of a record.
type learned struct {
	at      time.Duration
	version once.Version
	record  *once.Record
}

// TestWhenAVersionIsClaimed checks the order of versions: one that is surely newer is claimed at
// once, one of which the instance cannot tell is claimed after a minute, and an older one never.
func TestWhenAVersionIsClaimed(t *testing.T) {
	t.Parallel()
	seen := func(at time.Duration, r once.Record) learned { return learned{at: at, record: &r} }
	want := func(at time.Duration, v once.Version) learned { return learned{at: at, version: v} }
	both := func(a, b int64) map[string]int64 { return map[string]int64{"a": a, "b": b} }
	mixed := record(once.Done, "x", 9, 0)
	mixed.Documents = both(1, 2)
	rolledBack := record(once.Done, "new", 9, 9)
	rolledBack.Earlier = []once.Earlier{{Sum: "old", Token: 7, State: once.Done, Nonce: "n"}}
	const now, later, never = 3 * time.Second, 65 * time.Second, 0
	for _, c := range []struct {
		name   string
		events []learned
		within time.Duration // since the last event; never: not at all
	}{
		{"a version that was published later", []learned{want(0, version("b", 2)), seen(0, record(once.Done, "a", 7, 1))}, now},
		{"a version that was published before", []learned{want(0, version("a", 1)), seen(0, record(once.Done, "b", 7, 2))}, never},
		{"one document later and one before", []learned{want(0, once.Version{Sum: "y", Documents: both(2, 1)}), seen(0, mixed)}, later},
		{"the same content, published again later", []learned{want(0, version("a", 1)), seen(0, record(once.Done, "b", 7, 2)), want(time.Second, version("a", 3))}, now},
		{"older content that came later", []learned{want(0, version("new", 9)), seen(0, rolledBack), want(time.Second, version("old", 5))}, later},
		{"the first version, without a time", []learned{seen(0, undated(once.Done, "a", 7)), want(0, version("b", 0))}, later},
		{"a change without a time", []learned{want(0, version("a", 0)), seen(0, undated(once.Done, "a", 7)), want(time.Second, version("b", 0))}, now},
		{"the same version again, without a time", []learned{want(0, version("b", 0)), seen(0, undated(once.Done, "a", 7)), want(time.Second, version("b", 0))}, later},
		{"a change before another one had its turn", []learned{
			want(0, version("a", 0)), seen(0, undated(once.Done, "a", 7)), want(time.Second, version("b", 0)), seen(time.Second, undated(once.Done, "c", 9)),
		}, later},
		{"a change during a turn that ends later", []learned{
			want(0, version("a", 0)), seen(0, undated(once.Claimed, "a", 7)), want(time.Second, version("b", 0)), seen(2*time.Second, undated(once.Done, "a", 7)),
		}, now},
		{"a version that had its turn, without a time", []learned{want(0, version("a", 0)), seen(0, undated(once.Done, "b", 9, "a"))}, never},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newMachine(t)
			last := undated(once.New, "", 1)
			for i, e := range c.events {
				d.now = e.at
				if e.record == nil {
					d.Want(d.now, e.version)
					continue
				}
				last = *e.record
				rev := "r" + string(rune('0'+i))
				d.Loaded(d.now, last.Bytes(), rev, nil)
			}
			from := d.now
			a, ok := d.until(once.Swap, from+time.Hour, always(last, "r9"))
			switch took := d.now - from; {
			case c.within == never && ok:
				t.Errorf("it is claimed after %v: %s", took, a.Data)
			case c.within != never && !ok:
				t.Errorf("it is never claimed, want after %v; the machine is %+v", c.within, d.Status())
			case c.within == now && took > now || c.within == later && (took < 50*time.Second || took > later):
				t.Errorf("it is claimed after %v, want about %v", took, c.within)
			}
		})
	}
}

func TestAnInstanceThatMayBeBehindDoesNotClaimWhatItCannotOrder(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	fresh := false
	d.Fresh = func() bool { return fresh }
	d.Want(0, version("b", 0))
	if a, ok := d.until(once.Swap, time.Hour, always(undated(once.Done, "a", 7), "r7")); ok {
		t.Fatalf("an instance whose config may be old claims %s", a.Data)
	}
	fresh = true
	if _, ok := d.until(once.Swap, d.now+time.Minute, always(undated(once.Done, "a", 7), "r7")); !ok {
		t.Error("an instance whose config is current again does not claim its version")
	}
}

// TestTimesOfAnAttempt checks when a record in a state is claimed.
func TestTimesOfAnAttempt(t *testing.T) {
	t.Parallel()
	attempt := func(state once.State, attempt int, holder string) once.Record {
		r := record(state, "a", 7, 1)
		r.Attempt, r.Holder = attempt, holder
		return r
	}
	for _, c := range []struct {
		name     string
		record   once.Record
		from, to time.Duration // 0: never
	}{
		{"an attempt that failed elsewhere", attempt(once.Retry, 1, "other"), 40 * time.Second, 53 * time.Second},
		{"an attempt that failed here", attempt(once.Retry, 1, "me"), time.Minute, 78 * time.Second},
		{"the back-off has a limit", attempt(once.Retry, 2, "other"), time.Minute, 78 * time.Second},
		{"the limit of attempts of this instance is reached", attempt(once.Retry, 3, "other"), 0, 0},
		{"a claim that was given back", attempt(once.Released, 0, "other"), 0, 3 * time.Second},
		{"a claim that does not end", attempt(once.Claimed, 1, "other"), 135 * time.Second, 138 * time.Second},
		{"the last claim does not end", attempt(once.Claimed, 3, "other"), 135 * time.Second, 138 * time.Second},
		{"a version that is done", attempt(once.Done, 1, "other"), 0, 0},
		{"a version that has failed", attempt(once.Failed, 3, "other"), 0, 0},
	} {
		d := newMachine(t)
		d.Backoff, d.MaxBackoff = 40*time.Second, time.Minute
		d.Want(0, version("a", 1))
		_, ok := d.until(once.Swap, time.Hour, always(c.record, "r7"))
		if ok != (c.to > 0) || ok && (d.now < c.from || d.now > c.to) {
			t.Errorf("%s: the record is written: %v, at %v; want between %v and %v", c.name, ok, d.now, c.from, c.to)
		}
		if !ok && d.Status().Phase != once.Settled {
			t.Errorf("%s: the machine is %s, want settled", c.name, d.Status().Phase)
		}
	}
}

func TestAWaitIsTheSameUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("b", 2))
	d.Loaded(0, record(once.Done, "a", 7, 1).Bytes(), "r7", nil)
	first := d.Next(0)
	for range 20 {
		if again := d.Next(0); again.Op != once.Wait || again.At != first.At {
			t.Fatalf("the machine waits until %v, and then until %v", first.At, again.At)
		}
	}
}

func TestARecordIsReadWhileAnInstanceWaits(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	long := record(once.Claimed, "a", 7, 1)
	long.Term = (24 * time.Hour).Milliseconds()
	reads := 0
	d.until(once.Swap, time.Hour, func() (once.Record, string) { reads++; return long, "r7" })
	if reads < 12 || reads > 20 {
		t.Errorf("in an hour the record was read %d times, want about every five minutes", reads)
	}
}

// A claim uses the newest revision, though the record is the same.
func TestTheNewestRevisionCounts(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("b", 2))
	r := record(once.Done, "a", 7, 1)
	d.Loaded(0, r.Bytes(), "r7", nil)
	d.Loaded(0, r.Bytes(), "r8", nil)
	if a, ok := d.until(once.Swap, time.Minute, always(r, "r8")); !ok || a.Prior != "r8" {
		t.Errorf("the claim replaces %q, want r8", a.Prior)
	}
}

func TestTheRecordKeepsSixteenVersions(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	r, rev := record(once.New, "", 7, 0), "r0"
	for i := range 40 {
		d.Want(d.now, version(strings.Repeat("v", i+1), int64(i+1)))
		d.Loaded(d.now, r.Bytes(), rev, nil)
		a, ok := d.until(once.Swap, d.now+time.Hour, always(r, rev))
		if !ok {
			t.Fatalf("version %d is not claimed", i)
		}
		claim := d.parse(a)
		if got := len(claim.Earlier); got != min(i, 16) {
			t.Fatalf("after %d versions the record has %d earlier ones, want %d", i, got, min(i, 16))
		}
		rev += "+"
		d.Swapped(d.now, rev, nil)
		if _, ok := d.until(once.Run, d.now+time.Minute, always(claim, rev)); !ok {
			t.Fatalf("version %d does not run", i)
		}
		d.Ended(once.Done, "")
		a, _ = d.until(once.Swap, d.now+time.Minute, always(claim, rev))
		r = d.parse(a)
		rev += "+"
		d.Swapped(d.now, rev, nil)
	}
}

func TestARefusedEndIsWrittenRarely(t *testing.T) {
	t.Parallel()
	d, claim := running(t)
	d.Ended(once.Done, "")
	tries := 0
	for end := d.now + time.Hour; d.now < end; tries++ {
		if _, ok := d.until(once.Swap, end, always(claim, "r8")); !ok {
			break
		}
		d.Swapped(d.now, "", source.PermissionDenied)
	}
	if tries < 30 || tries > 90 {
		t.Errorf("in an hour the end of a run was written %d times, want about once a minute", tries)
	}
}

// running returns a machine that runs, and its claim.
func running(t *testing.T) (*driven, once.Record) {
	t.Helper()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	a, _ := d.until(once.Swap, time.Hour, always(record(once.New, "", 7, 0), "r7"))
	claim := d.parse(a)
	d.Swapped(d.now, "r8", nil)
	d.Ended(once.Done, "") // nothing runs yet
	if _, ok := d.until(once.Run, d.now+time.Second, always(claim, "r8")); !ok {
		t.Fatal("the claim is not followed by a run")
	}
	return d, claim
}

func TestConflictsAreTriedLessAndLess(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	r := record(once.New, "", 7, 0)
	tries := 0
	for d.now < time.Hour {
		if _, ok := d.until(once.Swap, time.Hour, always(r, "r7")); !ok {
			break
		}
		tries++
		d.Swapped(d.now, "", source.Unavailable)
	}
	if tries < 300 || tries > 500 {
		t.Errorf("in an hour a claim without a clear answer was sent %d times, want about every 10 s", tries)
	}
}
