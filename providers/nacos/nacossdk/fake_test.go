package nacossdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos/nacossdk"
	"github.com/nacre-go/nacre/source"
)

// sdk is a scripted client of the SDK.
type sdk struct {
	config_client.IConfigClient // what is not scripted panics

	mu       sync.Mutex
	docs     map[string]string
	listens  map[string]func(string, string, string, string)
	log      []string
	reads    []time.Time
	running  int
	most     int
	err      error
	panics   bool
	hang     chan struct{} // reads wait for it
	snapshot bool
	deaf     bool // the next listen fails
}

func newSDK() *sdk {
	return &sdk{docs: map[string]string{}, listens: map[string]func(string, string, string, string){}}
}

func (f *sdk) GetClientConfig() (constant.ClientConfig, error) {
	return constant.ClientConfig{NamespaceId: "dev", Password: "canary", DisableUseSnapShot: !f.snapshot}, nil
}

func (f *sdk) GetConfig(p vo.ConfigParam) (string, error) {
	f.mu.Lock()
	f.reads = append(f.reads, time.Now())
	f.running++
	f.most = max(f.most, f.running)
	hang := f.hang
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	if f.panics {
		panic("canary")
	}
	return f.docs[p.DataId], f.err
}

func (f *sdk) ListenConfig(p vo.ConfigParam) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, "listen "+p.DataId)
	if f.deaf {
		f.deaf = false
		return errors.New("canary")
	}
	if f.listens[p.DataId] == nil { // a second one is dropped, as the SDK does
		f.listens[p.DataId] = p.OnChange
	}
	return nil
}

func (f *sdk) CancelListenConfig(p vo.ConfigParam) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, "cancel "+p.DataId)
	return nil // and the listener stays, as it may
}

func (f *sdk) do(change func()) { f.mu.Lock(); defer f.mu.Unlock(); change() }

// push calls the listener of a key, with a content that must not be believed.
func (f *sdk) push(id string) {
	f.mu.Lock()
	onChange := f.listens[id]
	f.mu.Unlock()
	onChange("dev", "DEFAULT_GROUP", id, "v: wrong")
}

func (f *sdk) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.reads) }

// bubble runs a test with a faked clock.
func bubble(t *testing.T, test func(t *testing.T, f *sdk, c *nacossdk.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newSDK()
		c, err := nacossdk.New(f)
		if err != nil {
			t.Fatal(err)
		}
		test(t, f, c)
	})
}

// follower reads a source as the engine does.
type follower struct {
	t   *testing.T
	src source.Source
	rev source.Revision
}

func (r *follower) next() (string, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Hour)
	defer cancel()
	got, err := r.src.Next(ctx, r.rev)
	if ctx.Err() != nil {
		r.t.Fatal("Next told nothing within an hour")
	}
	if err != nil {
		return "", err
	}
	r.rev = got.Revision
	if got.Documents[0].Absent {
		return "absent", nil
	}
	return string(got.Documents[0].Data), nil
}

func (r *follower) want(text string) {
	r.t.Helper()
	if got, err := r.next(); err != nil || got != text {
		r.t.Fatalf("Next returned %q, %v, want %q", got, err, text)
	}
}

func closed(t *testing.T, s source.Source) {
	t.Helper()
	if err := s.(interface{ Close() error }).Close(); err != nil {
		t.Error(err)
	}
}

func TestWakeAndReconcile(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		src := c.Source("x.yaml")
		defer closed(t, src)
		r := &follower{t: t, src: src}
		r.want("absent")
		time.Sleep(time.Second)
		begin := time.Now()
		f.do(func() { f.docs["x.yaml"] = "v: 1" })
		f.push("x.yaml")
		r.want("v: 1") // what was read, and not what the listener was handed
		if took := time.Since(begin); took > 300*time.Millisecond {
			t.Errorf("a pushed change came after %v", took)
		}
		for v := range 20 {
			begin := time.Now()
			text := strings.Repeat("a", v+1)
			f.do(func() { f.docs["x.yaml"] = text }) // and the push is lost
			r.want(text)
			if took := time.Since(begin); took > 34*time.Second {
				t.Errorf("a change whose push was lost came after %v, want 33 s at most", took)
			}
		}
		prover, ok := src.(source.FreshnessReporter)
		if !ok || time.Since(prover.VerifiedAt()) > time.Second {
			t.Error("a source of a client without snapshots does not say that it is proven")
		}
		if got := source.DescriptionOf(src).VerifyEvery; got != 33*time.Second {
			t.Errorf("the source says that it verifies every %v, want 30 s and a tenth", got)
		}
		f.do(func() { delete(f.docs, "x.yaml") })
		f.push("x.yaml")
		r.want("absent")
	})
}

// A push that comes before all servers have the change is read again soon, and not without end.
func TestReadTooEarly(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		src := c.Source("x.yaml")
		defer closed(t, src)
		r := &follower{t: t, src: src}
		r.want("absent")
		time.Sleep(time.Second)
		f.push("x.yaml")
		time.Sleep(700 * time.Millisecond)
		f.do(func() { f.docs["x.yaml"] = "v: 1" })
		begin := time.Now()
		r.want("v: 1")
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("what was read too early came %v after it was there", took)
		}
		time.Sleep(time.Second)
		before := f.count()
		for range 50 {
			f.push("x.yaml")
		}
		time.Sleep(10 * time.Second)
		if n := f.count() - before; n > 6 {
			t.Errorf("50 pushes without a change made %d reads", n)
		}
		f.do(func() {
			for i := 1; i < len(f.reads); i++ {
				if gap := f.reads[i].Sub(f.reads[i-1]); gap < 200*time.Millisecond {
					t.Errorf("two reads of a key are %v apart", gap)
				}
			}
		})
	})
}

// A listen that fails is made again with the next read: else its key would have its reconcile alone
// for good.
func TestListenThatFailed(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		f.do(func() { f.deaf = true })
		src := c.Source("x.yaml")
		defer closed(t, src)
		r := &follower{t: t, src: src}
		r.want("absent")
		time.Sleep(time.Minute)
		f.do(func() { f.docs["x.yaml"] = "v: 1" })
		f.push("x.yaml")
		begin := time.Now()
		r.want("v: 1")
		if took := time.Since(begin); took > time.Second {
			t.Errorf("a minute after its listen had failed, a change came after %v: it is not listened to", took)
		}
	})
}

// The bound of staleness holds after errors too, however long they last.
func TestBoundHoldsAfterErrors(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, _ *nacossdk.Client) {
		c, err := nacossdk.New(f, nacossdk.ReconcileEvery(2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		src := c.Source("x.yaml")
		defer closed(t, src)
		r := &follower{t: t, src: src}
		r.want("absent")
		f.do(func() { f.err = errors.New("no answer") })
		time.Sleep(time.Hour)
		f.do(func() { f.err, f.docs["x.yaml"] = nil, "v: 1" })
		begin := time.Now()
		for got, err := r.next(); err != nil || got != "v: 1"; got, err = r.next() { //nolint:revive // it waits
		}
		if took := time.Since(begin); took > 2200*time.Millisecond {
			t.Errorf("after an hour of errors a change came after %v, want the reconcile's 2 s", took)
		}
	})
}

// However many sources and clients have a key, it is listened to and read once.
func TestOneListenForAKey(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		other, err := nacossdk.New(f, nacossdk.ReconcileEvery(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		a, b := c.Source("x.yaml"), other.Source("x.yaml")
		(&follower{t: t, src: a}).want("absent")
		r := &follower{t: t, src: b}
		r.want("absent")
		f.do(func() {
			if len(f.log) != 1 || len(f.reads) != 1 {
				t.Errorf("two sources of a key made the calls %q and %d reads", f.log, len(f.reads))
			}
		})
		closed(t, a)
		if _, err := a.Next(t.Context(), ""); !errors.Is(err, source.Closed) {
			t.Errorf("Next after Close: %v, want closed", err)
		}
		time.Sleep(2 * time.Second)
		f.do(func() { f.docs["x.yaml"] = "v: 1" })
		f.push("x.yaml")
		r.want("v: 1")
		closed(t, b)
		synctest.Wait()
		before := f.count()
		f.push("x.yaml") // late, as the SDK may
		time.Sleep(time.Minute)
		f.do(func() {
			if len(f.reads) != before || f.log[len(f.log)-1] != "cancel x.yaml" {
				t.Errorf("after the last Close there were %d reads; calls %q", len(f.reads)-before, f.log)
			}
		})
		// The SDK has kept the old listener and drops the new one: it must wake the new entry.
		src := c.Source("x.yaml")
		defer closed(t, src)
		n := &follower{t: t, src: src}
		n.want("v: 1")
		time.Sleep(time.Second)
		f.do(func() { f.docs["x.yaml"] = "v: 2" })
		f.push("x.yaml")
		begin := time.Now()
		n.want("v: 2")
		if took := time.Since(begin); took > time.Second {
			t.Errorf("a listener that the SDK kept wakes nobody: the change came after %v", took)
		}
	})
}

// Calls of the SDK that hang hold four places and nothing else.
func TestCallsThatHang(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		hang := make(chan struct{})
		f.hang = hang
		var all []source.Source
		for id := range strings.FieldsSeq("a b c d e f g h") {
			all = append(all, c.Source(id+".yaml"))
		}
		r := &follower{t: t, src: all[7]}
		if _, err := r.next(); !errors.Is(err, source.Timeout) {
			t.Errorf("while the SDK hangs the source tells %v, want timeout", err)
		}
		f.do(func() {
			if f.most != 4 {
				t.Errorf("%d calls were under way together, want 4", f.most)
			}
		})
		begin := time.Now()
		closed(t, all[0])
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("Close took %v", took)
		}
		f.do(func() { f.hang, f.docs["h.yaml"] = nil, "v: 1" })
		close(hang)
		for got, err := r.next(); err != nil || got != "v: 1"; got, err = r.next() { //nolint:revive // it waits
		}
		for _, s := range all {
			closed(t, s)
		}
	})
}

// What goes wrong is told with its kind, without a word of the SDK's, and leaves the content that
// there was.
func TestTroubles(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		f.docs["x.yaml"] = "v: 1"
		src := c.Source("x.yaml")
		defer closed(t, src)
		r := &follower{t: t, src: src}
		r.want("v: 1")
		for _, tc := range []struct {
			err   string
			panic bool
			kind  source.Kind
		}{
			{"canary 403 forbidden", false, source.PermissionDenied},
			{"canary: request timeout", false, source.Timeout},
			{"canary connection refused", false, source.Unavailable},
			{"canary", true, source.Unavailable},
		} {
			f.do(func() { f.err, f.panics = errors.New(tc.err), tc.panic })
			f.push("x.yaml")
			_, err := r.next()
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || e.Fix == "" || strings.Contains(err.Error(), "canary") {
				t.Errorf("%q is told as %v, want %v, a fix, and nothing of its text", tc.err, err, tc.kind)
			}
		}
		f.do(func() { f.err, f.panics, f.docs["x.yaml"] = nil, false, "v: 2" })
		r.want("v: 2")
	})
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	if _, err := nacossdk.New(nil); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("New without a client: %v, want an invalid argument", err)
	}
	if _, err := nacossdk.New((*config_client.ConfigClient)(nil)); !errors.Is(err, source.InvalidArgument) {
		t.Errorf("New with a nil pointer: %v, want an invalid argument", err)
	}
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		for name, src := range map[string]source.Source{
			"no data ID": c.Source(""), "an illegal one": c.Source("a/b"), "an empty group": c.Source("x.yaml", nacossdk.Group("")),
		} {
			if _, err := src.Next(t.Context(), ""); !errors.Is(err, source.InvalidArgument) {
				t.Errorf("%s: %v, want an invalid argument", name, err)
			}
			closed(t, src)
		}
		f.docs["x"] = "v: 1"
		plain := c.Source("x")
		defer closed(t, plain)
		if _, err := plain.Next(t.Context(), ""); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("no format: %v, want an invalid argument", err)
		}
		missing := c.Source("missing.yaml")
		defer closed(t, missing)
		if c, err := missing.Next(t.Context(), ""); err != nil || !c.Documents[0].Absent || !errors.Is(c.Documents[0].AbsentErr, source.NotFound) {
			t.Errorf("a config that is missing: %+v, %v, want an absent document with the reason", c, err)
		}
		g := newSDK()
		g.snapshot = true
		disk, err := nacossdk.New(g)
		if err != nil {
			t.Fatal(err)
		}
		unproven := disk.Source("x.yaml")
		defer closed(t, unproven)
		if _, ok := unproven.(source.FreshnessReporter); ok {
			t.Error("a source of a client that may use its disk claims to be proven")
		}
		if id := source.DescriptionOf(unproven).Identity; id != "nacossdk:dev/DEFAULT_GROUP/x.yaml" {
			t.Errorf("Identity is %q", id)
		}
		if scope := source.DescriptionOf(unproven); scope.Namespace != "dev" || scope.Group != "DEFAULT_GROUP" {
			t.Errorf("Scope is %+v", scope)
		}
	})
}

func TestNamesAreThoseOfDocuments(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, _ *sdk, c *nacossdk.Client) {
		for want, s := range map[string]source.Source{
			"orders.yaml":          c.Source("orders.yaml"),
			"PAYMENTS/orders.yaml": c.Source("orders.yaml", nacossdk.Group("PAYMENTS")),
		} {
			if s.Name() != want {
				t.Errorf("the name is %q, want %q", s.Name(), want)
			}
			if closer, ok := source.As[io.Closer](s); !ok || closer.Close() != nil {
				t.Error("the source cannot be closed")
			}
		}
	})
}

// Each config is a request, so that many configs are read more slowly, and all of them wait while
// the server fails.
func TestManyConfigsArePaced(t *testing.T) {
	bubble(t, func(t *testing.T, f *sdk, c *nacossdk.Client) {
		const configs = 3000
		sources := make([]source.Source, configs)
		for i := range sources {
			id := fmt.Sprintf("%04d.yaml", i)
			f.do(func() { f.docs[id] = "v: 1" })
			sources[i] = c.Source(id)
			defer closed(t, sources[i])
		}
		if every := source.DescriptionOf(sources[0]).VerifyEvery; every != 165*time.Second {
			t.Errorf("a config of %d is said to be verified every %v, want 150 s and a tenth", configs, every)
		}
		rate := func(d time.Duration) float64 {
			before := f.count()
			time.Sleep(d)
			return float64(f.count()-before) / d.Seconds()
		}
		time.Sleep(5 * time.Minute)
		if r := rate(10 * time.Minute); r > 22 || r < 18 {
			t.Errorf("%d configs cost %.1f reads a second, want 20", configs, r)
		}
		f.do(func() { f.err = errors.New("connection refused") })
		time.Sleep(5 * time.Minute)
		if r := rate(10 * time.Minute); r > 1 {
			t.Errorf("while the server fails they cost %.1f reads a second, want few", r)
		}
		f.do(func() { f.err = nil })
		time.Sleep(33 * time.Second)
		for _, s := range sources {
			if age := time.Since(s.(source.FreshnessReporter).VerifiedAt()); age > 33*time.Second {
				t.Fatalf("half a minute after the server works, %s was verified %v ago", s.Name(), age)
			}
		}
		f.do(func() { f.docs["0007.yaml"] = "v: 2" })
		began := time.Now()
		f.push("0007.yaml")
		r := &follower{t: t, src: sources[7]}
		for {
			if text, err := r.next(); err == nil && text == "v: 2" {
				break
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("a push among %d configs is read after %v", configs, took)
		}
	})
}
