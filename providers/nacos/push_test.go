package nacos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// fleet are many configs and a reader of each.
type fleet struct {
	t       *testing.T
	srv     *fakenacos.Server
	readers []*reader
}

func (f *fleet) put(text string) {
	f.t.Helper()
	for i := range f.readers {
		if err := f.srv.Publish("", group, fmt.Sprintf("%d.yaml", i), text); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fleet) until(text string) {
	f.t.Helper()
	for _, r := range f.readers {
		r.until(text)
	}
}

func newFleet(t *testing.T, n int, opts fakenacos.Options, more ...nacos.Option) (*fleet, *nacos.Client) {
	t.Helper()
	f := &fleet{t: t, srv: start(t, opts)}
	c := newClient(t, config(f.srv), more...)
	for i := range n {
		f.readers = append(f.readers, follow(t, c.Config(fmt.Sprintf("%d.yaml", i))))
	}
	f.put("v: 0")
	f.until("v: 0")
	return f, c
}

// The plain SDK has 1 of 2, 15 of 100 and 108 of 1000 fresh after half a minute.
func TestAllOfManyConfigsChangedTogetherAreFresh(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 20, 200} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			f, _ := newFleet(t, n, fakenacos.Options{}, nacos.ReconcileEvery(time.Hour)) // so that pushes alone bring it
			for round := range testrun.Count(3, 1) {
				text := fmt.Sprintf("v: %d", round+1)
				f.put(text)
				f.until(text)
			}
		})
	}
}

func TestKeysDeclaredWhilePushesArrive(t *testing.T) {
	t.Parallel()
	f, c := newFleet(t, 100, fakenacos.Options{}, nacos.ReconcileEvery(time.Hour)) // so that pushes alone bring it
	f.put("v: 1")
	for i := range 100 {
		f.readers = append(f.readers, follow(t, c.Config(fmt.Sprintf("%d.yaml", 100+i))))
		if i == 50 {
			f.put("v: 2")
		}
	}
	f.put("v: 3")
	f.until("v: 3")
}

func TestPushesGoWrong(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*fakenacos.Faults){
		"dropped":   func(f *fakenacos.Faults) { f.DropPushes(fakenacos.Always) },
		"doubled":   func(f *fakenacos.Faults) { f.DoublePushes(fakenacos.Always) },
		"reordered": func(f *fakenacos.Faults) { f.ReorderPushes(7) },
		"delayed":   func(f *fakenacos.Faults) { f.DelayPushes(300 * time.Millisecond) },
		"too early": func(f *fakenacos.Faults) { f.StaleReads(15) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := newFleet(t, 20, fakenacos.Options{}, nacos.ReconcileEvery(time.Second))
			fault(f.srv.Faults())
			for round := range testrun.Count(3, 1) {
				text := fmt.Sprintf("v: %d", round+1)
				f.put(text)
				begin := time.Now()
				f.until(text)
				if took := time.Since(begin); testrun.Full() && took > 5*time.Second {
					t.Errorf("with pushes %s a change was seen after %v; the reconcile comes every second", name, took)
				}
			}
		})
	}
}

func TestPushesAreAcknowledged(t *testing.T) {
	t.Parallel()
	f, _ := newFleet(t, 20, fakenacos.Options{AckTimeout: time.Hour}) // no push is sent twice
	for round := range 5 {
		f.put(fmt.Sprintf("v: %d", round+1))
		f.until(fmt.Sprintf("v: %d", round+1))
	}
	if err := f.srv.Wait(within(t), func(s fakenacos.Stats) bool { return s.Acks >= s.Pushes }); err != nil {
		t.Errorf("not every push was acknowledged: %+v", f.srv.Stats())
	}
}

func TestServerSeesAppliedMD5(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	if err := srv.Put("", group, "x.yaml", "v: 1"); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, config(srv))
	src := c.Config("x.yaml")
	r := follow(t, src)
	r.until("v: 1")
	listens := func(md5 string) func(fakenacos.Stats) bool {
		return func(fakenacos.Stats) bool {
			ls := srv.Listeners("", group, "x.yaml")
			return len(ls) == 1 && ls[0].MD5 == md5
		}
	}
	src.Ack(r.rev, nil)
	if err := srv.Wait(within(t), listens(sumOf("v: 1"))); err != nil {
		t.Errorf("the server does not show the md5 that was applied: %+v", srv.Listeners("", group, "x.yaml"))
	}
	if err := srv.Put("", group, "x.yaml", "v: bad"); err != nil {
		t.Fatal(err)
	}
	r.until("v: bad")
	if !listens(sumOf("v: 1"))(srv.Stats()) {
		t.Errorf("the server shows a content as applied that was only read: %+v", srv.Listeners("", group, "x.yaml"))
	}
}

func TestDeleteAndCreate(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	c := newClient(t, config(srv))
	must, may := follow(t, c.Config("x.yaml")), follow(t, c.Config("x.yaml"))
	for i := range 5 {
		if err := srv.Put("", group, "x.yaml", "v: 1"); err != nil {
			t.Fatal(err)
		}
		must.until("v: 1")
		may.until("v: 1")
		srv.Delete("", group, "x.yaml")
		if err := must.trouble(); err == nil {
			t.Errorf("round %d: a deleted config is no error", i)
		}
		if d, err := may.next(); err != nil || !d.Absent {
			t.Errorf("round %d: an optional config that was deleted came as %+v, error %v, want absent", i, d, err)
		}
	}
}
