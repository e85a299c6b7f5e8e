package nacos

import (
	"context"
	"errors"

	"github.com/nacre-go/nacre/source"
)

// GetStored is like [Client.Get], and never returns a content that the servers have refused. Of the
// options only [Group] has a meaning here.
//
// It reads from the database of the servers, over the HTTP interface, where Get reads what one
// server shows its clients. So it sees a publish at once. If the server has no such interface, or
// the user may not use it, as in a Nacos 3, GetStored returns what Get returns: the servers show
// what they have stored, a tenth of a second later. Clusters that keep their configs in a database
// of their own do not: they show a content that they have refused, see [IfMD5]. There, GetStored
// returns the error instead.
func (c *Client) GetStored(ctx context.Context, dataID string, opts ...SourceOption) (Item, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return Item{}, err
	}
	row, err := c.row(ctx, k)
	switch kind := source.KindOf(err); {
	case err == nil:
	case kind == source.PermissionDenied || kind == source.InvalidArgument:
		if is, unknown := c.state(ctx); unknown != nil || is.ownDatabase {
			return Item{}, err
		}
		return c.Get(ctx, dataID, opts...)
	default:
		return Item{}, err
	}
	item := Item{Key: k, Content: []byte(row.Content), MD5: row.MD5, Type: row.Type, Modified: serverTime(row.Modified)}
	if row.Key == "" && sum(item.Content) != row.MD5 {
		return Item{}, ContentCorrupt.fail("read", k.String())
	}
	return item, nil
}

// undoRefused makes a cluster show the stored content of a config again, after it has refused to
// publish the content with the given md5. It returns the error of that publish, with another advice
// if the refused content may still be shown.
//
// In a cluster with its own database a publish goes through the Raft log. A node that applies its
// entry shows the content, whether or not the md5 was the expected one: in Nacos 2.0 to 3.0
// DistributedDatabaseOperateImpl.onApply calls EmbeddedApplyHook for an update that it has rolled
// back, too. The content stays until the next publish of the config, so this publishes what is
// stored.
func (c *Client) undoRefused(ctx context.Context, k Key, refused string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.session.timings.request)
	defer cancel()
	for {
		is, err := c.state(ctx)
		if err == nil && !is.ownDatabase || source.KindOf(err) == source.InvalidArgument {
			return cause
		}
		var row row
		if err == nil {
			row, err = c.row(ctx, k)
		}
		switch {
		case err == nil && row.MD5 == refused:
			return cause // it was published after all, or the same content was
		case err == nil && (row.Key != "" || sum([]byte(row.Content)) != row.MD5):
			err = BadResponse.fail("read", k.String())
		case err == nil:
			o := publishOptions{addition: map[string]string{"src_user": row.User}}
			m := row.metadata()
			m.fill(o.addition)
			req := publishRequest{keyRequest: about(k), Content: row.Content, CasMD5: row.MD5, Addition: o.addition}
			err = c.change(ctx, k, typePublish, req, 0)
		}
		if err == nil {
			return cause
		}
		if kind := source.KindOf(err); kind != source.Conflict && kind != source.Unavailable || !sleep(ctx, casReadEvery) {
			return errShown(cause)
		}
	}
}

// errShown is the refusal of a publish whose content the servers may show all the same.
func errShown(cause error) error {
	var e *source.Error
	if !errors.As(cause, &e) {
		return cause
	}
	shown := *e
	shown.Fix = "publish the stored content again, at once: the cluster keeps its configs in its own database, and shows clients the refused content until the next publish; for good, let it use MySQL"
	return &shown
}
