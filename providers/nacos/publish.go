package nacos

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nacre-go/nacre/source"
)

// MaxContent is the size in bytes of the largest content that a Nacos takes with its default settings.
const MaxContent = 10 << 20

// PublishOption says more about what is published. A [SourceOption] is one too, of which only [Group] means something.
type PublishOption interface{ applyPublish(*publishOptions) }

type publishOptions struct {
	sourceOptions
	md5      string
	addition map[string]string
}

type publishOption func(*publishOptions)

func (o publishOption) applyPublish(to *publishOptions) { o(to) }

func (o sourceOption) applyPublish(to *publishOptions) { o(&to.sourceOptions) }

// addition is a publishOption that sends a parameter; empty sends none.
func addition(name, value string) PublishOption {
	return publishOption(func(o *publishOptions) {
		if value != "" {
			o.addition[name] = value
		}
	})
}

// IfMD5 publishes only if the config still has that md5, and otherwise fails with kind Conflict. It holds for a config
// that is there: a server publishes a missing one whatever md5 is named.
func IfMD5(md5 string) PublishOption { return publishOption(func(o *publishOptions) { o.md5 = md5 }) }

// Type tells the server the content's type. Default: by the extension of the data ID, else "text".
func Type(name string) PublishOption { return addition("type", name) }

// App names the application that the config belongs to.
func App(name string) PublishOption { return addition("appName", name) }

// Tags marks the config with words that the console can search by.
func Tags(tags ...string) PublishOption { return addition("config_tags", strings.Join(tags, ",")) }

// Description says what the config is for.
func Description(text string) PublishOption { return addition("desc", text) }

// BetaIPs publishes beside the present content a second one, which only clients with these addresses get.
func BetaIPs(ips ...string) PublishOption { return addition("betaIps", strings.Join(ips, ",")) }

// GrayTag publishes beside the present content another one, which only clients with this tag get: those whose Config.Labels
// have it as [LabelTag]. There may be one for each tag.
func GrayTag(tag string) PublishOption { return addition("tag", tag) }

// Publish sets the content of a config. It returns when the server has stored it; reads and pushes see it about a tenth of a
// second later. It waits for a connection for as long as ctx allows, 5 s where it has no deadline (and a second more for
// each megabyte), and tries once: after
// an error of kind Unavailable or Timeout the content may have been published. A server takes any namespace, also one
// that does not exist.
func (c *Client) Publish(ctx context.Context, dataID string, content []byte, opts ...PublishOption) error {
	o := publishOptions{addition: map[string]string{}}
	for _, opt := range opts {
		opt.applyPublish(&o)
	}
	k := c.key(dataID, o.sourceOptions)
	if err := checkPublish(k, content); err != nil {
		return err
	}
	if o.addition["type"] == "" {
		o.addition["type"] = typeOf(dataID)
	}
	req := publishRequest{keyRequest: about(k), Content: string(content), CasMD5: o.md5, Addition: o.addition}
	return c.change(ctx, k, typePublish, req, time.Duration(len(content))*time.Microsecond)
}

// Delete removes a config. A server says the same when there is none. What was published for a tag or for addresses stays:
// see [Client.DeleteGray] and [Client.DeleteBeta].
func (c *Client) Delete(ctx context.Context, dataID string, opts ...SourceOption) error {
	return c.deleteGray(ctx, dataID, "", opts)
}

// DeleteGray removes what was published with [GrayTag] for this tag; clients with it get the config that all get.
func (c *Client) DeleteGray(ctx context.Context, dataID, tag string, opts ...SourceOption) error {
	if tag == "" {
		return InvalidName.failAs("delete", dataID, "the tag is empty")
	}
	return c.deleteGray(ctx, dataID, tag, opts)
}

func (c *Client) deleteGray(ctx context.Context, dataID, tag string, opts []SourceOption) error {
	k, err := c.named(dataID, opts)
	if err != nil {
		return err
	}
	return c.change(ctx, k, typeRemove, removeRequest{keyRequest: about(k), Tag: tag}, 0)
}

// DeleteBeta removes what was published with [BetaIPs]; those clients get the config that all get. It asks the HTTP
// interface, as [Client.History] does.
func (c *Client) DeleteBeta(ctx context.Context, dataID string, opts ...SourceOption) error {
	k, err := c.named(dataID, opts)
	if err != nil {
		return err
	}
	return c.on(ctx, 0, false, func(ctx context.Context, s *session, conn *conn) error {
		_, err := s.console(ctx, conn, k, "delete",
			call{method: http.MethodDelete, path: "/v1/cs/configs", query: with(about2(k), "beta", "true")},
			call{method: http.MethodDelete, path: "/v3/admin/cs/config/beta", query: about3(k)},
		)
		return err
	})
}

func (c *Client) change(ctx context.Context, k Key, typ string, body any, more time.Duration) error {
	return c.on(ctx, more, false, func(ctx context.Context, s *session, conn *conn) error {
		_, err := ask[reply](ctx, s, conn, s.timings.request+more, k.String(), typ, body)
		var refusal *codeError
		if errors.As(err, &refusal) && strings.Contains(strings.ToLower(refusal.Message), "cas publish fail") {
			return errConflict(k)
		}
		if err == nil {
			return nil
		}
		return s.explain(conn, k.String(), typ, err)
	})
}

func checkPublish(k Key, content []byte) error {
	switch problems := k.problems(); {
	case problems != nil:
		return errBadKey(k, problems)
	case len(bytes.TrimSpace(content)) == 0:
		return errBadContent(k, InvalidContent, "the content is empty", "delete the config instead: Nacos stores no empty one")
	case !utf8.Valid(content):
		return errBadContent(k, InvalidContent, "the content is not UTF-8", "encode it, in base64 for one: Nacos stores text")
	case len(content) > MaxContent:
		return errBadContent(k, TooLarge, "the content is over 10 MiB", "split it into several configs, or publish a reference to it")
	}
	return nil
}

func typeOf(dataID string) string {
	switch f := source.FormatOf(dataID); f {
	case source.FormatYAML, source.FormatJSON, source.FormatTOML, source.FormatProperties:
		return f
	}
	return "text"
}
