package nacos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// BenchmarkAfterPush changes one config b.N times, and reports how much later than the server's own
// push the reader of the source has the new content: what the session adds. It uses the server of
// the environment, else nacostest.
//
//	NACRE_NACOS_ADDR=… go test -run '^$' -bench AfterPush -benchtime 200x ./providers/nacos
func BenchmarkAfterPush(b *testing.B) {
	cfg := nacos.Config{
		Servers: []string{os.Getenv("NACRE_NACOS_ADDR")}, Username: os.Getenv("NACRE_NACOS_USERNAME"),
		Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD")),
	}
	if cfg.Servers[0] == "" {
		srv, err := nacostest.Start(nacostest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer srv.Close()
		cfg.Servers[0] = srv.Addr()
	}
	id := fmt.Sprintf("nacre-%08x.yaml", rand.Uint32())
	pushed := make(chan time.Time, 1024)
	c, err := nacos.NewClient(cfg, nacos.OnEvent(func(e nacos.Event) {
		if e.Kind == nacos.EventPushReceived {
			pushed <- e.Time
		}
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	defer func() { _ = c.Delete(context.WithoutCancel(b.Context()), id) }()
	src := c.Config(id)
	var rev source.Revision
	next := func() {
		got, err := src.Next(b.Context(), rev)
		if err != nil {
			b.Fatal(err)
		}
		rev = got.Revision
	}
	next()
	var after []time.Duration
	for i := 0; b.Loop(); i++ {
		if err := c.Publish(b.Context(), id, fmt.Appendf(nil, "v: %d", i)); err != nil {
			b.Fatal(err)
		}
		next()
		heard := time.Now()
		select {
		case at := <-pushed:
			after = append(after, heard.Sub(at))
		case <-time.After(100 * time.Millisecond): // found by a read that was on its way for the push before
		}
		for len(pushed) > 0 {
			<-pushed
		}
	}
	slices.Sort(after)
	if len(after) > 0 {
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(ms(after[len(after)/2]), "p50-ms")
		b.ReportMetric(ms(after[len(after)*99/100]), "p99-ms")
	}
}
