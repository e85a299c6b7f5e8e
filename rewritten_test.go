package nacre_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// A document that is written again with the same content has a new revision in stores like etcd. It
// makes no version and wakes no subscriber; a rejected one does not count as another bad change.
func TestAContentThatIsWrittenAgainIsNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int64
		var data atomic.Value
		data.Store("n: 1")
		o := quiet
		o.MaxBadChanges, o.LastKnownGoodDisabled = 3, true
		cfg, err := nacre.OpenWith[struct {
			N int `config:"n"`
		}](t.Context(), o, source.Poll("orders.yaml", time.Second, func(context.Context) (source.Content, error) {
			return source.Content{Revision: source.Revision(strconv.FormatInt(writes.Load(), 10)), Documents: []source.Document{
				{Name: "orders.yaml", Format: source.FormatYAML, Data: []byte(data.Load().(string))},
			}}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		calls := 0
		write := func(text string, times int) {
			data.Store(text)
			for range times {
				writes.Add(1)
				time.Sleep(2 * time.Second)
				synctest.Wait()
			}
		}
		nacre.SubscribeVersions(cfg, func(context.Context, nacre.Change[*struct {
			N int `config:"n"`
		}]) error {
			calls++
			return nil
		})
		write("n: 1", 5)
		if h := cfg.Health(); h.Version != 1 || calls != 0 || len(cfg.History()) != 1 || h.Layers[0].Latest != "5" || h.Layers[0].Applied != "5" {
			t.Errorf("after 5 writes of the same content: version %d, %d calls, %d in the history, %+v", h.Version, calls, len(cfg.History()), h.Layers[0])
		}
		write("n: 2", 5)
		if v := cfg.Health().Version; v != 2 || calls != 1 {
			t.Errorf("after 5 writes of another content: version %d, %d calls", v, calls)
		}
		write("n: x", 5)
		write("n: 3", 1)
		if h := cfg.Health(); h.Version != 3 || h.Layers[0].Held != nil {
			t.Errorf("after 5 writes of one bad content and a good one: version %d, held %v", h.Version, h.Layers[0].Held)
		}
	})
}

// In a layer of several documents, the good ones change while a bad one waits for its correction.
// Such a change brings nothing bad: it does not count, or the correction would be held.
func TestAGoodDocumentBesideABadOneIsNoBadChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var data atomic.Pointer[[]string]
		data.Store(&[]string{"a: 1", "b: 1"})
		o := quiet
		o.MaxBadChanges, o.LastKnownGoodDisabled = 4, true
		cfg, err := nacre.OpenWith[struct {
			A int `config:"a" validate:"ltefield=B"`
			B int `config:"b"`
		}](t.Context(), o, source.Poll("two", time.Second, func(context.Context) (source.Content, error) {
			texts := *data.Load()
			c := source.Content{Revision: source.Revision(texts[0] + texts[1])}
			for i, text := range texts {
				c.Documents = append(c.Documents, source.Document{Name: strconv.Itoa(i) + ".yaml", Format: source.FormatYAML, Data: []byte(text)})
			}
			return c, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		put := func(a, b string) (held []string) {
			data.Store(&[]string{"a: " + a, "b: " + b})
			time.Sleep(2 * time.Second)
			synctest.Wait()
			return cfg.Health().Layers[0].Held
		}
		for n := range 9 {
			if held := put(strconv.Itoa(n), "x"); held != nil {
				t.Fatalf("after %d changes beside one bad document, the layer is held: %q", n+1, held)
			}
		}
		if held := put("3", "9"); held != nil || cfg.Get().A != 3 || cfg.Get().B != 9 {
			t.Errorf("after the correction: %+v, held %q", cfg.Get(), held)
		}
		// The rule is about a, and b breaks it: each change is a bad one.
		for n := range 4 {
			if held := put("3", strconv.Itoa(n-2)); (held != nil) != (n == 3) {
				t.Errorf("after %d changes of which each is bad, held %q", n+1, held)
			}
		}
	})
}
