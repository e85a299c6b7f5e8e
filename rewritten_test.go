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
