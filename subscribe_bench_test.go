package nacre_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// fixedConfig has 200 keys in fields and not in a map, so that a subscriber of all sections selects
// a struct of 200 values.
type fixedConfig struct {
	N        int           `config:"n"`
	Sections fixedSections `config:"sections"`
}

type fixedSections struct {
	A reloadSection `config:"section0"`
	B reloadSection `config:"section1"`
	C reloadSection `config:"section2"`
	D reloadSection `config:"section3"`
	E reloadSection `config:"section4"`
	F reloadSection `config:"section5"`
	G reloadSection `config:"section6"`
	H reloadSection `config:"section7"`
	I reloadSection `config:"section8"`
	J reloadSection `config:"section9"`
}

// BenchmarkSubscribers measures a change of a config with 200 keys until it is live and the
// subscribers have decided on it: of a key that they do not select, and of one that they do. They
// select a map, or a struct of 200 values. Compare the sub-benchmarks of one run.
func BenchmarkSubscribers(b *testing.B) {
	text := func(n, changed, port int) []byte {
		var t bytes.Buffer
		fmt.Fprintf(&t, "n: %d\n", n)
		reloadSections(&t, 0, 10, changed, port)
		return t.Bytes()
	}
	other := func(n int) []byte { return text(n+1, -1, 80) }
	own := func(n int) []byte { return text(1, 5, n%60000+1) }
	for _, n := range []int{0, 1, 10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("map/other/%d", n), func(b *testing.B) {
			subscribers(b, n, false, other, func(c *reloadConfig) map[string]reloadSection { return c.Sections })
		})
		b.Run(fmt.Sprintf("map/own/%d", n), func(b *testing.B) {
			subscribers(b, n, true, own, func(c *reloadConfig) map[string]reloadSection { return c.Sections })
		})
		b.Run(fmt.Sprintf("struct/other/%d", n), func(b *testing.B) {
			subscribers(b, n, false, other, func(c *fixedConfig) fixedSections { return c.Sections })
		})
		b.Run(fmt.Sprintf("struct/own/%d", n), func(b *testing.B) {
			subscribers(b, n, true, own, func(c *fixedConfig) fixedSections { return c.Sections })
		})
	}
}

// subscribers measures a change with n subscribers that are called or not.
func subscribers[T, V any](b *testing.B, n int, called bool, text func(n int) []byte, selectFrom func(*T) V) {
	done := make(chan struct{}, 1)
	var left atomic.Int64 // selections, or calls
	decided := func(e observe.Event) {
		switch {
		case e.Kind == observe.Applied && e.Version > 1 && n == 0:
			done <- struct{}{}
		case e.Kind == observe.Rejected, e.Kind == observe.Held:
			b.Error(e)
			done <- struct{}{}
		}
	}
	m := memory.New("config.yaml", text(0))
	cfg, err := nacre.OpenWith[T](b.Context(), nacre.Options{
		Logger: slog.New(slog.DiscardHandler), Window: nacre.Off, LastKnownGoodDisabled: true, Observers: []observe.Observer{decided},
	}, m)
	if err != nil {
		b.Fatal(err)
	}
	defer cfg.Close()
	end := func() {
		if left.Add(-1) == 0 {
			done <- struct{}{}
		}
	}
	for range n {
		selected := func(c *T) V {
			if !called {
				end()
			}
			return selectFrom(c)
		}
		if _, err := nacre.Subscribe(cfg, selected, func(context.Context, nacre.Change[V]) error {
			if called {
				end()
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	change := func(i int) {
		left.Store(int64(n))
		if i == 1 && !called {
			left.Store(2 * int64(n)) // of what they have seen, too
		}
		m.Set(text(i))
		<-done
	}
	change(1)
	b.ReportAllocs()
	for i := 2; b.Loop(); i++ {
		change(i)
	}
	b.ReportMetric(float64(reflect.TypeFor[V]().Size()), "B/selected")
}
