package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// unproven counts sources whose content has not been proven for longer than the bound.
func unproven(readers []*reader) (n int) {
	for _, r := range readers {
		if time.Since(r.src.VerifiedAt()) > 34*time.Second {
			n++
		}
	}
	return n
}

// A key that the server takes for wrong is nobody else's trouble, also where it is to be reported
// that its content is not live.
func TestRefusedKeyIsReportedByItself(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		rejecting := func(id string) *reader {
			f.put(id, "a: 1")
			r := follow(t, c.Config(id))
			r.until("a: 1")
			r.src.Ack(r.rev, errors.New("no good"))
			return r
		}
		bad, good := rejecting("bad.yaml"), rejecting("good.yaml")
		others := f.declare(t, c, 1500)
		allRead(others)
		for _, r := range others {
			r.src.Ack(r.rev, nil)
		}
		f.do(func() { f.refuse = "bad.yaml" })
		f.cut()
		log.wait(t, nacos.EventConnected, 2)
		begin := time.Now()
		if err := c.WaitReady(t.Context()); err != nil {
			t.Errorf("with one key refused the client is not ready: %v", err)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("with one key refused the client is ready after %v", took)
		}
		if err := bad.trouble(); !errors.Is(err, nacos.BadRequest) {
			t.Errorf("the refused key is told as %v", err)
		}
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := good.src.Next(ctx, good.rev); ctx.Err() == nil {
				t.Errorf("a key that nothing is wrong with told %v", err)
			}
			cancel()
			if n := unproven(append(others, good)); n > 0 {
				t.Errorf("%d keys that nothing is wrong with are not proven within the bound", n)
			}
		}
		f.do(func() { f.refuse = "" })
		begin = time.Now()
		bad.until("a: 1")
		if took := time.Since(begin); took > 34*time.Second {
			t.Errorf("a key that is refused no longer is told after %v", took)
		}
	})
}

// Many keys that the server takes for wrong do not keep the others waiting, neither at first nor
// after a new connection.
func TestManyRefusedKeys(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.refused = "bad" }, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		var good []*reader
		for i := range 450 {
			if i%3 == 0 {
				c.Config(fmt.Sprintf("bad%d.yaml", i))
				continue
			}
			id := fmt.Sprintf("%d.yaml", i)
			f.put(id, "a: 1")
			good = append(good, follow(t, c.Config(id)))
		}
		begin := time.Now()
		for _, r := range good {
			if d, err := r.next(); err != nil || string(d.Data) != "a: 1" {
				t.Errorf("a key that nothing is wrong with tells %q, %v", d.Data, err)
			}
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("beside 150 refused keys the others came after %v", took)
		}
		listens := len(f.calls("ConfigBatchListenRequest"))
		f.cut()
		log.wait(t, nacos.EventConnected, 2)
		time.Sleep(3 * time.Second)
		if n := len(f.calls("ConfigBatchListenRequest")) - listens; n > 20 {
			t.Errorf("%d listens after a new connection: what was refused is known", n)
		}
		for range 5 {
			time.Sleep(time.Minute)
			if n := unproven(good); n > 0 {
				t.Errorf("%d keys that nothing is wrong with are not proven within the bound", n)
			}
		}
	})
}

// A server, or what stands in its place, that takes every listen for wrong is not asked about each
// key.
func TestServerThatRefusesAllIsNotHammered(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.wrong, f.latency = true, time.Millisecond }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		readers := f.declare(t, c, 3000)
		time.Sleep(20 * time.Minute)
		before := len(f.calls("ConfigBatchListenRequest"))
		time.Sleep(10 * time.Minute)
		if n := len(f.calls("ConfigBatchListenRequest")) - before; n > 1200 {
			t.Errorf("%d listens within ten minutes, want at most two a second", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.WaitReady(ctx); err == nil {
			t.Error("nothing is listened to, and the client says that it is ready")
		}
		for _, r := range readers {
			if err := r.trouble(); !errors.Is(err, nacos.BadRequest) {
				t.Fatalf("a key that is not listened to tells %v", err)
			}
		}
		f.do(func() { f.wrong = false })
		t.Logf("all came %v after it was over", allRead(readers))
	})
}

func TestBusyServerIsNotReady(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		if err := c.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.do(func() { f.odd = `{"resultCode":500,"errorCode":503,"message":"Tps Flow restricted"}` })
		if _, err := c.Get(t.Context(), "x.yaml"); !errors.Is(err, nacos.NotReady) || source.KindOf(err) != source.Unavailable {
			t.Errorf("a server that is over its limit of requests is told as %v", err)
		}
	})
}
