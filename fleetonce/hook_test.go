package fleetonce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/nacretest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

type config struct {
	Cache string       `config:"cache"`
	DSN   nacre.Secret `config:"dsn"`
}

// fleet is some instances in one process, which share a record.
type fleet struct {
	t     *testing.T
	store fleetonce.Store
	all   []*member

	mu   sync.Mutex
	runs []string
}

type member struct {
	cfg  *nacre.Config[config]
	hook *fleetonce.Hook
	name string
}

func newFleet(t *testing.T, n int, options fleetonce.Options, do func(ctx context.Context, member string, run fleetonce.Run[config]) error) *fleet {
	t.Helper()
	f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
	if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f.add(fmt.Sprintf("i%d", i), "v1", f.store, options, do)
	}
	return f
}

// add starts an instance.
func (f *fleet) add(name, value string, store fleetonce.Store, options fleetonce.Options, do func(ctx context.Context, member string, run fleetonce.Run[config]) error) *member {
	f.t.Helper()
	m := &member{name: name, cfg: nacretest.NewWith(f.t, nacre.Options{Logger: silent}, config{Cache: value, DSN: nacre.NewSecret("p4ssword")})}
	options.Holder, options.Keys = name, []string{"cache"}
	if options.Logger == nil {
		options.Logger = silent
	}
	var err error
	m.hook, err = fleetonce.Do(m.cfg, store, "hook", func(ctx context.Context, run fleetonce.Run[config]) error {
		f.mu.Lock()
		f.runs = append(f.runs, fmt.Sprintf("%s attempt %d", run.Config.Cache, run.Attempt))
		f.mu.Unlock()
		return do(ctx, name, run)
	}, options)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = m.hook.Close() })
	f.all = append(f.all, m)
	return m
}

func (f *fleet) publish(value string) {
	f.t.Helper()
	for _, m := range f.all {
		if err := nacretest.Update(m.cfg, func(c *config) { c.Cache = value }); err != nil {
			f.t.Fatal(err)
		}
	}
}

// wait waits until all instances have a state for their version, and returns the last status.
func (f *fleet) wait(state fleetonce.State) (last fleetonce.Status) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 24*time.Hour)
	defer cancel()
	for _, m := range f.all {
		var err error
		last, err = m.hook.Wait(ctx, func(s fleetonce.Status) bool { return s.State == state && s.Version == s.RecordVersion })
		if err != nil {
			f.t.Fatalf("%s: %v; it is %+v", m.name, err, m.hook.Status())
		}
	}
	return last
}

func (f *fleet) expect(want ...string) {
	f.t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := strings.Join(f.runs, ", "); got != strings.Join(want, ", ") {
		f.t.Errorf("the fleet ran %q, want %q", got, strings.Join(want, ", "))
	}
}

func succeed(context.Context, string, fleetonce.Run[config]) error { return nil }

func TestOneInstanceRunsForEachVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tokens []int64
		f := newFleet(t, 5, fleetonce.Options{}, func(_ context.Context, _ string, run fleetonce.Run[config]) error {
			tokens = append(tokens, run.Token)
			return nil
		})
		first := f.wait(fleetonce.Done)
		f.expect("v1 attempt 1")
		f.publish("v2")
		second := f.wait(fleetonce.Done)
		f.expect("v1 attempt 1", "v2 attempt 1")
		f.publish("v1")
		f.wait(fleetonce.Done)
		f.expect("v1 attempt 1", "v2 attempt 1", "v1 attempt 1")
		if first.Version == second.Version || len(tokens) != 3 || tokens[0] >= tokens[1] || tokens[1] >= tokens[2] {
			t.Errorf("the versions are %q and %q, the tokens %v; want other versions, and rising tokens", first.Version, second.Version, tokens)
		}
		if first.Holder == "" || first.Token != tokens[0] || first.Attempt != 1 {
			t.Errorf("the others learned %+v, want the holder, token %d and attempt 1", first, tokens[0])
		}
		// A change of a key that is not in the part, and a restart, run nothing.
		if err := nacretest.Update(f.all[0].cfg, func(c *config) { c.DSN = nacre.NewSecret("other") }); err != nil {
			t.Fatal(err)
		}
		late := f.add("late", "v1", f.store, fleetonce.Options{}, succeed)
		time.Sleep(time.Hour)
		if got := late.hook.Status(); got.State != fleetonce.Done {
			t.Errorf("an instance that starts later has %+v, want done", got)
		}
		f.expect("v1 attempt 1", "v2 attempt 1", "v1 attempt 1")
	})
}

func TestAFailureIsTriedAgainAndReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		f := newFleet(t, 3, fleetonce.Options{Attempts: 3}, func(_ context.Context, _ string, run fleetonce.Run[config]) error {
			if run.Attempt == 2 {
				panic("no route for p4ssword")
			}
			return errors.New("cannot connect as orders:p4ssword\nto db")
		})
		got := f.wait(fleetonce.Failed)
		f.expect("v1 attempt 1", "v1 attempt 2", "v1 attempt 3")
		if got.Reason != "cannot connect as orders:****** to db" || got.Attempt != 3 {
			t.Errorf("the others learned %q after %d attempts, want the error without the secret after 3", got.Reason, got.Attempt)
		}
		if took := time.Since(begin); took < 30*time.Second || took > 2*time.Minute {
			t.Errorf("three attempts took %v, want their back-off of 10 s and 20 s, and little more", took)
		}
		time.Sleep(24 * time.Hour)
		f.expect("v1 attempt 1", "v1 attempt 2", "v1 attempt 3")
		f.publish("v2")
		f.wait(fleetonce.Failed)
		if record := recordText(t, f.store); strings.Contains(record, "p4ssword") {
			t.Errorf("the record has a secret: %s", record)
		}
	})
}

func recordText(t *testing.T, store fleetonce.Store) string {
	t.Helper()
	r, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Data)
}

func TestCloseReleasesTheClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running := make(chan string, 10)
		var runs int
		var cause error
		f := newFleet(t, 2, fleetonce.Options{}, func(ctx context.Context, member string, _ fleetonce.Run[config]) error {
			running <- member
			if runs++; runs > 1 {
				return nil
			}
			<-ctx.Done()
			cause = context.Cause(ctx)
			return ctx.Err()
		})
		first := <-running
		begin := time.Now()
		for _, m := range f.all {
			if m.name == first {
				if err := m.hook.Close(); err != nil {
					t.Fatal(err)
				}
				if _, err := m.hook.Wait(t.Context(), func(fleetonce.Status) bool { return false }); !errors.Is(err, source.Closed) {
					t.Errorf("Wait after Close: %v, want closed", err)
				}
			}
		}
		if second := <-running; second == first || time.Since(begin) > 5*time.Second {
			t.Errorf("%s ran after %v, want the other one at once", second, time.Since(begin))
		}
		f.expect("v1 attempt 1", "v1 attempt 1")
		if !errors.Is(cause, source.Closed) {
			t.Errorf("the context of the run ended with %v, want closed", cause)
		}
	})
}

func TestAnotherInstanceTakesOverFromOneThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const term = time.Minute
		hang := make(chan struct{})
		var causes []error
		begin := time.Now()
		var second time.Duration
		f := newFleet(t, 2, fleetonce.Options{Term: term}, func(ctx context.Context, _ string, run fleetonce.Run[config]) error {
			if run.Attempt == 1 {
				<-ctx.Done()
				causes = append(causes, context.Cause(ctx))
				<-hang
				return nil // too late
			}
			second = time.Since(begin)
			return nil
		})
		f.wait(fleetonce.Done)
		close(hang)
		synctest.Wait()
		f.expect("v1 attempt 1", "v1 attempt 2")
		if second < 2*term || second > 3*term {
			t.Errorf("the other instance took over after %v, want more than two terms", second)
		}
		if len(causes) != 1 || !errors.Is(causes[0], source.Timeout) {
			t.Errorf("the context of the first run ended with %v, want a timeout", causes)
		}
		time.Sleep(time.Hour)
		f.expect("v1 attempt 1", "v1 attempt 2")
	})
}

func TestTheNewestOfSeveralVersionsRunsNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := newFleet(t, 3, fleetonce.Options{}, func(_ context.Context, _ string, run fleetonce.Run[config]) error {
			if run.Config.Cache == "v1" {
				<-release
				return errors.New("it is not tried again, since there is a newer version")
			}
			return nil
		})
		time.Sleep(10 * time.Second)
		for _, v := range []string{"v2", "v3", "v4"} {
			f.publish(v)
			time.Sleep(5 * time.Second)
		}
		f.expect("v1 attempt 1")
		if s := f.all[0].hook.Status(); s.State != fleetonce.Waiting && s.State != fleetonce.Running {
			t.Errorf("meanwhile an instance is %+v, want waiting", s)
		}
		close(release)
		f.wait(fleetonce.Done)
		f.expect("v1 attempt 1", "v4 attempt 1")
	})
}

// An instance that starts with another version, and cannot tell which one is newer, waits, and runs
// a version that never ran; it does not run one that did.
func TestInstancesThatDisagreeDoNotTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 2, fleetonce.Options{}, succeed)
		f.wait(fleetonce.Done)
		other := f.add("other", "v2", f.store, fleetonce.Options{}, succeed)
		time.Sleep(30 * time.Second)
		f.expect("v1 attempt 1")
		time.Sleep(24 * time.Hour)
		f.expect("v1 attempt 1", "v2 attempt 1")
		if s := other.hook.Status(); s.State != fleetonce.Done {
			t.Errorf("the instance with the new version is %+v, want done", s)
		}
		if s := f.all[0].hook.Status(); s.State != fleetonce.Superseded || s.Version == s.RecordVersion {
			t.Errorf("an instance with the old version is %+v, want superseded, and both versions", s)
		}
	})
}

func TestARecordThatIsMissingOrWrong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
		m := f.add("i0", "v1", f.store, fleetonce.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, succeed)
		time.Sleep(time.Hour)
		if s := m.hook.Status(); s.State != fleetonce.NoRecord || !errors.Is(s.Err, source.NotFound) {
			t.Errorf("without a record the status is %+v, want no record", s)
		}
		if n := strings.Count(log.String(), "record does not exist"); n != 1 {
			t.Errorf("the log has %d lines about the missing record, want one", n)
		}
		if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
			t.Fatal(err)
		}
		f.wait(fleetonce.Done)
		f.expect("v1 attempt 1")
		if err := fleetonce.Create(t.Context(), f.store, "hook"); !errors.Is(err, source.Conflict) {
			t.Errorf("a second Create: %v, want conflict", err)
		}

		another := fleetonce.NewMemoryStore("another")
		if err := fleetonce.Create(t.Context(), another, "another hook"); err != nil {
			t.Fatal(err)
		}
		wrong := f.add("i1", "v1", another, fleetonce.Options{}, succeed)
		time.Sleep(time.Hour)
		if s := wrong.hook.Status(); s.State != fleetonce.BadRecord || s.Err == nil {
			t.Errorf("with the record of another hook the status is %+v, want bad record", s)
		}
		f.expect("v1 attempt 1")
	})
}

func TestClosingTheConfigEndsTheHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 1, fleetonce.Options{}, succeed)
		f.wait(fleetonce.Done)
		if err := f.all[0].cfg.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.all[0].hook.Wait(t.Context(), func(fleetonce.Status) bool { return false }); !errors.Is(err, source.Closed) {
			t.Errorf("Wait after the end of the config: %v, want closed", err)
		}
		_, err := fleetonce.Do(f.all[0].cfg, f.store, "hook", func(context.Context, fleetonce.Run[config]) error { return nil }, fleetonce.Options{})
		if !errors.Is(err, source.Closed) {
			t.Errorf("Do with a closed config: %v, want closed", err)
		}
	})
}

func TestCloseDoesNotWaitForAFunctionThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		f := newFleet(t, 1, fleetonce.Options{}, func(context.Context, string, fleetonce.Run[config]) error {
			<-hang
			return nil
		})
		f.wait(fleetonce.Running)
		begin := time.Now()
		err := f.all[0].hook.Close()
		if took := time.Since(begin); took > 6*time.Second {
			t.Errorf("Close took %v, want 5 s at most", took)
		}
		if err != nil && !errors.Is(err, source.Timeout) || err == nil {
			t.Errorf("Close returned %v, want a timeout", err)
		}
		close(hang)
		synctest.Wait()
		if !strings.Contains(recordText(t, f.store), `"state": "claimed"`) {
			t.Error("the claim of a function that has not returned was released")
		}
	})
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	cfg := nacretest.NewWith(t, nacre.Options{Logger: silent}, config{})
	store := fleetonce.NewMemoryStore("record")
	do := func(context.Context, fleetonce.Run[config]) error { return nil }
	start := func(cfg *nacre.Config[config], store fleetonce.Store, name string, do func(context.Context, fleetonce.Run[config]) error, o fleetonce.Options) error {
		hook, err := fleetonce.Do(cfg, store, name, do, o)
		if hook != nil {
			_ = hook.Close()
		}
		return err
	}
	for name, err := range map[string]error{
		"no config":               start(nil, store, "hook", do, fleetonce.Options{}),
		"a zero config":           start(new(nacre.Config[config]), store, "hook", do, fleetonce.Options{}),
		"no store":                start(cfg, nil, "hook", do, fleetonce.Options{}),
		"no function":             start(cfg, store, "hook", nil, fleetonce.Options{}),
		"no name":                 start(cfg, store, "", do, fleetonce.Options{}),
		"a long name":             start(cfg, store, strings.Repeat("x", 129), do, fleetonce.Options{}),
		"a short term":            start(cfg, store, "hook", do, fleetonce.Options{Term: time.Millisecond}),
		"a long term":             start(cfg, store, "hook", do, fleetonce.Options{Term: 25 * time.Hour}),
		"negative attempts":       start(cfg, store, "hook", do, fleetonce.Options{Attempts: -1}),
		"a negative back-off":     start(cfg, store, "hook", do, fleetonce.Options{Backoff: -1}),
		"a long holder":           start(cfg, store, "hook", do, fleetonce.Options{Holder: strings.Repeat("x", 257)}),
		"a record without a name": fleetonce.Create(t.Context(), store, ""),
	} {
		if !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: %v, want invalid argument", name, err)
		}
	}
}

// Health shows each hook, what it does, and who holds the claim; it stays ready whatever a hook
// does.
func TestHealthShowsTheHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running, release := make(chan string, 1), make(chan struct{})
		f := newFleet(t, 2, fleetonce.Options{Attempts: 1}, func(_ context.Context, member string, _ fleetonce.Run[config]) error {
			running <- member
			<-release
			return errors.New("no route for p4ssword")
		})
		f.add("lost", "v1", fleetonce.NewMemoryStore("missing"), fleetonce.Options{}, succeed)
		holder := <-running
		synctest.Wait()
		time.Sleep(10 * time.Second)
		show := func(m *member) observe.HookHealth {
			t.Helper()
			h := m.cfg.Health()
			if err := h.Ready(); err != nil {
				t.Errorf("%s: a hook makes the config not ready: %v", m.name, err)
			}
			if len(h.Hooks) != 1 {
				t.Fatalf("%s: Health has the hooks %+v, want one", m.name, h.Hooks)
			}
			return h.Hooks[0]
		}
		for _, m := range f.all[:2] {
			got, want := show(m), "waiting"
			if m.name == holder {
				want = "running"
			}
			if got.Name != "hook" || got.Record != "record" || got.State != want || got.Holder != holder || got.Token == 0 || got.Attempt != 1 ||
				got.Version == "" || got.Version != got.RecordVersion || got.Since.IsZero() || got.Error != "" {
				t.Errorf("%s: while %s runs, Health shows %+v", m.name, holder, got)
			}
		}
		if got := show(f.all[2]); got.State != "no record" || got.Record != "missing" || got.Error == "" {
			t.Errorf("without a record, Health shows %+v", got)
		}
		close(release)
		if _, err := f.all[0].hook.Wait(t.Context(), func(s fleetonce.Status) bool { return s.State == fleetonce.Failed }); err != nil {
			t.Fatal(err)
		}
		if got := show(f.all[0]); got.State != "failed" || got.Reason != "no route for ******" {
			t.Errorf("after the last attempt, Health shows %+v", got)
		}
		if err := f.all[0].hook.Close(); err != nil {
			t.Fatal(err)
		}
		if h := f.all[0].cfg.Health(); len(h.Hooks) != 0 {
			t.Errorf("Health shows a hook that is closed: %+v", h.Hooks)
		}
	})
}

// A run ends when another instance has replaced its claim, and its outcome is dropped.
func TestARunIsCanceledWhenItsClaimIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		causes := make(chan error, 1)
		f := newFleet(t, 1, fleetonce.Options{}, func(ctx context.Context, _ string, _ fleetonce.Run[config]) error {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil
		})
		running := f.wait(fleetonce.Running)
		r, err := f.store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		other := fmt.Sprintf(`{"nacre":"fleet-once/1","hook":"hook","version":%q,"token":%d,"turn":%d,"state":"done","attempt":1,"holder":"other","nonce":"other","term_ms":1000}`,
			running.Version, running.Token+5, running.Token+5)
		if _, err := f.store.CompareAndSwap(t.Context(), r.Revision, []byte(other)); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if cause := <-causes; !errors.Is(cause, source.Conflict) || time.Since(begin) > time.Second {
			t.Errorf("the run ended after %v with %v, want a conflict at once", time.Since(begin), cause)
		}
		f.wait(fleetonce.Done)
		if got := recordText(t, f.store); got != other {
			t.Errorf("the outcome of a run that was replaced is in the record: %s", got)
		}
	})
}

// A hook that is closed while its claim is under way releases it, and does not run.
func TestCloseWhileAClaimIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, store: fleetonce.NewMemoryStore("record")}
		if err := fleetonce.Create(t.Context(), f.store, "hook"); err != nil {
			t.Fatal(err)
		}
		slow := &slowStore{Store: f.store, begun: make(chan struct{}), release: make(chan struct{})}
		m := f.add("i0", "v1", slow, fleetonce.Options{}, succeed)
		<-slow.begun
		closed := make(chan error)
		go func() { closed <- m.hook.Close() }()
		synctest.Wait()
		close(slow.release)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		f.expect()
		if got := recordText(t, f.store); !strings.Contains(got, `"state": "released"`) {
			t.Errorf("the claim of a hook that is closed stays: %s", got)
		}
	})
}

// slowStore holds up the first swap.
type slowStore struct {
	fleetonce.Store
	once           sync.Once
	begun, release chan struct{}
}

func (s *slowStore) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	s.once.Do(func() {
		close(s.begun)
		<-s.release
	})
	return s.Store.CompareAndSwap(ctx, revision, data)
}

// A store whose Wait returns at once does not make an instance read it in a loop.
func TestAStoreWhoseWaitReturnsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 0, fleetonce.Options{}, succeed)
		eager := &eagerStore{Store: f.store}
		f.add("i0", "v1", eager, fleetonce.Options{}, succeed)
		time.Sleep(time.Minute)
		if n := eager.loads.Load(); n < 60 || n > 400 {
			t.Errorf("in a minute the record was read %d times, want at most five a second", n)
		}
	})
}

type eagerStore struct {
	fleetonce.Store
	loads atomic.Int64
}

func (e *eagerStore) Load(ctx context.Context) (fleetonce.Record, error) {
	if e.loads.Add(1) > 10_000 {
		return fleetonce.Record{}, source.Unavailable
	}
	return e.Store.Load(ctx)
}

func (*eagerStore) Wait(ctx context.Context, _ string) error { return ctx.Err() }
