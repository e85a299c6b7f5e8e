//go:build clockjump

// Compiled by ci/clock.sh alone, with a time package whose wall clock can be moved.

package nacos_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// The clock of the machine is set, forwards and backwards, with a server on it: what is live stays
// live and proven, nothing is reported as lost, and the next change comes by its push, without one,
// and on a new connection.
func TestClockJumps(t *testing.T) {
	srv := start(t, fakenacos.Options{Users: []fakenacos.User{{Name: "nacos", Password: "nacos"}}, TokenTTL: time.Hour})
	cfg := config(srv)
	cfg.Username, cfg.Password = "nacos", nacos.NewPassword("nacos")
	log := newEvents()
	c := newClient(t, cfg, log.hook(), nacos.ReconcileEvery(time.Second))
	ready(t, c)
	src := c.Config("x.yaml")
	r := follow(t, src)
	change := func(text string) {
		t.Helper()
		if err := c.Publish(within(t), "x.yaml", []byte(text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		r.until(text)
		if age := time.Since(src.VerifiedAt()); age < 0 || age > time.Minute {
			t.Errorf("%s: it was proven %v ago", text, age)
		}
	}
	change("v: before")
	for i, jump := range []time.Duration{26 * time.Hour, -52 * time.Hour, 90_000 * time.Hour, -350_000 * time.Hour, time.Second, -time.Second} {
		wall, began := time.Now().Round(0), time.Now()
		atomic.AddInt64(&time.WallJump, int64(jump/time.Second))
		if moved := time.Now().Round(0).Sub(wall); (moved-jump).Abs() > time.Minute || time.Since(began) > time.Minute {
			t.Fatalf("the clock moved by %v, want %v", moved, jump)
		}
		if age := time.Since(src.VerifiedAt()); age < 0 || age > time.Minute {
			t.Errorf("after a jump of %v it was proven %v ago", jump, age)
		}
		lost := len(log.list(nacos.EventConnectionLost))
		change(fmt.Sprintf("v: %d, by its push", i))
		srv.Faults().DropPushes(1)
		change(fmt.Sprintf("v: %d, by comparing", i))
		if n := len(log.list(nacos.EventConnectionLost)) - lost; n != 0 {
			t.Errorf("a jump of %v cost %d connections", jump, n)
		}
		srv.Faults().CutStreams()
		log.wait(t, nacos.EventConnectionLost, lost+1)
		change(fmt.Sprintf("v: %d, on a new connection", i))
	}
}
