package nacos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nacre-go/nacre/source"
)

// ProbeIfMD5 checks that the server honors [IfMD5], before you rely on it. It returns nil if so,
// and an error with [NotSupported] if the server ignores the md5, as r-nacos does, or refuses
// every compare-and-set, as a plugin for another database may. Any other error means that it could
// not find out.
//
// It publishes to a config of its own, "nacre.probe." and a random number, in the client's group
// or that of the option [Group], and deletes it in the end, also if ctx has ended by then. If a
// server refuses that for 5 s, the error names the config that stays. ProbeIfMD5 takes a second or
// two, since it waits until the content can be read, and needs the permission to write there.
func (c *Client) ProbeIfMD5(ctx context.Context, opts ...SourceOption) (err error) {
	k, err := c.named(fmt.Sprintf("nacre.probe.%016x", rand.Uint64()), opts)
	if err != nil {
		return err
	}
	group := Group(k.Group)
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, casProbeWithin)
		defer cancel()
	}
	stored := false
	defer func() {
		if stored || mayBeStored(err) {
			err = withLeftover(err, k, stored, c.removeProbe(ctx, k))
		}
	}()
	const first, second, third = "nacre probe 1", "nacre probe 2", "nacre probe 3"
	publish := func(content string, more ...PublishOption) error {
		return c.Publish(ctx, k.DataID, []byte(content), append(more, group, Type("text"), App("nacre"), Description("a probe of nacre; delete it"))...)
	}
	if err := publish(first); err != nil {
		return err
	}
	stored = true
	if err := c.awaitProbe(ctx, k, first); err != nil {
		return err
	}
	switch err := publish(second, IfMD5(sum([]byte(first)))); {
	case errors.Is(err, PreconditionFailed):
		return errNoCompareAndSet(k, "the server refuses every compare-and-set")
	case err != nil:
		return err
	}
	if err := c.awaitProbe(ctx, k, second); err != nil {
		return err
	}
	switch err := publish(third, IfMD5(sum([]byte(first)))); {
	case errors.Is(err, PreconditionFailed):
		return nil
	case err != nil:
		return err
	}
	return errNoCompareAndSet(k, "the server ignores the md5 of a compare-and-set")
}

// casProbeWithin is the timeout of a probe whose context has none, and casReadEvery the interval at
// which it reads: a server that is read faster is slower to show a publish.
const (
	casProbeWithin = 30 * time.Second
	casReadEvery   = 200 * time.Millisecond
)

// mayBeStored reports whether a publish that failed with err may have stored its content.
func mayBeStored(err error) bool {
	switch source.KindOf(err) { //nolint:exhaustive // the others leave it open
	case source.PermissionDenied, source.InvalidArgument, source.TooLarge, source.Conflict, source.Closed:
		return false
	}
	return true
}

// removeProbe deletes the config of a probe, also if ctx has ended. It repeats a request that
// fails, until the request timeout has passed.
func (c *Client) removeProbe(ctx context.Context, k Key) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.session.timings.request)
	defer cancel()
	var failed error
	for {
		err := c.Delete(ctx, k.DataID, Group(k.Group))
		if err == nil {
			return nil
		}
		if failed == nil || ctx.Err() == nil { // an answer says more than the end of the time
			failed = err
		}
		if !mayBeStored(err) || !sleep(ctx, casReadEvery) {
			return failed
		}
	}
}

// leftover is the cause of the error of a probe whose config is still on the server.
type leftover struct {
	err  error
	text string
}

func (l *leftover) Error() string { return l.err.Error() + "; " + l.text }
func (l *leftover) Unwrap() error { return l.err }

// Leftover says which config stays. The command nacre and nacosonce look for this method.
func (l *leftover) Leftover() string { return l.text }

// withLeftover adds to the error of a probe, or to the nil of one that has succeeded, that its
// config could not be removed because of failed. The fix of the error stays.
func withLeftover(err error, k Key, stored bool, failed error) error {
	if failed == nil {
		return err
	}
	l := &leftover{err: err, text: fmt.Sprintf("config %s stays on the server: delete it", k)}
	if !stored {
		l.text = fmt.Sprintf("config %s may be on the server: delete it", k)
	}
	if err == nil {
		l.err = failed
	}
	e, ok := l.err.(*source.Error) //nolint:errorlint // its own cause, and not that of another one
	if !ok || e.Err == nil {
		return l
	}
	own := *e
	l.err, own.Err = e.Err, l
	return &own
}

// awaitProbe waits until the server of the connection has the content: a node that does not have
// it yet takes a compare-and-set for a creation.
func (c *Client) awaitProbe(ctx context.Context, k Key, content string) error {
	for {
		item, err := c.Get(ctx, k.DataID, Group(k.Group))
		if err == nil && string(item.Content) == content {
			return nil
		}
		if err != nil && source.KindOf(err) != source.NotFound {
			return err
		}
		if !sleep(ctx, casReadEvery) {
			if errors.Is(ctx.Err(), context.Canceled) { // it says nothing about the server
				return ctx.Err()
			}
			e := NoResponse.failAs("probe", k.String(), "the server does not show what was published")
			e.Fix = "check the load of the server, and try again"
			return e
		}
	}
}

func errNoCompareAndSet(k Key, text string) error {
	e := NotSupported.failAs("probe", k.String(), text)
	e.Fix = "do not rely on a compare-and-set of this server: two publishers can overwrite each other's change; check its kind (r-nacos has no compare-and-set), its version and the plugin of its database"
	return e
}
