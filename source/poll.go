package source

import (
	"context"
	"errors"
	"time"
)

// defaultPollInterval is the interval of Poll if none is given.
const defaultPollInterval = 30 * time.Second

// Poll returns a source that calls fetch every interval; if interval is not positive, every 30 s.
// Its name is usually that of its document. fetch reads the whole content, and must set
// Content.Revision: a content with the zero revision is an error of kind InvalidArgument. Poll
// implements the rules that are easy to break: it does not return the same content or the same
// error twice, and it reports the end of an error. It starts no goroutine. Two errors are equal if
// their kinds and texts are.
func Poll(name string, interval time.Duration, fetch func(context.Context) (Content, error)) Source {
	return &poller{name: name, interval: interval, fetch: fetch}
}

type poller struct {
	name     string
	interval time.Duration
	fetch    func(context.Context) (Content, error)
	changes  ChangeDetector
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
		if err == nil && c.Revision == "" {
			c, err = Content{}, &Error{Kind: InvalidArgument, Op: "read", Document: p.name,
				Err: errors.New("content has no revision"), Fix: "set Content.Revision, such as an ETag or a SHA-256 of the data"}
		}
		if p.changes.Changed(prev, c.Revision, err) {
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
