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

// Client makes sources of a config client. Its methods are safe for concurrent use. It needs no closing: close its sources,
// and then the SDK's client, which stays its owner's.
type Client struct {
	sdk       config_client.IConfigClient
	settings  constant.ClientConfig
	reconcile time.Duration
}

// Option is an option of [New].
type Option interface{ apply(*Client) }

type option func(*Client)

func (o option) apply(to *Client) { o(to) }

// ReconcileEvery sets the time between two reads of a config, give or take a tenth: the bound of staleness when the SDK
// loses a change. Default 30 s; least 1 s. Where two clients of one SDK client differ, the shorter holds
// for the configs of both.
func ReconcileEvery(d time.Duration) Option {
	return option(func(c *Client) { c.reconcile = max(d, time.Second) })
}

// New returns a Client. It fails with kind InvalidArgument without a client.
func New(sdk config_client.IConfigClient, opts ...Option) (*Client, error) {
	if v := reflect.ValueOf(sdk); sdk == nil || v.Kind() == reflect.Pointer && v.IsNil() || !v.Comparable() {
		return nil, &source.Error{
			Kind: source.InvalidArgument, Op: "take over", Document: "the SDK's client", Err: errors.New("there is none"),
			Fix: "make one by clients.NewConfigClient, and give its pointer",
		}
	}
	c := &Client{sdk: sdk, reconcile: defaultReconcile}
	// What the SDK returns can be asked for its settings; a wrapper of a service's own may not, and is then taken for a client
	// of the public namespace that uses its disk.
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
	optional     bool
	allowUnknown bool
}

type sourceOption func(*sourceOptions)

func (o sourceOption) apply(to *sourceOptions) { o(to) }

// Group names the config's group. Default: DEFAULT_GROUP.
func Group(name string) SourceOption { return sourceOption(func(o *sourceOptions) { o.group = name }) }

// Format tells the format ("yaml", "json", "toml", "properties", "dotenv") of a config whose data ID does not end with an
// extension, or with another. Default: the extension.
func Format(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.format = strings.ToLower(name) })
}

// AbsentOK says that the config may be missing: that is then a state like another, and not an error.
func AbsentOK() SourceOption {
	return sourceOption(func(o *sourceOptions) { o.optional = true })
}

// AllowUnknown says that keys which no field has are a matter of course: for a config that several services share.
func AllowUnknown() SourceOption {
	return sourceOption(func(o *sourceOptions) { o.allowUnknown = true })
}

// Source returns the config with that data ID as a source, which is an [io.Closer] and a [source.Describer], and a
// [source.FreshnessReporter] if the SDK's client does not use its disk. From now on it is listened to and read. A name that
// cannot be is told by Next.
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
