package nacre_test

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
)

type benchConfig struct {
	Name string `config:"name" default:"x"`
	DB   struct {
		Pool int `config:"pool" default:"10"`
	} `config:"db"`
}

type benchDB struct {
	Pool int `config:"pool" default:"10"`
}

var sink int

// BenchmarkGet reads an int and a string of the live version, beside a bare atomic.Pointer to the
// same struct and beside a plain pointer: the promise is one atomic load and no allocation. Compare
// the sub-benchmarks of one run.
func BenchmarkGet(b *testing.B) {
	m := memory.New("config.yaml", []byte("db: {pool: 20}\nname: orders"))
	cfg, err := nacre.OpenWith[benchConfig](b.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler), Window: nacre.Off}, m)
	if err != nil {
		b.Fatal(err)
	}
	defer cfg.Close()
	var bare atomic.Pointer[benchConfig]
	bare.Store(cfg.Get())

	b.Run("atomic", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			c := bare.Load()
			n += c.DB.Pool + len(c.Name)
		}
		sink = n
	})
	b.Run("nacre", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			c := cfg.Get()
			n += c.DB.Pool + len(c.Name)
		}
		sink = n
	})
	b.Run("section", func(b *testing.B) { // which of the version's values is looked up
		section, err := nacre.Section[benchDB](b.Context(), cfg, "db")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			n += section.Get().Pool
		}
		sink = n
	})
	b.Run("atomic-parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				c := bare.Load()
				n += c.DB.Pool + len(c.Name)
			}
			_ = n
		})
	})
	b.Run("nacre-parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				c := cfg.Get()
				n += c.DB.Pool + len(c.Name)
			}
			_ = n
		})
	})
	b.Run("nacre-parallel-while-written", func(b *testing.B) {
		stop := make(chan struct{})
		written := make(chan struct{})
		go func() {
			defer close(written)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for pool := 1; ; pool++ {
				select {
				case <-stop:
					return
				case <-tick.C:
					_ = m.SetTree(map[string]any{"db": map[string]any{"pool": pool}})
				}
			}
		}()
		b.RunParallel(func(pb *testing.PB) {
			n := 0
			for pb.Next() {
				c := cfg.Get()
				n += c.DB.Pool + len(c.Name)
			}
			_ = n
		})
		close(stop)
		<-written
	})
}
