package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// startWithin is how long a client may take until it has heard of all configs for the first time.
const startWithin = 2 * time.Minute

// change is what came of N configs that were changed together, once.
type change struct {
	spread    time.Duration   // from the first publish that was sent to the last that was answered
	after     []time.Duration // for each config, from the last answer until it was heard of; never for none
	latencies []time.Duration // for each config, from when its publish was sent
	stall     time.Duration   // the longest time in which this process did not get to run
}

// never stands for what was not heard of in time.
const never = time.Duration(1<<63 - 1)

// addingPause is the time between two listeners that are added while configs change.
const addingPause = 10 * time.Millisecond

// withConfigs makes n configs for a client, and removes them after do.
func (b *bench) withConfigs(ctx context.Context, client string, n int, do func(job) error) (err error) {
	prefix := fmt.Sprintf("nacre-push-%08x-%s", rand.Uint32(), client)
	dir, err := os.MkdirTemp("", "nacre-push-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	defer func() {
		// Also after an interrupt: a server in use must not keep what was made here.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		gone := eachConfig(clean, n, func(ctx context.Context, i int) error {
			return patiently(ctx, func() error { return b.server.writer.Delete(ctx, dataID(prefix, i)) })
		})
		if gone != nil {
			err = errors.Join(err, fmt.Errorf("configs %s-… may be left on the server: %w", prefix, gone))
		}
	}()
	if err := b.publish(ctx, prefix, n, 0); err != nil {
		return err
	}
	return do(job{Client: client, Addr: b.server.addr, Prefix: prefix, N: n, Dir: dir})
}

// try changes configs, under a client of its own.
func (b *bench) try(ctx context.Context, client string, s shape) (changes []change, err error) {
	err = b.withConfigs(ctx, client, s.n, func(j job) error {
		var err error
		changes, err = b.tryWith(ctx, j, s)
		return err
	})
	return changes, err
}

func (b *bench) tryWith(ctx context.Context, j job, s shape) (changes []change, err error) {
	if s.adding {
		c, err := b.changeAdded(ctx, j)
		return []change{c}, err
	}
	var heard board
	all := heard.await(s.n, 0)
	proc, err := startChild(ctx, j, heard.note)
	if err != nil {
		return nil, err
	}
	defer proc.stop()
	if err := heardAll(ctx, proc, &heard, all, s.n); err != nil {
		return nil, err
	}
	for round := range s.rounds {
		rest := b.opts.settle
		if round > 0 {
			rest = rand.N(300 * time.Millisecond) // so that changes don't keep step with the server's own timers
		}
		if err := wait(ctx, proc, nil, rest); !errors.Is(err, errLate) {
			return nil, err
		}
		if s.restart {
			if err := b.restart(ctx, proc); err != nil {
				return nil, err
			}
		}
		c, err := b.change(ctx, proc, &heard, j.Prefix, s.n, round+1)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// heardAll waits until a client has heard of all configs for the first time.
func heardAll(ctx context.Context, proc *child, heard *board, all <-chan struct{}, n int) error {
	err := wait(ctx, proc, all, startWithin)
	if errors.Is(err, errLate) {
		return fmt.Errorf("after %v the client had not heard of %d of %d configs at all", startWithin, heard.left(), n)
	}
	return err
}

// change publishes a version of all configs and waits until all were heard of, or the time is up.
func (b *bench) change(ctx context.Context, proc *child, heard *board, prefix string, n, version int) (change, error) {
	all := heard.await(n, version)
	b.stalls.reset()
	sent := make([]time.Time, n)
	begin := time.Now()
	err := eachConfig(ctx, n, func(ctx context.Context, i int) error {
		sent[i] = time.Now()
		return b.server.writer.Publish(ctx, dataID(prefix, i), []byte(content(i, version, b.opts.size)))
	})
	last := time.Now()
	if err != nil {
		return change{}, err
	}
	if err := wait(ctx, proc, all, b.opts.wait); err != nil && !errors.Is(err, errLate) {
		return change{}, err
	}
	return b.outcome(heard, sent, last.Sub(begin), last), nil
}

// outcome says when each config was heard of.
func (b *bench) outcome(heard *board, sent []time.Time, spread time.Duration, last time.Time) change {
	c := change{spread: spread, stall: b.stalls.reset()}
	for i, at := range heard.times() {
		after, latency := never, never
		if !at.IsZero() {
			after, latency = max(0, at.Sub(last)), at.Sub(sent[i])
		}
		c.after = append(c.after, after)
		c.latencies = append(c.latencies, latency)
	}
	return c
}

// publish makes the first version of all configs, and returns when it can be read.
func (b *bench) publish(ctx context.Context, prefix string, n, version int) error {
	err := eachConfig(ctx, n, func(ctx context.Context, i int) error {
		text := []byte(content(i, version, b.opts.size))
		return patiently(ctx, func() error { return b.server.writer.Publish(ctx, dataID(prefix, i), text) })
	})
	if err != nil {
		return err
	}
	return eachConfig(ctx, n, func(ctx context.Context, i int) error { return readable(ctx, b.server.writer, dataID(prefix, i)) })
}

// readable waits until a config that was published can be read. It asks rarely: reads slow the
// server down.
func readable(ctx context.Context, client *nacos.Client, id string) error {
	deadline := time.Now().Add(time.Minute)
	for {
		_, err := client.Get(ctx, id)
		if err == nil || !errors.Is(err, source.NotFound) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

var errLate = errors.New("the time is up")

// wait returns nil when done is closed, and errLate after d.
func wait(ctx context.Context, proc *child, done <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return errLate
	case <-proc.gone:
		return proc.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}
