package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// changeAdded lets a client add its listeners one after the other, and changes each config just
// after the client has begun to listen to it: so pushes arrive all the time while listeners are
// added.
func (b *bench) changeAdded(ctx context.Context, j job) (change, error) {
	j.Pause = addingPause
	var heard board
	all := heard.await(j.N, 1)
	first := make(chan struct{})
	var once sync.Once
	proc, err := startChild(ctx, j, func(n note) {
		once.Do(func() { close(first) })
		heard.note(n)
	})
	if err != nil {
		return change{}, err
	}
	defer proc.stop()
	if err := wait(ctx, proc, first, startWithin); err != nil {
		if errors.Is(err, errLate) {
			err = fmt.Errorf("after %v the client had not heard of any config", startWithin)
		}
		return change{}, err
	}
	b.stalls.reset()
	sent := make([]time.Time, j.N)
	begin := time.Now()
	for i := range j.N {
		if err := wait(ctx, proc, nil, time.Until(begin.Add(time.Duration(i)*addingPause))); !errors.Is(err, errLate) {
			return change{}, err
		}
		sent[i] = time.Now()
		if err := b.server.writer.Publish(ctx, dataID(j.Prefix, i), []byte(content(i, 1, b.opts.size))); err != nil {
			return change{}, err
		}
	}
	last := time.Now()
	if err := wait(ctx, proc, all, b.opts.wait); err != nil && !errors.Is(err, errLate) {
		return change{}, err
	}
	return b.outcome(&heard, sent, last.Sub(begin), last), nil
}
