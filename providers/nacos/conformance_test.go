package nacos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

const noEmpty = "Nacos stores no empty content; that a source tells empty from absent is tested on a scripted server"

func TestConformance(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		t.Helper()
		srv := start(t, fakenacos.Options{})
		c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second))
		return harness(srv, c, func() source.Source { return c.Config("suite.json") })
	})
}

// The source of a route passes the suite as a single config does.
func TestRoutedConformance(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		t.Helper()
		srv := start(t, fakenacos.Options{})
		c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second))
		if err := srv.Put("", group, routesID, "rules: [{documents: [suite.json]}]"); err != nil {
			t.Fatal(err)
		}
		return harness(srv, c, func() source.Source { return c.Routed(routesID) })
	})
}

// harness is a server with the document suite.json, for sources of a client.
func harness(srv *fakenacos.Server, c *nacos.Client, src func() source.Source) sourcetest.Harness {
	put := func(v sourcetest.Values) error {
		return srv.Put("", group, "suite.json", string(v.Encode(source.FormatJSON)))
	}
	return sourcetest.Harness{
		Source: src,
		Put:    func(_ context.Context, v sourcetest.Values) error { return put(v) },
		Delete: func(context.Context) error {
			srv.Delete("", group, "suite.json")
			srv.Flush()
			return nil
		},
		Break: func(context.Context) error { srv.Stop(); return nil },
		Repair: func(ctx context.Context) error {
			srv.Faults().WrongMD5(0)
			if srv.Stats().Connections > 0 {
				return nil
			}
			return srv.Start(ctx, true)
		},
		Spoil: func(_ context.Context, canary string) error {
			srv.Faults().WrongMD5(fakenacos.Always)
			return put(sourcetest.Values{"key": canary})
		},
		Wakeups: func(_ context.Context, f sourcetest.Fault) error {
			faults := srv.Faults()
			faults.DropPushes(0)
			faults.DoublePushes(0)
			faults.ReorderPushes(0)
			switch f {
			case sourcetest.Lost:
				faults.DropPushes(fakenacos.Always)
			case sourcetest.Doubled:
				faults.DoublePushes(fakenacos.Always)
			case sourcetest.Held:
				faults.ReorderPushes(1000)
			}
			return nil
		},
		Close:   c.Close,
		Settles: 15 * time.Second, // to connect again, on a busy machine
		Quiet:   300 * time.Millisecond,
		Cannot:  map[string]string{"EmptyIsNoAbsence": noEmpty, "AbsentIsNotEmpty": noEmpty},
	}
}

// TestRealConformance runs the same suite against a server that the environment names, with a data
// ID of its own for each case, which is deleted afterwards.
func TestRealConformance(t *testing.T) {
	conformReal(t, func(c *nacos.Client, id string) source.Source { return c.Config(id) })
}

// TestRealMatchingConformance is the same with the source of a pattern.
func TestRealMatchingConformance(t *testing.T) {
	conformReal(t, func(c *nacos.Client, id string) source.Source { return c.Matching("*" + id) })
}

func conformReal(t *testing.T, sourceOf func(c *nacos.Client, id string) source.Source) {
	t.Helper()
	cfg := realnacos.Config(t)
	run := fmt.Sprintf("nacre-%08x", rand.Uint32())
	var n atomic.Int32
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		t.Helper()
		id := fmt.Sprintf("%s-%d.json", run, n.Add(1))
		c := newClient(t, cfg, nacos.ReconcileEvery(time.Second))
		ready(t, c)
		writer := newClient(t, cfg) // outlives the client under test
		ready(t, writer)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
			defer cancel()
			if err := writer.Delete(ctx, id); err != nil {
				t.Error(err)
			}
		})
		return sourcetest.Harness{
			Source: func() source.Source { return sourceOf(c, id) },
			Put: func(ctx context.Context, v sourcetest.Values) error {
				return written(ctx, func() error { return writer.Publish(ctx, id, v.Encode(source.FormatJSON)) })
			},
			Delete:  func(ctx context.Context) error { return written(ctx, func() error { return writer.Delete(ctx, id) }) },
			Close:   c.Close,
			Settles: 15 * time.Second, // a server that is written to this fast takes seconds to show it
			Quiet:   500 * time.Millisecond,
			Cannot: map[string]string{
				"EmptyIsNoAbsence": noEmpty, "AbsentIsNotEmpty": noEmpty,
				"LostWakeups": noFaults, "DoubledWakeups": noFaults, "LateAndReorderedWakeups": noFaults,
				"SameErrorWakesNobody": noFaults, "EndOfErrorIsTold": noFaults, "ErrorAtFirst": noFaults, "NoValueInErrors": noFaults,
			},
		}
	})
}

const noFaults = "a server that others use is not made to misbehave; nacostest is"
