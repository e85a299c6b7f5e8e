package nacos

import (
	"context"
	"fmt"
	"time"
)

// Item is one config as the server has it.
type Item struct {
	Key      Key
	Content  []byte
	MD5      string    // checked against Content; what [IfMD5] takes
	Type     string    // as published: "yaml", "text"; may be empty
	Modified time.Time // zero where the server does not say
}

// Format writes key, md5 and size for every verb, and never the content.
func (i Item) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%v md5 %s, %d bytes", i.Key, i.MD5, len(i.Content))
}

// Get reads one config now. Of the options only [Group] means something. It waits for a connection
// for as long as ctx allows, 5 s where it has no deadline. A config that is not there is an error
// of kind NotFound. Right after a publish Get still returns what was before, on every Nacos: to
// follow a config use [Client.Source], and do not call Get in a loop.
func (c *Client) Get(ctx context.Context, dataID string, opts ...SourceOption) (Item, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return Item{}, err
	}
	item := Item{Key: k}
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		d, err := s.query(ctx, conn, k, time.Minute)
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
