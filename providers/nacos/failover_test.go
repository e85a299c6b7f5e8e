package nacos_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// lagging are two servers of which the second has an older content, or none, and a client that has
// read the first's. The first is down when it returns.
func lagging(t *testing.T, old string) (behind *fakenacos.Server, r *reader, log *events) {
	t.Helper()
	ahead, behind := start(t, fakenacos.Options{}), start(t, fakenacos.Options{})
	if old != "" {
		if err := behind.Put("", group, "x.yaml", old); err != nil {
			t.Fatal(err)
		}
	}
	<-time.After(1100 * time.Millisecond) // the contents' times differ by more than the grain of a server's clock
	if err := ahead.Put("", group, "x.yaml", "v: 2"); err != nil {
		t.Fatal(err)
	}
	behind.Stop() // so that the client begins with the other
	log = newEvents()
	c := newClient(t, nacos.Config{Servers: []string{ahead.Addr(), behind.Addr()}}, log.hook())
	r = follow(t, c.Config("x.yaml"))
	r.until("v: 2")
	if err := behind.Start(within(t), true); err != nil {
		t.Fatal(err)
	}
	ahead.Stop()
	if e := log.wait(t, nacos.EventReadFailed, 1); !errors.Is(e.Err, nacos.StaleContent) {
		t.Errorf("the read of an older content is told as %v, want %v", e.Err, nacos.StaleContent)
	}
	return behind, r, log
}

// Forbids that a version goes backwards: a client that changes to a server which lags behind does
// not get what was before, nor that there is nothing, but the newest as soon as that server has it.
func TestVersionDoesNotGoBackwards(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]string{"older": "v: 1", "absent": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behind, r, _ := lagging(t, old)
			for _, text := range []string{"v: 2", "v: 3"} { // the copy comes, and then a change
				if err := behind.Put("", group, "x.yaml", text); err != nil {
					t.Fatal(err)
				}
			}
			for {
				d, err := r.next()
				if err == nil && string(d.Data) == "v: 3" {
					return
				}
				if err == nil && string(d.Data) != "v: 2" {
					t.Fatalf("after v: 2 came %q, absent %v", d.Data, d.Absent)
				}
			}
		})
	}
}

// Forbids that a version goes backwards where the address stays the same: a server that was killed
// begins with what it had on disk, and behind one name there may be several servers.
func TestVersionDoesNotGoBackwardsBehindOneAddress(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "v: 1")
		r := follow(t, c.Config("x.yaml"))
		r.until("v: 1")
		f.put("x.yaml", "v: 2")
		r.until("v: 2")
		f.do(func() { f.docs[group+"/x.yaml"] = "v: 1" }) // the very publish that was before, of the same moment
		f.cut()
		if e := log.wait(t, nacos.EventReadFailed, 1); !errors.Is(e.Err, nacos.StaleContent) {
			t.Errorf("the read of an older content is told as %v, want %v", e.Err, nacos.StaleContent)
		}
		time.Sleep(3 * time.Second)
		f.put("x.yaml", "v: 3")
		if d, err := r.next(); err != nil || string(d.Data) != "v: 3" {
			t.Errorf("after v: 2 came %q, %v", d.Data, err)
		}
	})
}

// A server whose database was put back is believed in the end.
func TestOlderContentThatStaysIsTaken(t *testing.T) {
	t.Parallel()
	_, r, _ := lagging(t, "v: 1")
	begin := time.Now()
	r.until("v: 1")
	if took := time.Since(begin); testrun.Full() && took > 10*time.Second {
		t.Errorf("it was taken after %v", took)
	}
	_, r, _ = lagging(t, "")
	for {
		if d, err := r.next(); err == nil && d.Absent {
			return
		}
	}
}
