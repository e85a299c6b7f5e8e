//go:build !race

package nacos_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// stacks are the bytes of all goroutines' stacks.
func stacks() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// A stack of 2 KiB that is once too small is 4 KiB until its goroutine ends: what waits needs too
// much for the collector to halve it again. Some outgrow it whatever Next does, since what the
// runtime needs below it depends on what else is going on.
func TestWaitingSourceNeedsLittleStack(t *testing.T) {
	const n = 3000
	f := newCluster()
	for i := range n {
		f.put(fmt.Sprintf("%d.yaml", i), "a: 1")
	}
	c, err := nacos.NewClientVia(f, nacos.Config{Servers: []string{"a:8848"}})
	if err != nil {
		t.Fatal(err)
	}
	before := stacks()
	var read, ended sync.WaitGroup
	read.Add(n)
	for i := range n {
		src := c.Config(fmt.Sprintf("%d.yaml", i))
		ended.Go(func() {
			first, err := src.Next(t.Context(), "")
			if err == nil {
				src.Ack(first.Revision, nil)
			}
			read.Done()
			_, _ = src.Next(t.Context(), first.Revision)
		})
	}
	read.Wait()
	each := float64(stacks()-before) / n
	t.Logf("%.0f bytes", each)
	if each > 3072 {
		t.Errorf("a source that waits has %.0f bytes of stack, want 2048 for more than half of them", each)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	ended.Wait()
}
