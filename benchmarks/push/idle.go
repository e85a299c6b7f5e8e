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
	"time"
)

// idle is what the listeners of a client cost while nothing changes.
type idle struct {
	client   string
	n        int
	watched  time.Duration
	requests int64
	cpu      time.Duration
	memory   int64 // bytes, above those of a process with one listener
}

// idles watches each client with one listener and with many.
func (b *bench) idles(ctx context.Context) ([]idle, error) {
	var all []idle
	for _, l := range listeners {
		if !b.opts.measures(l.name) || l.largest > 0 && b.opts.idle > l.largest {
			continue
		}
		one, err := b.watch(ctx, l.name, 1, 0)
		if err != nil {
			return nil, fmt.Errorf("one idle listener of %s: %w", l.title, err)
		}
		many, err := b.watch(ctx, l.name, b.opts.idle, b.opts.idleFor)
		if err != nil {
			return nil, fmt.Errorf("%d idle listeners of %s: %w", b.opts.idle, l.title, err)
		}
		many.memory -= one.memory
		all = append(all, many)
		tell(b.log, "%-8s %d idle listeners: %s", l.name, many.n, many.cells())
	}
	return all, nil
}

// calm is how long a client has after it has heard of its configs: what it reads at first is not idle.
const calm = 10 * time.Second

// watch says what a client with n listeners used while it was idle.
func (b *bench) watch(ctx context.Context, client string, n int, d time.Duration) (cost idle, err error) {
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
		if err := wait(ctx, proc, nil, d); !errors.Is(err, errLate) {
			return err
		}
		after, err := used(proc.cmd.Process.Pid)
		if err != nil {
			return err
		}
		cost = idle{client: client, n: n, watched: d, requests: counted.requests.Load() - requests, cpu: after.cpu - before.cpu, memory: after.memory}
		return nil
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

// parseStat takes what proc(5) says of a process. After its name, which is in brackets, come the state, field 3, and so on:
// utime and stime are 14 and 15, in hundredths of a second, rss is 24, in pages.
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
	return fmt.Sprintf("%.2f | %.2f %% | %.1f MB", i.perSecond(), 100*i.cpuShare(), float64(i.memory)/1e6)
}

func idleTable(all []idle, o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %d idle listeners for %v | Requests a second | Processor | Memory above one listener |\n|---|---|---|---|\n", o.idle, o.idleFor)
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
		MB       float64 `json:"memory_mb"`
	}{i.client, i.n, true, math.Round(1e3*i.perSecond()) / 1e3, math.Round(1e5*i.cpuShare()) / 1e5, math.Round(float64(i.memory)/1e5) / 10})
}
