package work

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// reading is a work in which goroutines read, perhaps while another writes.
type reading struct {
	n       int
	readers int
	written bool // a writer asks for a thousand writes a second
}

// read is an int and a string of a config with few keys, of which a writer can write a thousand
// versions a second.
func read() Group {
	return Group{
		Name: "read", Title: "An int and a string read", Sizes: []int{20},
		jobs: func(n int) (jobs []bench.Job) {
			for _, c := range []struct {
				name string
				of   reading
			}{
				{"read/1", reading{n, 1, false}}, {"read/2", reading{n, 2, false}},
				{"read/1-written", reading{n, 1, true}}, {"read/2-written", reading{n, 2, true}},
			} {
				j := bench.Job{Work: c.name, N: n, Base: peer.Pointer}
				for _, r := range peer.Readers() {
					j.Entries = append(j.Entries, bench.Entry{Peer: r.Name, Measure: func(b bench.Budget) (bench.Sample, error) { return c.of.measure(r, b) }})
				}
				jobs = append(jobs, j)
			}
			return jobs
		},
	}
}

// measure reads for about as long as the budget says. The time of one read is that of all readers
// together, divided by their reads.
func (w reading) measure(r peer.Reader, b bench.Budget) (s bench.Sample, err error) {
	data := make([][]byte, 64)
	for i := range data {
		data[i] = content.All(w.n, i).Data("yaml")
	}
	live, err := r.Open(data[0])
	if err != nil {
		return s, fmt.Errorf("open: %w", err)
	}
	defer func() {
		if closed := live.Close(); err == nil && closed != nil {
			err = fmt.Errorf("close: %w", closed)
		}
	}()
	const last = 2
	for i := 1; i <= last; i++ { // never what is live: some peers call nothing back then
		if err := w.check(live, i, data[i]); err != nil {
			return s, err
		}
	}
	reads := w.calibrate(live, b.Time)
	runtime.GC()
	stop := func() (int, error) { return last + 1, nil }
	if w.written {
		stop = write(live, data, last)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	watch := bench.StartWatch()
	var wg sync.WaitGroup
	for range w.readers {
		wg.Go(func() { live.Read(reads / w.readers) })
	}
	wg.Wait()
	wall, cpu := watch.Stop()
	runtime.ReadMemStats(&after)
	writes, err := stop()
	if err != nil {
		return s, err
	}
	s = bench.Sample{NS: float64(wall) / float64(reads), CPU: float64(cpu) / float64(reads)}
	s.Least = s.NS
	if !w.written { // otherwise it would be those of the writes
		s.Allocs = float64(after.Mallocs-before.Mallocs) / float64(reads)
		s.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(reads)
	}
	return s, w.check(live, writes, data[writes%len(data)])
}

// calibrate finds how many reads take about as long as that.
func (w reading) calibrate(live peer.Reading, d time.Duration) int {
	n := 1000
	for {
		start := time.Now()
		live.Read(n)
		took := time.Since(start)
		if took > d/10 {
			return max(w.readers, int(float64(n)*float64(d)/float64(took)))
		}
		n *= 2
	}
}

// check writes a state and compares what is read.
func (w reading) check(live peer.Reading, state int, data []byte) error {
	if err := live.Write(data); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	u := content.NewUnit(0, state%64)
	want := u.Weight + len(u.Name)
	for tries := 0; live.Read(1) != want; tries++ { // a resource is built after the version is live
		if tries == 1000 {
			return fmt.Errorf("read %d after a write, want %d", live.Read(1), want)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// write begins to write a thousand times a second, if the peer can. The function that it returns
// ends that, and returns the state to write next. last is the state that is live.
func write(live peer.Reading, data [][]byte, last int) (stop func() (int, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	n := last
	began, done := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			n++
			if err := live.Write(data[n%len(data)]); err != nil {
				done <- fmt.Errorf("write %d: %w", n, err)
				return
			}
			if n == last+1 {
				close(began)
			}
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
		}
	}()
	select {
	case <-began:
	case err := <-done:
		done <- err
	}
	return func() (int, error) {
		cancel()
		err := <-done
		return n + 1, err
	}
}
