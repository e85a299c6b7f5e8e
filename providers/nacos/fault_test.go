package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

func quickHeartbeat() nacos.Option {
	return nacos.Tune(func(t *nacos.Timings) { t.SetBeat(100*time.Millisecond, 300*time.Millisecond) })
}

// Whatever breaks, what is published meanwhile is there when it is over.
func TestConnectionGoesWrong(t *testing.T) {
	t.Parallel()
	restart := func(memory bool) func(*testing.T, *fakenacos.Server, func()) {
		return func(t *testing.T, srv *fakenacos.Server, change func()) {
			srv.Stop()
			if memory {
				change()
			}
			if err := srv.Start(within(t), memory); err != nil {
				t.Fatal(err)
			}
			if !memory {
				change()
			}
		}
	}
	for name, breakIt := range map[string]func(t *testing.T, srv *fakenacos.Server, change func()){
		"cut":          func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().CutStreams(); change() },
		"ended":        func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().EndStreams(); change() },
		"unregistered": func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().Unregister(); change() },
		"reset": func(_ *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().ResetStreams(srv.Addr())
			change()
		},
		"reset to nowhere": func(_ *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().ResetStreams("127.0.0.1:1")
			change()
		},
		"restart":                restart(true),
		"restart without memory": restart(false),
		"stalled": func(t *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().StallStreams(true)
			change()
			time.AfterFunc(3*time.Second, func() { srv.Faults().StallStreams(false) })
		},
		"refused": func(t *testing.T, srv *fakenacos.Server, change func()) {
			if err := srv.Faults().RefuseConnections(true); err != nil {
				t.Fatal(err)
			}
			srv.Faults().CutStreams()
			change()
			time.AfterFunc(time.Second, func() {
				// The port may be in use for a while: a connection of another test has taken it.
				for srv.Faults().RefuseConnections(false) != nil && t.Context().Err() == nil {
					<-time.After(50 * time.Millisecond)
				}
			})
		},
		"unavailable": func(_ *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().Unavailable(true)
			change()
			time.AfterFunc(time.Second, func() { srv.Faults().Unavailable(false) })
		},
		"not ready": func(_ *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().NotReady(true)
			srv.Faults().CutStreams()
			change()
			time.AfterFunc(time.Second, func() { srv.Faults().NotReady(false) })
		},
		"answers lost": func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().LoseAnswers(3); change() },
		"denied":       func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().Deny(15); change() },
		"failing":      func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().Fail(15, 500); change() },
		"modifying": func(_ *testing.T, srv *fakenacos.Server, change func()) {
			srv.Faults().Fail(15, 400, fakenacos.Match{Type: "ConfigQueryRequest"})
			change()
		},
		"wrong md5": func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().WrongMD5(15); change() },
		"torn":      func(_ *testing.T, srv *fakenacos.Server, change func()) { srv.Faults().TornContent(15); change() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := newFleet(t, 5, fakenacos.Options{}, nacos.ReconcileEvery(time.Second), quickHeartbeat())
			for round := range testrun.Count(3, 1) {
				text := fmt.Sprintf("v: %d", round+1)
				breakIt(t, f.srv, func() {
					for i := range f.readers {
						if err := f.srv.Put("", group, fmt.Sprintf("%d.yaml", i), text); err != nil {
							t.Fatal(err)
						}
					}
				})
				begin := time.Now()
				f.until(text)
				if took := time.Since(begin); testrun.Full() && took > 10*time.Second {
					t.Errorf("round %d: after the connection was %s it took %v until all was fresh", round, name, took)
				}
			}
		})
	}
}

// Data is never returned half, whatever the answers are.
func TestTornContentIsNeverTold(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	c := newClient(t, config(srv))
	r := follow(t, c.Config("x.yaml"))
	for round := range 10 {
		text := fmt.Sprintf("v: %0100d", round)
		srv.Faults().TornContent(1)
		if err := srv.Put("", group, "x.yaml", text); err != nil {
			t.Fatal(err)
		}
		d, err := r.next()
		for err == nil && d.Absent {
			d, err = r.next()
		}
		if err != nil || string(d.Data) != text {
			t.Fatalf("round %d: Next returned %d bytes and error %v, want all %d bytes and none", round, len(d.Data), err, len(text))
		}
	}
}

func TestErrorsWhileServerIsDown(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		set  func(*testing.T, *fakenacos.Server)
		kind source.Kind
	}{
		{"stopped", func(_ *testing.T, srv *fakenacos.Server) { srv.Stop() }, source.Unavailable},
		{"stalled", func(_ *testing.T, srv *fakenacos.Server) { srv.Faults().StallStreams(true) }, source.Timeout},
		{"unavailable", func(_ *testing.T, srv *fakenacos.Server) { srv.Faults().Unavailable(true) }, source.Unavailable},
		{"not ready", func(_ *testing.T, srv *fakenacos.Server) { srv.Faults().NotReady(true) }, source.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, fakenacos.Options{})
			tc.set(t, srv)
			begin := time.Now()
			c := newClient(t, config(srv), nacos.Tune(func(t *nacos.Timings) { t.SetConnect(time.Second) }))
			r := follow(t, c.Config("x.yaml"))
			err := r.trouble()
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || e.Fix == "" || e.Document != srv.Addr() {
				t.Errorf("the source tells %v, want kind %q, the server and a fix", err, tc.kind)
			}
			if took := time.Since(begin); testrun.Full() && took > 5*time.Second {
				t.Errorf("the error came after %v", took)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			if err := c.WaitReady(ctx); source.KindOf(err) != tc.kind {
				t.Errorf("Ready says %v, want kind %q", err, tc.kind)
			}
			if _, err := c.Get(ctx, "x.yaml"); source.KindOf(err) != tc.kind {
				t.Errorf("Get says %v, want kind %q", err, tc.kind)
			}
			r.quiet(time.Second, "an error that it had told")
		})
	}
}

func TestCloseEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*fakenacos.Server){
		"connected":  func(*fakenacos.Server) {},
		"stalled":    func(srv *fakenacos.Server) { srv.Faults().StallStreams(true) },
		"stopped":    func(srv *fakenacos.Server) { srv.Stop() },
		"slow":       func(srv *fakenacos.Server) { srv.Faults().Latency(time.Minute) },
		"not ready":  func(srv *fakenacos.Server) { srv.Faults().NotReady(true) },
		"login slow": func(srv *fakenacos.Server) { srv.Faults().Latency(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := fakenacos.Options{}
			srv := start(t, opts)
			cfg := config(srv)
			if name == "login slow" {
				cfg.Username, cfg.Password = "u", nacos.NewPassword("p")
			}
			for _, connected := range []bool{true, false} {
				c := newClient(t, cfg, quickHeartbeat())
				src := c.Config("x.yaml")
				if connected && name != "login slow" {
					srv.Faults().Latency(0)
					srv.Faults().StallStreams(false)
					srv.Faults().NotReady(false)
					if srv.Stats().Streams == 0 || name != "stopped" {
						ready(t, c)
					}
				}
				set(srv)
				told := make(chan error, 1)
				go func() {
					var err error
					for !errors.Is(err, source.Closed) {
						_, err = src.Next(context.WithoutCancel(t.Context()), "")
					}
					told <- err
				}()
				begin := time.Now()
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); testrun.Full() && took > 2*time.Second {
					t.Errorf("Close took %v with a server that is %s, connected=%v", took, name, connected)
				}
				select {
				case <-told:
				case <-time.After(patience):
					t.Errorf("Next did not return after Close with a server that is %s", name)
				}
			}
		})
	}
}

func TestClientsShareConnections(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	a, b := newClient(t, config(srv)), newClient(t, config(srv))
	cfg := config(srv)
	cfg.Namespace = "other"
	other := newClient(t, cfg)
	for _, c := range []*nacos.Client{a, b, other} {
		ready(t, c)
	}
	if n := srv.Stats().Connections; n != 2 {
		t.Errorf("two clients of one namespace and one of another have %d connections, want 2", n)
	}
	src := a.Config("x.yaml")
	a.Close()
	if _, err := src.Next(t.Context(), ""); !errors.Is(err, source.Closed) {
		t.Errorf("the source of a closed client tells %v, want closed", err)
	}
	if _, err := a.Get(t.Context(), "x.yaml"); !errors.Is(err, source.Closed) {
		t.Errorf("Get of a closed client says %v, want closed", err)
	}
	if _, err := a.Config("y.yaml").Next(t.Context(), ""); !errors.Is(err, source.Closed) {
		t.Errorf("a source of a closed client tells %v, want closed", err)
	}
	if err := b.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
		t.Errorf("the other client of the connection does not work any more: %v", err)
	}
	b.Close()
	if err := srv.Wait(within(t), func(s fakenacos.Stats) bool { return s.Connections == 1 }); err != nil {
		t.Error("the last client of a connection was closed and the connection is still there")
	}
}
