package once_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

// driven is a machine and its time.
type driven struct {
	*testing.T
	*once.Machine
	now time.Duration
}

func newMachine(t *testing.T) *driven {
	t.Helper()
	nonces := 0
	return &driven{T: t, Machine: once.NewMachine(once.Settings{
		Hook: "hook", Holder: "me", Term: term, Attempts: 3, Backoff: time.Second, MaxBackoff: time.Minute,
		Fresh: func() bool { return true },
		Nonce: func() string { nonces++; return fmt.Sprintf("mine %d", nonces) },
		Rand:  rand.New(rand.NewPCG(1, 2)),
	})}
}

const term = time.Minute

// until does what the machine wants until it wants op, or to wait beyond end. Reads return the
// record of load.
func (d *driven) until(op once.Op, end time.Duration, load func() (once.Record, string)) (once.Action, bool) {
	d.Helper()
	for range 10_000 {
		a := d.Next(d.now)
		switch {
		case a.Op == op:
			return a, true
		case a.Op == once.Load:
			r, rev := load()
			d.Loaded(d.now, r.Bytes(), rev, nil)
		case a.Op == once.Wait && a.At > end:
			d.now = max(d.now, end)
			return a, false
		case a.Op == once.Wait:
			d.now = max(d.now, a.At)
		default:
			d.Fatalf("the machine wants operation %d at %v", a.Op, d.now)
		}
	}
	d.Fatal("the machine does not wait")
	return once.Action{}, false
}

func always(r once.Record, rev string) func() (once.Record, string) {
	return func() (once.Record, string) { return r, rev }
}

func record(state once.State, sum string, token int64, at int64) once.Record {
	return once.Record{
		Form: once.Form, Hook: "hook", Sum: sum, Documents: map[string]int64{"doc": at}, Token: token, Turn: token,
		State: state, Attempt: 1, Holder: "other", Nonce: fmt.Sprint(state, token), Term: term.Milliseconds(),
	}
}

func (d *driven) parse(a once.Action) once.Record {
	d.Helper()
	r, err := once.Parse(a.Data)
	if err != nil {
		d.Fatal(err)
	}
	return r
}

// An instance with an older publication of the same content tries again. If that made the record
// look older, an instance with a version from between could claim it.
func TestAnOlderPublicationDoesNotMakeTheRecordOlder(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, once.Version{Sum: "a", Documents: map[string]int64{"doc": 5, "mine": 1}})
	a, ok := d.until(once.Swap, time.Hour, always(record(once.Retry, "a", 7, 9), "r7"))
	if !ok {
		t.Fatal("the attempt that failed is not tried again")
	}
	if r := d.parse(a); r.Documents["doc"] != 9 || r.Documents["mine"] != 1 || r.Token != 8 || r.Turn != 7 || r.Attempt != 2 {
		t.Errorf("the claim is %+v, want the later publication, token 8, turn 7 and attempt 2", r)
	}
}

// A store may give the record another revision though it is the same.
func TestTheEndOfARunIsWrittenThoughTheRevisionHasChanged(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, once.Version{Sum: "a"})
	a, _ := d.until(once.Swap, time.Hour, always(record(once.Done, "b", 7, 0), "r7"))
	claim := d.parse(a)
	d.Swapped(d.now, "r8", nil)
	if _, ok := d.until(once.Run, d.now+time.Second, always(claim, "r8")); !ok {
		t.Fatal("the claim is not followed by a run")
	}
	d.Ended(once.Done, "")
	a, _ = d.until(once.Swap, time.Hour, always(claim, "r8"))
	d.Swapped(d.now, "", source.Conflict)
	again, ok := d.until(once.Swap, d.now+time.Minute, always(claim, "r9"))
	if !ok || again.Prior != "r9" || string(again.Data) != string(a.Data) {
		t.Errorf("after the conflict the machine swaps %q for %s, want the same end for r9", again.Prior, again.Data)
	}
}

// Reads that are older than what was seen do not lead to a claim of what is done. If they stay, the
// store has lost writes; the next token is above all that were seen.
func TestOldReadsAndLostWrites(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, once.Version{Sum: "b", Documents: map[string]int64{"doc": 2}})
	current, old := record(once.Done, "b", 9, 2), record(once.Done, "a", 7, 1)
	if a, ok := d.until(once.Swap, time.Minute, always(current, "r9")); ok {
		t.Fatalf("a version that is done is claimed: %s", a.Data)
	}
	d.Look(d.now)
	reads := 0
	if a, ok := d.until(once.Swap, d.now+time.Hour, func() (once.Record, string) {
		reads++
		if reads%5 == 0 {
			return current, "r9"
		}
		return old, "r7"
	}); ok {
		t.Fatalf("an old read made the machine claim what is done: %s", a.Data)
	}
	a, ok := d.until(once.Swap, d.now+time.Hour, always(old, "r7"))
	if !ok {
		t.Fatal("the record of a store that has lost writes is never believed")
	}
	if r := d.parse(a); r.Token != 10 || a.Prior != "r7" {
		t.Errorf("the claim has token %d after 9 and replaces %s, want 10 and r7", r.Token, a.Prior)
	}
}

func TestAnInstanceThatMayNotWriteTriesRarely(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, once.Version{Sum: "a"})
	tries := 0
	for d.now < time.Hour {
		if _, ok := d.until(once.Swap, time.Hour, always(record(once.New, "", 7, 0), "r7")); !ok {
			break
		}
		tries++
		d.Swapped(d.now, "", source.PermissionDenied)
	}
	if tries < 30 || tries > 90 {
		t.Errorf("in an hour an instance that may not write tried %d times, want about once a minute", tries)
	}
	if s := d.Status(); source.KindOf(s.Err) != source.PermissionDenied {
		t.Errorf("its status has the error %v", s.Err)
	}
}

func TestAStoppedMachineReleasesAClaimThatItLearnsOf(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, once.Version{Sum: "a"})
	first := record(once.New, "", 7, 0)
	a, _ := d.until(once.Swap, time.Hour, always(first, "r7"))
	claim := d.parse(a)
	d.Swapped(d.now, "", source.Timeout)
	d.Stop()
	a, ok := d.until(once.Swap, d.now+time.Minute, always(claim, "r8"))
	if r := d.parse(a); !ok || r.State != once.Released || r.Attempt != 0 || r.Token != claim.Token || a.Prior != "r8" {
		t.Errorf("the machine swaps %q for %+v, want to release its claim", a.Prior, r)
	}
	d.Swapped(d.now, "r9", nil)
	if a := d.Next(d.now); !d.Idle() || a.Op != once.Wait {
		t.Errorf("a stopped machine without a claim wants %+v", a)
	}
}

// A write replaces a record that the store may have lost: the store has failed over to a replica
// that is behind, or an operator has created the record again, with a clock that is behind. The
// write can then never be applied.
func TestAWriteIsGivenUpIfTheStoreHasLostWhatItReplaces(t *testing.T) {
	t.Parallel()
	old := record(once.Done, "b", 7, 0)
	for _, c := range []struct {
		name string
		lose func(d *driven)
	}{
		{"older reads for as long as a claim lasts", func(*driven) {}},
		{"a record that was deleted and created", func(d *driven) { d.Loaded(d.now, nil, "", source.NotFound) }},
	} {
		d := newMachine(t)
		d.Want(0, once.Version{Sum: "a"})
		if _, ok := d.until(once.Swap, time.Hour, always(record(once.Done, "b", 9, 0), "r9")); !ok {
			t.Fatalf("%s: the version is not claimed", c.name)
		}
		d.Swapped(d.now, "", source.Unavailable)
		c.lose(d)
		for ended := d.now + time.Hour; ; {
			a, ok := d.until(once.Swap, ended, always(old, "r7"))
			if !ok {
				t.Fatalf("%s: the instance never claims the record that the store has now", c.name)
			}
			if a.Prior == "r7" {
				if r := d.parse(a); r.Token != 11 {
					t.Errorf("%s: the token is %d, want one above all that were seen", c.name, r.Token)
				}
				break
			}
			d.Swapped(d.now, "", source.Conflict)
		}
	}
}

// A claim that another one has replaced before its run began does not run, and one with the same
// token ends the run: the store has lost the first.
func TestAClaimThatIsReplacedDoesNotRun(t *testing.T) {
	t.Parallel()
	claimed := func() (*driven, once.Record) {
		d := newMachine(t)
		d.Want(0, once.Version{Sum: "a"})
		a, _ := d.until(once.Swap, time.Hour, always(record(once.New, "", 7, 0), "r7"))
		return d, d.parse(a)
	}
	d, _ := claimed()
	d.Swapped(d.now, "r8", nil)
	d.Look(d.now)
	newer := record(once.Claimed, "c", 9, 0)
	if a, ok := d.until(once.Run, d.now+term, always(newer, "r9")); ok {
		t.Errorf("the machine runs token %d though it has seen token 9", a.Claim.Token)
	}
	if s := d.Status(); s.Err != nil && s.Claimed.Token != 0 {
		t.Errorf("the status has the claim %+v", s.Claimed)
	}

	d, claim := claimed()
	d.Swapped(d.now, "r8", nil)
	if _, ok := d.until(once.Run, d.now+time.Second, always(claim, "r8")); !ok {
		t.Fatal("the claim is not followed by a run")
	}
	d.Look(d.now)
	other := record(once.Claimed, "a", claim.Token, 0)
	if _, ok := d.until(once.Cancel, d.now+time.Second, always(other, "r9")); !ok || !d.Status().Fenced {
		t.Error("the run goes on though another claim with its token is the record")
	}
}
