package source

import (
	"context"
	"time"
)

// defaultPollInterval is the interval of Poll if none is given.
const defaultPollInterval = 30 * time.Second

// Poll makes a Source of a function that reads the whole content, calling it every interval
// (defaultPollInterval where it is not positive). Fetch must fill Content.Revision. It keeps the
// rules that are easy to break: the same content or the same error twice wakes nobody, and the end
// of an error is told. It starts no goroutine. Errors are the same when their kind and text are.
func Poll(name string, interval time.Duration, fetch func(context.Context) (Content, error)) Source {
	return &poller{name: name, interval: interval, fetch: fetch}
}

type poller struct {
	name     string
	interval time.Duration
	fetch    func(context.Context) (Content, error)
	told     ChangeDetector
}

func (p *poller) Name() string { return p.name }

func (p *poller) Next(ctx context.Context, prev Revision) (Content, error) {
	interval := p.interval
	if interval <= 0 {
		interval = defaultPollInterval
	}
	for {
		c, err := p.fetch(ctx)
		if ctx.Err() != nil {
			return Content{}, ctx.Err()
		}
		if p.told.Changed(prev, c.Revision, err) {
			return c, err
		}
		timer := time.NewTimer(interval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Content{}, ctx.Err()
		}
	}
}
