package nacos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// modelSource is a source that reads and applies until it is closed.
type modelSource struct {
	src   *nacos.Source
	ended chan struct{}
}

func (m modelSource) close() {
	_ = m.src.Close()
	<-m.ended
}

// Whatever happens in whatever order, in the end each key that is declared is proven, listened to
// and reported as it is applied, and no other key is listened to.
func TestListenTableAgainstModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, func(f *cluster) { f.latency = 3 * time.Millisecond }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				rnd := rand.New(rand.NewPCG(seed, 1))
				const keys = 60
				id := func(k int) string { return fmt.Sprintf("%d.yaml", k) }
				if rnd.IntN(5) == 0 { // more than one message
					for i := range 1100 {
						c.Config(fmt.Sprintf("other%d.yaml", i))
					}
				}
				declared := map[int][]modelSource{}
				for step := range 1500 {
					k := rnd.IntN(keys)
					switch what := rnd.IntN(20); {
					case what < 6 && len(declared[k]) < 3:
						m := modelSource{c.Config(id(k)), make(chan struct{})}
						go m.follow(t.Context())
						declared[k] = append(declared[k], m)
					case what < 11 && len(declared[k]) > 0:
						declared[k][0].close()
						declared[k] = declared[k][1:]
					case what < 15:
						f.put(id(k), fmt.Sprintf("a: %d", step))
					case what == 15:
						f.do(func() { f.lost = !f.lost })
					case what == 16:
						f.do(func() { f.failed = rnd.IntN(4) })
					case what == 17 && rnd.IntN(20) == 0:
						f.cut()
					case what == 18 && rnd.IntN(5) == 0:
						f.do(func() { f.refuse = id(k) })
					case what == 19 && rnd.IntN(10) == 0:
						f.delete(id(k))
					}
					time.Sleep(time.Duration(rnd.IntN(12)) * time.Millisecond)
				}
				f.do(func() { f.lost, f.failed, f.refuse = false, 0, "" })
				time.Sleep(2 * time.Minute)
				for k := range keys {
					if got, want := f.listening(id(k)), len(declared[k]) > 0; got != want {
						t.Errorf("%s has %d sources, and is listened to: %v", id(k), len(declared[k]), got)
					}
					var sum string
					f.do(func() { sum = f.sumLocked(group + "/" + id(k)) })
					if got := f.told(id(k)); len(declared[k]) > 0 && got != sum {
						t.Errorf("%s is reported as %q, want %q", id(k), got, sum)
					}
					for _, m := range declared[k] {
						if age := time.Since(m.src.VerifiedAt()); age > 34*time.Second {
							t.Errorf("%s was proven %v ago", id(k), age)
						}
						m.close()
					}
				}
			})
		})
	}
}

func (m modelSource) follow(ctx context.Context) {
	defer close(m.ended)
	var rev source.Revision
	for {
		got, err := m.src.Next(ctx, rev)
		switch {
		case ctx.Err() != nil || errors.Is(err, source.Closed):
			return
		case err == nil:
			rev = got.Revision
			m.src.Ack(rev, nil)
		}
	}
}
