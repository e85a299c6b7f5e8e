package nacossdk

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/source"
)

const defaultReconcile = 30 * time.Second

// Client makes sources of the SDK's client. Its methods are safe for concurrent use. It needs no
// Close: close its sources, and then the SDK's client, which the caller owns.
type Client struct {
	sdk       config_client.IConfigClient
	settings  constant.ClientConfig
	reconcile time.Duration
}

// Option is an option of [New].
type Option interface{ apply(*Client) }

type option func(*Client)

func (o option) apply(to *Client) { o(to) }

// ReconcileEvery sets the interval at which each config is read, give or take a tenth. It bounds
// the delay of a change that the SDK loses. Default 30 s; minimum 1 s, maximum one day. If two
// clients of one SDK client differ, the shorter interval applies to the configs of both.
//
// All configs of an SDK client together are read at most 20 times a second, apart from those that
// have changed: beyond 600 configs the interval is longer than 30 s, and 3000 configs are read
// every 150 s. Package nacos compares as many in one request.
func ReconcileEvery(d time.Duration) Option {
	return option(func(c *Client) { c.reconcile = min(max(d, time.Second), 24*time.Hour) })
}

// New returns a Client. It fails with kind InvalidArgument if there is no SDK client.
func New(sdk config_client.IConfigClient, opts ...Option) (*Client, error) {
	if v := reflect.ValueOf(sdk); sdk == nil || v.Kind() == reflect.Pointer && v.IsNil() || !v.Comparable() {
		return nil, &source.Error{
			Kind: source.InvalidArgument, Op: "use", Document: "the SDK's client", Err: errors.New("there is no client"),
			Fix: "create one with clients.NewConfigClient, and pass its pointer",
		}
	}
	c := &Client{sdk: sdk, reconcile: defaultReconcile}
	// The SDK's own client returns its settings; a wrapper may not, and then counts as a client of
	// the public namespace that uses its disk.
	if s, ok := sdk.(interface {
		GetClientConfig() (constant.ClientConfig, error)
	}); ok {
		if settings, err := s.GetClientConfig(); err == nil {
			c.settings = settings
		}
	}
	for _, opt := range opts {
		opt.apply(c)
	}
	return c, nil
}

// SourceOption is an option of [Client.Source].
type SourceOption interface{ apply(*sourceOptions) }

type sourceOptions struct {
	group        string
	format       string
	allowUnknown bool
}

type sourceOption func(*sourceOptions)

func (o sourceOption) apply(to *sourceOptions) { o(to) }

// Group sets the group of the config. Default: DEFAULT_GROUP.
func Group(name string) SourceOption { return sourceOption(func(o *sourceOptions) { o.group = name }) }

// Format sets the format ("yaml", "json", "toml", "properties", "dotenv") of a config whose data ID
// has no extension, or a wrong one. Default: the extension.
func Format(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.format = strings.ToLower(name) })
}

// AllowUnknown allows keys that match no field, for a config that several services share.
func AllowUnknown() SourceOption {
	return sourceOption(func(o *sourceOptions) { o.allowUnknown = true })
}

// Source returns the config with that data ID as a source, which is an [io.Closer] and a
// [source.Describer], and a [source.FreshnessReporter] if the SDK's client does not use its disk.
// The client listens to it and reads it from now on. Next reports an invalid name.
func (c *Client) Source(dataID string, opts ...SourceOption) source.Source {
	s := &configSource{client: c, opts: sourceOptions{group: constant.DEFAULT_GROUP}}
	for _, opt := range opts {
		opt.apply(&s.opts)
	}
	s.key = key{namespace: c.settings.NamespaceId, group: s.opts.group, dataID: dataID}
	if s.bad = s.key.check(); s.bad == nil {
		s.entry = hubs.take(c.sdk, s.key, s, c.reconcile)
	}
	if c.settings.DisableUseSnapShot {
		return &provenSource{s}
	}
	return s
}

// Format writes "nacossdk client" for every verb: the SDK's settings contain a password.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "nacossdk client") }
