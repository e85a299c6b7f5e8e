package nacos_test

import (
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// What a server says that is older than what another one had is doubted while that may be since it lags behind, and no longer.
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
				r := follow(t, c.Config("x.yaml", nacos.Optional()))
				r.until("v: all")
				time.Sleep(time.Minute)
				f.put("x.yaml", "v: gray")
				r.until("v: gray")
				f.cut()
				log.wait(t, nacos.Connected, 2)
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

// A config that was deleted does not come back from a server that has not deleted it yet, and does when it stays.
func TestDeletedConfigDoesNotComeBack(t *testing.T) {
	t.Parallel()
	const key = group + "/x.yaml"
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "v: 1")
		first := f.times[key]
		time.Sleep(time.Minute)
		f.put("x.yaml", "v: 2")
		r := follow(t, c.Config("x.yaml", nacos.Optional()))
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
			log.wait(t, nacos.Connected, 2+i)
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

// A content that was published, changed and published again is not left for the change by a server that has the first publish alone.
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
		log.wait(t, nacos.Connected, 2)
		time.Sleep(time.Second)
		for i, text := range []string{"v: bad", "v: good"} { // the copies come
			f.do(func() { f.docs[key], f.times[key] = text, times[i+1]; f.pushLocked("x.yaml") })
			r.quiet(2*time.Second, "a copy of what had been told before")
		}
		r.quiet(time.Minute, "the copies of what had been told before")
	})
}

// A content that is published again is as new as that, also where the change between was never seen.
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
		log.wait(t, nacos.Connected, 2)
		r.quiet(10*time.Second, "a connection to a server that has what was before")
		f.do(func() { f.docs[key], f.times[key] = "v: good", again; f.pushLocked("x.yaml") })
		r.quiet(time.Minute, "the copy of what had been told before")
	})
}
