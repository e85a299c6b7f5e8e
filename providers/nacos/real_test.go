package nacos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/source"
)

// explain tells what the server has of a config and what the session did with it, where the two
// differ.
func explain(ctx context.Context, t *testing.T, writer *nacos.Client, log *events, id string) {
	t.Helper()
	item, err := writer.Get(ctx, id)
	var did []string
	log.mu.Lock()
	defer log.mu.Unlock()
	for _, e := range log.all {
		if strings.HasSuffix(e.Document, "/"+id) {
			did = append(did, fmt.Sprintf("%s %v %s %v", e.Time.Format("15:04:05.000"), e.Kind, e.MD5, e.Err))
		}
	}
	if len(did) == 0 || !strings.Contains(did[len(did)-1], item.MD5) || err != nil {
		t.Logf("%s: the server has %q, md5 %s, %v; the session: %q", id, item.Content, item.MD5, err, did)
	}
}

// written repeats a write that a server was not able to take: a cluster on a busy machine loses its
// leader now and then, and the database in a Nacos 3 refuses some of the first writes at once.
func written(ctx context.Context, write func() error) error {
	for {
		err := write()
		if kind := source.KindOf(err); kind != source.Unavailable && kind != source.Timeout {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return err
		}
	}
}

// TestRealBurst changes many configs of a real server together and tells how long it takes until
// all are fresh. The reconcile is half a minute away, so that what is fresh in time was pushed.
func TestRealBurst(t *testing.T) {
	cfg := realnacos.Config(t)
	for _, n := range []int{2, 100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			run := fmt.Sprintf("nacre-%08x", rand.Uint32())
			log := newEvents()
			c := newClient(t, cfg, log.hook())
			cfg := cfg
			cfg.AppName = "writer" // a connection of its own
			writer := newClient(t, cfg)
			ready(t, writer)
			id := func(i int) string { return fmt.Sprintf("%s-%d.yaml", run, i) }
			each := func(do func(context.Context, int) error) { t.Helper(); writeEach(t, n, do) }
			t.Cleanup(func() { each(func(ctx context.Context, i int) error { return writer.Delete(ctx, id(i)) }) })
			t.Cleanup(func() {
				if t.Failed() {
					each(func(ctx context.Context, i int) error { explain(ctx, t, writer, log, id(i)); return nil })
				}
			})
			var readers []*reader
			for i := range n {
				readers = append(readers, follow(t, c.Config(id(i))))
			}
			for round := range 4 {
				text := fmt.Sprintf("v: %d", round)
				each(func(ctx context.Context, i int) error { return writer.Publish(ctx, id(i), []byte(text)) })
				if t.Failed() {
					return // nothing is to be expected of what the server did not take
				}
				last := time.Now()
				for _, r := range readers {
					r.until(text)
				}
				took := time.Since(last)
				t.Logf("round %d: all %d fresh %v after the last publish was answered", round, n, took.Round(time.Millisecond))
				if took > 15*time.Second {
					t.Errorf("%d configs were fresh after %v: some needed the reconcile", n, took)
				}
			}
		})
	}
}
