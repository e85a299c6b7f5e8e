package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// idle is what the listeners of a client cost while nothing changes.
type idle struct {
	client   string
	n        int
	watched  time.Duration
	requests int64
	cpu      time.Duration
	memory   int64 // bytes, above those of a process with one listener, when the garbage of the start has been collected
	early    int64 // the same, ten seconds after the start
}

// idles watches each client with one listener and with many.
func (b *bench) idles(ctx context.Context) ([]idle, error) {
	var all []idle
	for _, l := range listeners {
		if !b.opts.measures(l.name) || l.largest > 0 && b.opts.idle > l.largest {
			continue
		}
		one, many, err := b.oneAndMany(ctx, l.name)
		if err != nil {
			return nil, err
		}
		many.memory -= one.memory
		many.early -= one.early
		all = append(all, many)
		tell(b.log, "%-8s %d idle listeners: %s", l.name, many.n, many.cells())
	}
	return all, nil
}

// oneAndMany watches both at the same time, since it takes minutes. If one cannot be watched the
// other is worth nothing.
func (b *bench) oneAndMany(ctx context.Context, client string) (one, many idle, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	watch := func(n int, into *idle) {
		var err error
		if *into, err = b.watch(ctx, client, n); err != nil {
			stop(fmt.Errorf("%d idle listeners of %s: %w", n, title(client), err))
		}
	}
	wg.Go(func() { watch(1, &one) })
	wg.Go(func() { watch(b.opts.idle, &many) })
	wg.Wait()
	return one, many, context.Cause(ctx)
}

// calm is how long a client has after it has heard of its configs: what it reads at first is not
// idle.
const calm = 10 * time.Second

// watch says what a client with n listeners used while it was idle.
func (b *bench) watch(ctx context.Context, client string, n int) (cost idle, err error) {
	counted, err := count(b.server.addr)
	if err != nil {
		return idle{}, err
	}
	defer counted.close()
	err = b.withConfigs(ctx, client, n, func(j job) error {
		var heard board
		all := heard.await(n, 0)
		j.Addr = counted.addr
		proc, err := startChild(ctx, j, heard.note)
		if err != nil {
			return err
		}
		defer proc.stop()
		if err := heardAll(ctx, proc, &heard, all, n); err != nil {
			return err
		}
		if err := wait(ctx, proc, nil, calm); !errors.Is(err, errLate) {
			return err
		}
		before, err := used(proc.cmd.Process.Pid)
		if err != nil {
			return err
		}
		requests := counted.requests.Load()
		if err := wait(ctx, proc, nil, b.opts.idleFor); !errors.Is(err, errLate) {
			return err
		}
		after, err := used(proc.cmd.Process.Pid)
		if err != nil {
			return err
		}
		cost = idle{
			client: client, n: n, watched: b.opts.idleFor, early: before.memory,
			requests: counted.requests.Load() - requests, cpu: after.cpu - before.cpu,
		}
		if err := wait(ctx, proc, nil, b.opts.idleUntil-calm-b.opts.idleFor); !errors.Is(err, errLate) {
			return err
		}
		last, err := used(proc.cmd.Process.Pid)
		cost.memory = last.memory
		return err
	})
	return cost, err
}

// used reads what a process has used, on Linux.
func used(pid int) (idle, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return idle{}, err
	}
	return parseStat(string(text))
}

// parseStat takes what proc(5) says of a process. After its name, which is in brackets, come the
// state, field 3, and so on: utime and stime are 14 and 15, in hundredths of a second, rss is 24,
// in pages.
func parseStat(text string) (idle, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 22 {
		return idle{}, errors.New("what the system says of a process is too short")
	}
	var numbers [3]int64
	for i, at := range []int{11, 12, 21} {
		var err error
		if numbers[i], err = strconv.ParseInt(fields[at], 10, 64); err != nil {
			return idle{}, fmt.Errorf("what the system says of a process: %w", err)
		}
	}
	return idle{cpu: time.Duration(numbers[0]+numbers[1]) * 10 * time.Millisecond, memory: numbers[2] * int64(os.Getpagesize())}, nil
}

func (i idle) perSecond() float64 { return float64(i.requests) / i.watched.Seconds() }
func (i idle) cpuShare() float64  { return i.cpu.Seconds() / i.watched.Seconds() }

func (i idle) cells() string {
	return fmt.Sprintf("%.2f | %.2f %% | %.1f MB | %.1f MB", i.perSecond(), 100*i.cpuShare(), float64(i.early)/1e6, float64(i.memory)/1e6)
}

func idleTable(all []idle, o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %d idle listeners for %v | Requests a second | Processor | Memory above one listener, at first | After %v |\n|---|---|---|---|---|\n", o.idle, o.idleFor, o.idleUntil)
	for _, i := range all {
		fmt.Fprintf(&b, "| %s | %s |\n", title(i.client), i.cells())
	}
	return b.String()
}

func (i idle) writeJSON(to io.Writer) error {
	return json.NewEncoder(to).Encode(struct {
		Client   string  `json:"client"`
		N        int     `json:"n"`
		Idle     bool    `json:"idle"`
		Requests float64 `json:"requests_per_second"`
		CPU      float64 `json:"cpu_share"`
		Early    float64 `json:"memory_at_first_mb"`
		MB       float64 `json:"memory_mb"`
	}{
		i.client, i.n, true, math.Round(1e3*i.perSecond()) / 1e3, math.Round(1e5*i.cpuShare()) / 1e5,
		math.Round(float64(i.early)/1e5) / 10, math.Round(float64(i.memory)/1e5) / 10,
	})
}
