package work

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// file renames another file over the one that is watched.
func file() Group {
	return Group{
		Name: "file", Title: "A file on disk changed, until a subscriber has the struct", Kind: Called,
		Note: "Another file with n keys is renamed over the one that is watched. The time is that from the rename until the callback of a service " +
			"has the struct with every value changed. Changes are 20 ms apart, because koanf and konf ignore a second one within 5 ms. nacre's " +
			"window, 100 ms by default, is a wait for further changes; kratos waits for 1 ms, and watches the folder.",
		Sizes: []int{200},
		jobs: func(n int) []bench.Job {
			j := bench.Job{Work: "file", N: n, Base: peer.Koanf}
			for _, w := range peer.Watchers() {
				if w.Cannot == "" {
					j.Entries = append(j.Entries, bench.Entry{Peer: w.Name, Measure: func(b bench.Budget) (bench.Sample, error) { return measureFile(w, n, b) }})
				}
			}
			return []bench.Job{j}
		},
		absent: func() map[string]string {
			all := map[string]string{}
			for _, w := range peer.Watchers() {
				all[w.Name] = w.Cannot
			}
			return all
		},
	}
}

// pause is between two changes: koanf and konf ignore one that is like that of 5 ms before.
const pause = 20 * time.Millisecond

// watched is a file that is watched, in a folder of its own.
type watched struct {
	n     int
	path  string
	other string // which is renamed over it, in another folder
	calls chan call
}

// call is what a callback had.
type call struct {
	at     time.Time
	config *content.Config
	err    error
}

func measureFile(w peer.Watcher, n int, b bench.Budget) (s bench.Sample, err error) {
	dir, err := os.MkdirTemp("", "nacre-peers-file-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return s, err
	}
	f := watched{n: n, path: filepath.Join(dir, "watched", "config.yaml"), other: filepath.Join(dir, "config.yaml"), calls: make(chan call, 100)}
	if err := os.Mkdir(filepath.Dir(f.path), 0o700); err != nil {
		return s, err
	}
	if err := os.WriteFile(f.path, content.All(n, 0).Data("yaml"), 0o600); err != nil {
		return s, err
	}
	live, err := w.Open(f.path, func(c *content.Config, err error) { f.calls <- call{time.Now(), c, err} })
	if err != nil {
		return s, fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	state := 0
	if err := f.begin(&state); err != nil {
		return s, err
	}
	var timed, used time.Duration
	least := time.Duration(math.MaxInt64)
	changes := 0
	for began := time.Now(); changes == 0 || timed < b.Time && time.Since(began) < deadline*b.Time; {
		changes++
		state++
		if err := f.write(state); err != nil {
			return s, err
		}
		time.Sleep(pause)
		bench.Idle()
		watch := bench.StartWatch()
		wall, err := f.rename(state, patience/6)
		if err != nil {
			return s, err
		}
		_, cpu := watch.StopIdle()
		timed, used, least = timed+wall, used+cpu, min(least, wall)
	}
	return bench.Sample{NS: float64(timed) / float64(changes), CPU: float64(used) / float64(changes), Least: float64(least)}, nil
}

// begin changes the file until the peer notices: some begin to watch after Open has returned.
func (f watched) begin(state *int) (err error) {
	for range 20 {
		*state++
		if err := f.write(*state); err != nil {
			return err
		}
		if _, err = f.rename(*state, patience/60); err == nil {
			return nil
		}
	}
	return err
}

func (f watched) doc(state int) content.Doc { return content.All(f.n, state) }

// write writes the file that is to be renamed.
func (f watched) write(state int) error {
	return os.WriteFile(f.other, f.doc(state).Data("yaml"), 0o600)
}

// rename renames it, and returns how long it took until a callback had the struct of its state.
// Before that, there may be calls with older ones.
func (f watched) rename(state int, limit time.Duration) (time.Duration, error) {
	var want content.Config
	f.doc(state).Into(&want)
	began := time.Now()
	if err := os.Rename(f.other, f.path); err != nil {
		return 0, err
	}
	last, timeout := errors.New("no callback"), time.After(limit)
	for {
		select {
		case c := <-f.calls:
			if last = c.err; last == nil && equal(reflect.ValueOf(c.config).Elem(), reflect.ValueOf(&want).Elem()) {
				return c.at.Sub(began), nil
			}
			if last == nil {
				last = errors.New("a callback with another struct")
			}
		case <-timeout:
			return 0, fmt.Errorf("change %d within %v: %w", state, limit, last)
		}
	}
}
