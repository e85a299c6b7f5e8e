package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// bench is one run of the command.
type bench struct {
	opts   options
	server *server
	log    io.Writer
	stalls stallMeter
}

// result is something that was measured: a row, an idle or a size.
type result interface{ writeJSON(to io.Writer) error }

// run measures all that the options ask for, and tells each result when it is complete.
func (b *bench) run(ctx context.Context, each func(result) error) error {
	if err := b.changes(ctx, each); err != nil {
		return err
	}
	if b.opts.idle > 0 {
		all, err := b.idles(ctx)
		if err := tellAll(all, err, each); err != nil {
			return err
		}
	}
	if b.opts.binaries {
		all, err := b.sizes(ctx)
		return tellAll(all, err, each)
	}
	return nil
}

func tellAll[R result](all []R, err error, each func(result) error) error {
	for _, r := range all {
		if told := each(r); told != nil {
			return errors.Join(err, told)
		}
	}
	return err
}

// changes makes all tries, the clients taking turns.
func (b *bench) changes(ctx context.Context, each func(result) error) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go b.stalls.watch(watching)
	if b.opts.singles > 0 {
		if err := b.rows(ctx, shape{n: 1, rounds: b.opts.singles}, (b.opts.tries+1)/2, each); err != nil {
			return err
		}
	}
	for _, n := range b.opts.counts {
		if err := b.rows(ctx, shape{n: n, rounds: 1}, b.opts.triesOf(n), each); err != nil {
			return err
		}
	}
	if n := b.opts.adding; n > 0 {
		if err := b.rows(ctx, shape{n: n, rounds: 1, adding: true}, b.opts.triesOf(n), each); err != nil {
			return err
		}
	}
	if b.opts.recovery {
		if _, _, err := b.server.own(); err != nil {
			tell(b.log, "recovery after a kill is not measured: %v", err)
			return nil
		}
		return b.rows(ctx, shape{n: recoveryConfigs, rounds: 1, restart: true}, (b.opts.tries+1)/2, each)
	}
	return nil
}

// shape is what happens in a try.
type shape struct {
	n      int  // configs
	rounds int  // changes of all of them, one after the other
	adding bool // each changes just after it began to be listened to

	restart bool // they change when the server is back, after it was killed
}

// rows measures each client in the same way.
func (b *bench) rows(ctx context.Context, s shape, tries int, each func(result) error) error {
	var rows []row
	for _, l := range listeners {
		if b.opts.measures(l.name) && (l.largest == 0 || s.n <= l.largest) && (!s.adding || !l.atOnce) {
			rows = append(rows, row{client: l.name, shape: s, tries: tries, wait: b.opts.wait})
		}
	}
	for t := range tries {
		for k := range rows {
			r := &rows[(k+t)%len(rows)] // who begins changes too
			changes, err := b.try(ctx, r.client, s)
			if err != nil && ctx.Err() == nil { // a busy server may refuse a publish, and a long run is not to be lost for that
				tell(b.log, "%-5s %5d configs, try %d of %d is made again: %v", r.client, s.n, t+1, tries, err)
				changes, err = b.try(ctx, r.client, s)
			}
			if err != nil {
				return fmt.Errorf("%s, %d configs, try %d: %w", r.client, s.n, t+1, err)
			}
			r.changes = append(r.changes, changes...)
			this := row{client: r.client, shape: s, wait: b.opts.wait, changes: changes}
			tell(b.log, "%-5s %5d configs, try %d of %d: %s", r.client, s.n, t+1, tries, this.inWords())
		}
	}
	for _, r := range rows {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}
