package nacos

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Item is one config as the server has it.
type Item struct {
	Key      Key
	Content  []byte
	MD5      string    // matches Content; for [IfMD5]
	Type     string    // as published, such as "yaml" or "text"; may be empty
	Modified time.Time // zero if the server does not report it
}

// Format writes key, md5 and size for every verb, and never the content.
func (i Item) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%v md5 %s, %d bytes", i.Key, i.MD5, len(i.Content))
}

// Get reads a config once. Of the options only [Group] has a meaning here. Get waits for a
// connection until ctx ends, or for 5 s if ctx has no deadline. A missing config is an error of
// kind NotFound. Right after a publish Get still returns the previous content, on every Nacos: to
// follow a config use [Client.Source], and do not call Get in a loop. While the server modifies the
// config, Get reads again, for the timeout of a request at most.
func (c *Client) Get(ctx context.Context, dataID string, opts ...SourceOption) (Item, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return Item{}, err
	}
	item := Item{Key: k}
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		var d *doc
		err := s.whileModified(ctx, func() (err error) {
			d, err = s.query(ctx, conn, k, time.Minute)
			return err
		})
		switch {
		case err != nil:
			return err
		case d.absent:
			return s.space.absent(k)
		}
		item.Content, item.MD5, item.Type, item.Modified = d.content, d.md5(), d.contentType, d.modified
		return nil
	})
	return item, err
}

// whileModified repeats a read while the server modifies the config, for the timeout of a request
// at most.
func (s *session) whileModified(ctx context.Context, read func() error) error {
	for deadline := time.Now().Add(s.timings.request); ; {
		err := read()
		if !errors.Is(err, UpdateInProgress) || time.Now().After(deadline) || !sleep(ctx, 2*s.timings.retryMin) {
			return err
		}
	}
}
