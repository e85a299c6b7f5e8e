package main

import (
	"context"
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

// run makes all tries, the clients taking turns, and tells each row when it is complete.
func (b *bench) run(ctx context.Context, each func(row) error) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go b.stalls.watch(watching)
	if b.opts.singles > 0 {
		if err := b.rows(ctx, 1, (b.opts.tries+1)/2, b.opts.singles, each); err != nil {
			return err
		}
	}
	for _, n := range b.opts.counts {
		if err := b.rows(ctx, n, b.opts.triesOf(n), 1, each); err != nil {
			return err
		}
	}
	return nil
}

// rows measures each client with n configs.
func (b *bench) rows(ctx context.Context, n, tries, rounds int, each func(row) error) error {
	var rows []row
	for _, l := range listeners {
		if b.opts.measures(l.name) && (l.largest == 0 || n <= l.largest) {
			rows = append(rows, row{client: l.name, n: n, rounds: rounds, tries: tries, wait: b.opts.wait})
		}
	}
	for t := range tries {
		for k := range rows {
			r := &rows[(k+t)%len(rows)] // who begins changes too
			changes, err := b.try(ctx, r.client, n, rounds)
			if err != nil && ctx.Err() == nil { // a busy server may refuse a publish, and a long run is not to be lost for that
				tell(b.log, "%-5s %5d configs, try %d of %d is made again: %v", r.client, n, t+1, tries, err)
				changes, err = b.try(ctx, r.client, n, rounds)
			}
			if err != nil {
				return fmt.Errorf("%s, %d configs, try %d: %w", r.client, n, t+1, err)
			}
			r.changes = append(r.changes, changes...)
			this := row{client: r.client, n: n, wait: b.opts.wait, changes: changes}
			tell(b.log, "%-5s %5d configs, try %d of %d: %s", r.client, n, t+1, tries, this.inWords())
		}
	}
	for _, r := range rows {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}
