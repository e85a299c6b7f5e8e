package fleetonce

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

// requestTimeout is that of one request to the store, and lookWait the least time between two
// reads that a change causes: a store that is read in a loop may show a change later.
const (
	requestTimeout = 10 * time.Second
	lookWait       = 200 * time.Millisecond
)

// driver does what the machine of a hook decides.
type driver struct {
	*Hook
	name    string
	store   Store
	options Options
	machine *once.Machine
	began   time.Time // has a monotonic reading
	redact  func(error) string
	hide    func() // ends that Health shows the hook
	read    func() (any, once.Version)
	run     func(ctx context.Context, value any, claim once.Record) error

	changed chan struct{} // the config may have changed
	ended   chan result

	values []version // the last ones, the live one last: a claim may be of an earlier one
	cancel context.CancelCauseFunc
}

func (d *driver) now() time.Duration { return time.Since(d.began) }

// signal tells the driver that the config may have changed. It does not block.
func (d *driver) signal() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// drive is the goroutine of a hook.
func (d *driver) drive(config *nacre.Subscription) {
	defer close(d.done)
	defer d.hide()
	defer d.close()
	defer config.Stop()
	working, stop := context.WithCancel(context.Background())
	defer stop()
	w := &watcher{store: d.store, arm: make(chan string, 1), fired: make(chan struct{}, 1)}
	go w.watch(working)
	d.adopt()
	closing, closed := d.closing.Done(), config.Done()
	var deadline <-chan time.Time // of the end, after Close
	for {
		if closing != nil && d.closing.Err() != nil { // before anything more begins
			closing = nil
			d.machine.Stop()
			if d.cancel != nil {
				d.cancel(errClosed)
			}
			end := time.NewTimer(closeTimeout - closeTimeout/10)
			defer end.Stop()
			deadline = end.C
		}
		a := d.machine.Next(d.now())
		d.report()
		if closing == nil && (d.machine.Idle() || d.cancel == nil && source.KindOf(d.machine.Status().Err) == source.Closed) {
			return // nothing is left to write, or the store is closed
		}
		switch a.Op {
		case once.Load:
			d.load(working, w)
			continue
		case once.Swap:
			d.swap(working, a)
			continue
		case once.Run:
			d.begin(a)
			continue
		case once.Cancel:
			d.cancel(takenOver)
			continue
		}
		timer := time.NewTimer(max(min(a.At-d.now(), time.Hour), 0))
		select {
		case <-timer.C:
		case <-w.fired:
			w.armed = false
			d.machine.Look(d.now())
		case <-d.changed:
			d.adopt()
		case r := <-d.ended:
			d.finish(r)
		case <-closed:
			closed = nil
			d.close()
		case <-closing:
		case <-deadline:
			timer.Stop()
			d.late.Store(true)
			return
		}
		timer.Stop()
	}
}

var takenOver = &source.Error{Kind: source.Conflict, Op: "run", Err: errors.New("another instance has taken over")}

// adopt gives the machine the live version.
func (d *driver) adopt() {
	value, v := d.read()
	if v.Sum == "" {
		return
	}
	d.values = slices.DeleteFunc(d.values, func(old version) bool { return old.sum == v.Sum })
	d.values = append(d.values[max(len(d.values)-maxValues+1, 0):], version{v.Sum, value})
	d.machine.Want(d.now(), v)
}

// maxValues is how many values of the config a hook keeps.
const maxValues = 3

// version is a value of the config, a *T, with the sum of its part.
type version struct {
	sum   string
	value any
}

func (d *driver) load(ctx context.Context, w *watcher) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := d.store.Load(ctx)
	d.machine.Loaded(d.now(), r.Data, r.Revision, err)
	if err == nil && !w.armed {
		w.armed = true
		w.arm <- r.Revision
	}
}

func (d *driver) swap(ctx context.Context, a once.Action) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	revision, err := d.store.CompareAndSwap(ctx, a.Prior, a.Data)
	d.machine.Swapped(d.now(), revision, err)
}

// begin starts a run.
func (d *driver) begin(a once.Action) {
	left := a.At - d.now()
	at := slices.IndexFunc(d.values, func(v version) bool { return v.sum == a.Claim.Sum })
	if left <= 0 || at < 0 {
		d.machine.Ended(once.Released, "")
		return
	}
	value := d.values[at].value
	d.log(slog.LevelInfo, "fleetonce: run begins", a.Claim)
	ctx, cancel := context.WithCancelCause(context.Background())
	ctx, end := context.WithTimeoutCause(ctx, left, &source.Error{Kind: source.Timeout, Op: "run", Err: errors.New("term is over")})
	d.cancel = cancel
	go func() {
		defer cancel(nil)
		defer end()
		d.ended <- result{d.call(ctx, value, a.Claim)}
	}()
}

// finish tells the machine how a run has ended.
func (d *driver) finish(r result) {
	d.cancel = nil
	claim := d.machine.Status().Claimed
	switch {
	case r.err == nil:
		d.log(slog.LevelInfo, "fleetonce: run succeeded", claim)
		d.machine.Ended(once.Done, "")
	case d.closing.Err() != nil:
		d.log(slog.LevelInfo, "fleetonce: run was stopped", claim)
		d.machine.Ended(once.Released, "")
	default:
		reason := d.redact(r.err)
		d.log(slog.LevelWarn, "fleetonce: run failed", claim, slog.String("error", reason))
		d.machine.Ended(once.Retry, reason)
	}
}

// report publishes what the machine knows, and logs what an operator should see.
func (d *driver) report() {
	s := statusOf(d.machine.Status())
	s.Hook = d.name
	old, changed := d.set(s)
	switch {
	case !changed && errText(s.Err) == errText(old.Err):
	case s.State == Failed && old.State != Failed:
		d.options.Logger.Error("fleetonce: version failed", d.attributes(slog.String("version", s.Version), slog.Int64("token", s.Token), slog.Int("attempt", s.Attempt), slog.String("reason", s.Reason))...)
	case s.State == NoRecord && old.State != NoRecord:
		d.options.Logger.Error("fleetonce: record does not exist; create it with fleetonce.Create", d.attributes()...)
	case s.Err != nil && errText(s.Err) != errText(old.Err) && source.KindOf(s.Err) != source.NotFound:
		d.options.Logger.Warn("fleetonce: problem with the record", d.attributes(slog.String("error", s.Err.Error()))...)
	}
}

func (d *driver) log(level slog.Level, text string, claim once.Record, more ...any) {
	d.options.Logger.Log(context.Background(), level, text,
		d.attributes(append([]any{slog.String("version", claim.Sum), slog.Int64("token", claim.Token), slog.Int("attempt", claim.Attempt)}, more...)...)...)
}

func (d *driver) attributes(more ...any) []any {
	return append([]any{slog.String("hook", d.name), slog.String("record", d.store.Name())}, more...)
}

// watcher waits for changes of the record.
type watcher struct {
	store Store
	arm   chan string   // the revision to wait at
	fired chan struct{} // after each wait, once
	armed bool          // used by the driver only
}

func (w *watcher) watch(ctx context.Context) {
	failures := 0
	for {
		var revision string
		select {
		case revision = <-w.arm:
		case <-ctx.Done():
			return
		}
		err := w.store.Wait(ctx, revision)
		wait := lookWait
		if failures++; err == nil {
			failures = 0
		} else {
			wait = min(time.Second<<min(failures, 6), time.Minute)
		}
		select {
		case w.fired <- struct{}{}:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
