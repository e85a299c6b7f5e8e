package once_test

import (
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

// The outcome of a run whose record was deleted is not written: the swap would create the record,
// or replace a new one that an operator has created.
func TestARecordThatIsDeletedDuringARun(t *testing.T) {
	t.Parallel()
	d, _ := running(t)
	d.Loaded(d.now, nil, "", source.NotFound)
	d.Ended(once.Done, "")
	for end := d.now + 10*time.Minute; d.now < end; {
		switch a := d.Next(d.now); a.Op {
		case once.Load:
			d.Loaded(d.now, nil, "", source.NotFound)
		case once.Wait:
			d.now = min(a.At, end)
		default:
			t.Fatalf("while the record is gone, the machine wants operation %d: %s", a.Op, a.Data)
		}
	}
	created := record(once.New, "", 1000, 0)
	a, ok := d.until(once.Swap, d.now+time.Minute, always(created, "r10"))
	if r := d.parse(a); !ok || r.State != once.Claimed || r.Token != 1001 || a.Prior != "r10" {
		t.Errorf("with a new record the machine writes %+v over %q, want a claim with token 1001", r, a.Prior)
	}
}

// The outcome of a run that another instance has replaced is dropped.
func TestTheEndOfAReplacedRunIsNotWritten(t *testing.T) {
	t.Parallel()
	d, _ := running(t)
	d.Look(d.now)
	other := record(once.Claimed, "b", 20, 2)
	if _, ok := d.until(once.Cancel, d.now+time.Second, always(other, "r20")); !ok {
		t.Fatal("the run goes on though another instance has a newer claim")
	}
	d.Ended(once.Done, "")
	if a, ok := d.until(once.Swap, d.now+time.Minute, always(other, "r20")); ok {
		t.Errorf("the machine writes the end of a run that was replaced: %s", a.Data)
	}
}

// A node that is far behind does not keep an instance from sending its write again.
func TestAnOldReadDoesNotHoldUpAWrite(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("b", 2))
	a, _ := d.until(once.Swap, time.Hour, always(record(once.Done, "a", 9, 1), "r9"))
	d.Swapped(d.now, "", source.Timeout)
	again, ok := d.until(once.Swap, d.now+term, always(record(once.Done, "z", 7, 0), "r7"))
	if !ok || again.Prior != "r9" || string(again.Data) != string(a.Data) {
		t.Errorf("the machine swaps %q for %s, want the same bytes for r9 again", again.Prior, again.Data)
	}
}

// The end of a run that was written, and that a newer version has replaced before the instance
// looked, is not a take-over.
func TestAnEndThatANewerVersionFollows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		own  bool
	}{{"it was written", true}, {"it was not", false}} {
		d, claim := running(t)
		d.Ended(once.Done, "")
		a, _ := d.until(once.Swap, d.now+time.Second, always(claim, "r8"))
		end := d.parse(a)
		d.Swapped(d.now, "", source.Timeout)
		next := record(once.Claimed, "b", claim.Token+1, 9)
		next.Earlier = []once.Earlier{{Sum: claim.Sum, Token: claim.Token, State: once.Failed, Nonce: "other"}}
		if c.own {
			next.Earlier[0].Nonce = end.Nonce
		}
		d.until(once.Run, d.now+time.Second, always(next, "r9"))
		if s := d.Status(); (s.Err == nil) != c.own || d.Unresolved() != "" {
			t.Errorf("%s: the status has the error %v, and the write %q", c.name, s.Err, d.Unresolved())
		}
	}
}

// A refusal after a request whose answer was lost proves nothing: that request may be the claim.
func TestARefusalAfterALostAnswer(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	first := record(once.New, "", 7, 0)
	a, _ := d.until(once.Swap, time.Hour, always(first, "r7"))
	claim := d.parse(a)
	d.Swapped(d.now, "", source.Timeout)
	if _, ok := d.until(once.Swap, d.now+time.Minute, always(first, "r7")); !ok {
		t.Fatal("the claim is not sent again")
	}
	d.Swapped(d.now, "", source.PermissionDenied)
	if run, ok := d.until(once.Run, d.now+term/8, always(claim, "r8")); !ok || run.Claim.Nonce != claim.Nonce {
		t.Error("an instance does not know the claim that the record has")
	}
}

// A claim of which an instance learns late is for the version that it has by then.
func TestAClaimIsRenewedForANewerVersion(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	a, _ := d.until(once.Swap, time.Hour, always(record(once.New, "", 7, 0), "r7"))
	claim := d.parse(a)
	d.Swapped(d.now, "", source.Timeout)
	d.Want(d.now, version("b", 2))
	a, ok := d.until(once.Swap, d.now+time.Second, always(claim, "r8"))
	if r := d.parse(a); !ok || r.Sum != "b" || r.Attempt != 1 || r.Token != claim.Token+1 || r.Turn != r.Token || a.Prior != "r8" {
		t.Errorf("the machine writes %+v over %q, want a claim of b", r, a.Prior)
	}
}

func TestAStoppedMachineDoesNothing(t *testing.T) {
	t.Parallel()
	d := newMachine(t)
	d.Want(0, version("a", 1))
	d.Loaded(0, record(once.New, "", 7, 0).Bytes(), "r7", nil)
	d.Stop()
	for _, now := range []time.Duration{0, time.Minute, time.Hour} {
		if a := d.Next(now); a.Op != once.Wait || a.At != once.Never {
			t.Errorf("after %v a stopped machine wants %+v, want to wait for ever", now, a)
		}
	}
}
