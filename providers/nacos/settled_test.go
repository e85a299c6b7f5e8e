package nacos_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// What a server says that is older than what another one had is doubted while that may be since it
// lags behind, and no longer.
func TestSettledConnectionIsBelievedAtOnce(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	for name, end := range map[string]func(f *cluster, all int64){
		"a deletion": func(f *cluster, _ int64) { f.delete("x.yaml") },
		"the end of a gray release": func(f *cluster, all int64) {
			f.do(func() { f.docs[key], f.times[key] = "v: all", all; f.pushLocked("x.yaml") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
				f.put("x.yaml", "v: all")
				all := f.times[key]
				r := follow(t, c.Config("x.yaml"))
				r.until("v: all")
				time.Sleep(time.Minute)
				f.put("x.yaml", "v: gray")
				r.until("v: gray")
				f.cut()
				log.wait(t, nacos.EventConnected, 2)
				time.Sleep(70 * time.Second)
				end(f, all)
				begin := time.Now()
				if d, err := r.next(); err != nil || string(d.Data) == "v: gray" {
					t.Errorf("%s that was pushed is told as %q, absent %v, %v", name, d.Data, d.Absent, err)
				}
				if took := time.Since(begin); took > time.Second {
					t.Errorf("a minute after a new connection %s that was pushed is told after %v", name, took)
				}
			})
		})
	}
}

// A server that is alone has all there is: a second read confirms what it says.
func TestAServerThatIsAloneIsBelieved(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		mode          string
		servers       []string
		atLeast, most time.Duration
	}{
		"standalone":                    {"standalone", []string{"a:8848"}, time.Second, 3 * time.Second},
		"a cluster behind one address":  {"cluster", []string{"a:8848"}, 30 * time.Second, 34 * time.Second},
		"does not tell":                 {"", []string{"a:8848"}, 30 * time.Second, 34 * time.Second},
		"standalone, one of two listed": {"standalone", []string{"a:8848", "b:8848"}, 30 * time.Second, 34 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{Servers: want.servers}, func(f *cluster) { f.mode = want.mode }, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
				f.put("x.yaml", "v: 1")
				r := follow(t, c.Config("x.yaml"))
				r.until("v: 1")
				f.cut()
				log.wait(t, nacos.EventConnected, 2)
				time.Sleep(5 * time.Second)
				f.delete("x.yaml")
				begin := time.Now()
				if d, err := r.next(); err != nil || !d.Absent {
					t.Errorf("the next content is %q, absent %v, %v; want none", d.Data, d.Absent, err)
				}
				if took := time.Since(begin); took < want.atLeast || took > want.most {
					t.Errorf("the deletion, soon after a new connection, is taken after %v, want %v to %v", took, want.atLeast, want.most)
				}
			})
		})
	}
}

// A config that was deleted does not come back from a server that has not deleted it yet, and does
// when it stays.
func TestDeletedConfigDoesNotComeBack(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "v: 1")
		first := f.times[key]
		time.Sleep(time.Minute)
		f.put("x.yaml", "v: 2")
		r := follow(t, c.Config("x.yaml"))
		r.until("v: 2")
		f.delete("x.yaml")
		if d, err := r.next(); err != nil || !d.Absent {
			t.Fatal(d, err)
		}
		for i, lags := range []struct {
			text string
			at   int64
		}{{"v: 2", f.times[key]}, {"v: 1", first}} {
			f.do(func() { f.docs[key], f.times[key] = lags.text, lags.at })
			f.cut()
			log.wait(t, nacos.EventConnected, 2+i)
			time.Sleep(3 * time.Second)
			f.delete("x.yaml") // the copy comes
			r.quiet(time.Minute, "a connection to a server that lagged behind, of what was deleted")
		}
		f.do(func() { f.docs[key] = "v: 1" }) // and now somebody has taken the deletion back
		f.cut()
		begin := time.Now()
		r.until("v: 1")
		if took := time.Since(begin); took > 40*time.Second {
			t.Errorf("what stays is taken after %v", took)
		}
	})
}

// Keys that are read again with each comparison, since the server always says "changed" or one
// source cannot tell the format, settle too.
func TestKeyThatIsReadAgainAndAgainSettles(t *testing.T) {
	t.Parallel()
	for name, nag := range map[string]bool{"always changed": true, "format not known": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepare := func(f *cluster) { f.nag, f.typ = nag, "text" }
			bubble(t, nacos.Config{}, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
				f.put("x", "v: 1")
				r := follow(t, c.Config("x", nacos.Format("yaml")))
				if !nag {
					c.Config("x")
				}
				r.until("v: 1")
				f.cut()
				log.wait(t, nacos.EventConnected, 2)
				time.Sleep(30 * time.Minute)
				f.delete("x")
				begin := time.Now()
				if d, err := r.next(); err != nil || !d.Absent {
					t.Error(d, err)
				}
				if took := time.Since(begin); took > time.Second {
					t.Errorf("half an hour after a new connection a deletion that was pushed is told after %v", took)
				}
			})
		})
	}
}

// That an older content stays is shown by reads, and not by the time in which nothing could be
// read.
func TestOutageShowsNotThatOlderContentStays(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		times := map[string]int64{}
		r := follow(t, c.Config("x.yaml"))
		for _, text := range []string{"v: 1", "v: 2"} {
			f.put("x.yaml", text)
			times[text] = f.times[key]
			r.until(text)
			time.Sleep(time.Minute)
		}
		has := func(text string) { f.docs[key], f.times[key] = text, times[text] }
		f.do(func() { has("v: 1") })
		f.cut()
		log.wait(t, nacos.EventConnected, 2)
		r.quiet(time.Second, "a connection to a server that lags behind")
		f.do(func() { f.down["a:8848"] = true })
		f.cut()
		if err := r.trouble(); !errors.Is(err, nacos.ConnectionRefused) {
			t.Errorf("the outage is told as %v", err)
		}
		time.Sleep(time.Minute)
		f.do(func() { f.down["a:8848"] = false })
		log.wait(t, nacos.EventConnected, 3)
		time.Sleep(time.Second)
		f.do(func() { has("v: 2"); f.pushLocked("x.yaml") })
		if d, err := r.next(); err != nil || string(d.Data) != "v: 2" { // the end of the outage
			t.Errorf("after the outage %q is told, %v", d.Data, err)
		}
		r.quiet(time.Minute, "the copy of what had been told before")
	})
}

// A content that was published, changed and published again is not left for the change by a server
// that has the first publish alone.
func TestSameContentIsNoProofOfBeingNew(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		var times []int64
		r := follow(t, c.Config("x.yaml"))
		for _, text := range []string{"v: good", "v: bad", "v: good"} {
			f.put("x.yaml", text)
			times = append(times, f.times[key])
			r.until(text)
			time.Sleep(10 * time.Second)
		}
		f.do(func() { f.times[key] = times[0] })
		f.cut()
		log.wait(t, nacos.EventConnected, 2)
		time.Sleep(time.Second)
		for i, text := range []string{"v: bad", "v: good"} { // the copies come
			f.do(func() { f.docs[key], f.times[key] = text, times[i+1]; f.pushLocked("x.yaml") })
			r.quiet(2*time.Second, "a copy of what had been told before")
		}
		r.quiet(time.Minute, "the copies of what had been told before")
	})
}

// A content that is published again is as new as that, also where the change between was never
// seen.
func TestSameContentPublishedAgainIsNew(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "v: good")
		r := follow(t, c.Config("x.yaml"))
		r.until("v: good")
		time.Sleep(10 * time.Second)
		bad := time.Now().UnixMilli()
		time.Sleep(10 * time.Second)
		f.put("x.yaml", "v: good")
		time.Sleep(10 * time.Second)
		again := f.times[key]
		f.do(func() { f.docs[key], f.times[key] = "v: bad", bad })
		f.cut()
		log.wait(t, nacos.EventConnected, 2)
		r.quiet(10*time.Second, "a connection to a server that has what was before")
		f.do(func() { f.docs[key], f.times[key] = "v: good", again; f.pushLocked("x.yaml") })
		r.quiet(time.Minute, "the copy of what had been told before")
	})
}
