package nacos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/source"
)

// maxContent is the size in bytes of the largest content that a server accepts with its default
// settings.
const maxContent = 10 << 20

// PublishOption is an option of [Client.Publish].
type PublishOption interface{ applyPublish(*publishOptions) }

// DeleteOption is an option of [Client.Delete], and of [Client.Publish].
type DeleteOption interface {
	PublishOption
	applyDelete(*deleteOptions)
}

type publishOptions struct {
	sourceOptions
	md5      string
	addition map[string]string
	metadata *Metadata // by WithMetadata
	keep     bool      // by KeepMetadata
	line     bool      // by ReleaseLine
	release  string
}

type deleteOptions struct {
	sourceOptions
	tagged bool // by GrayTag
	tag    string
	beta   bool // by BetaIPs
}

type publishOption func(*publishOptions)

func (o publishOption) applyPublish(to *publishOptions) { o(to) }

// grayOption publishes a content for some clients, and deletes it.
type grayOption struct {
	publishOption
	delete func(*deleteOptions)
}

func (o grayOption) applyDelete(to *deleteOptions) { o.delete(to) }

func (o sourceOption) applyPublish(to *publishOptions) { o(&to.sourceOptions) }

func (o sourceOption) applyDelete(to *deleteOptions) { o(&to.sourceOptions) }

// addition is a publishOption that sends a parameter; empty sends none.
func addition(name, value string) publishOption {
	return func(o *publishOptions) {
		if value != "" {
			o.addition[name] = value
		}
	}
}

// IfMD5 publishes only if the config still has this md5; otherwise Publish fails with kind
// Conflict. It protects an existing config: a server publishes a missing one whatever the md5. It
// protects the content for all clients: a Nacos 2 ignores the md5 for those of [GrayTag] and
// [BetaIPs]. Other servers may ignore it altogether; [Client.ProbeIfMD5] finds out.
//
// A cluster that keeps its configs in its own database instead of MySQL shows all clients a content
// that it has refused, until the next publish of the config. Publish then publishes the stored
// content again, within the timeout of a request, and its error says so if it cannot.
func IfMD5(md5 string) PublishOption { return publishOption(func(o *publishOptions) { o.md5 = md5 }) }

// Type sets the content's type on the server. Default: by the extension of the data ID, else the
// type that the config has, else "text".
func Type(name string) PublishOption { return addition("type", name) }

// App sets the name of the application that the config belongs to.
func App(name string) PublishOption { return addition("appName", name) }

// Tags sets words by which the console can search for the config, in place of those that it has. A
// server accepts 5 tags of 64 characters each.
func Tags(tags ...string) PublishOption { return addition("config_tags", strings.Join(tags, ",")) }

// Description sets a text that says what the config is for. A server accepts 128 characters.
func Description(text string) PublishOption { return addition("desc", text) }

// Author sets who makes the change, for [HistoryEntry].User and [Metadata].User. Default: none. A
// server does not check the name: an author is a claim, not a proof.
func Author(name string) PublishOption { return addition("src_user", name) }

// BetaIPs publishes the content for the clients with these addresses only, in addition to the
// content for all others. As an option of Delete it removes that content, whatever the addresses;
// that request goes to the HTTP interface, as [Client.History] does.
func BetaIPs(ips ...string) DeleteOption {
	return grayOption{addition("betaIps", strings.Join(ips, ",")), func(o *deleteOptions) { o.beta = true }}
}

// GrayTag publishes the content for the clients with this tag only, in addition to the content for
// all others. A client has the tag if its [Config].Labels set "Vipserver-Tag" to it. A config may
// have one content for each tag. As an option of Delete it removes the content for the tag.
func GrayTag(tag string) DeleteOption {
	return grayOption{addition("tag", tag), func(o *deleteOptions) { o.tagged, o.tag = true, tag }}
}

// Publish sets the content of a config. It returns when the server has stored the content; reads
// and pushes see it about a tenth of a second later. It waits for a connection until ctx ends, or,
// if ctx has no deadline, for 5 s and a second more for each megabyte. It tries once: after an
// error of kind Unavailable or Timeout the content may or may not be published. A server accepts
// any namespace, even one that does not exist. [OnPublish] traces it.
//
// A publish replaces more than the content: a server clears the description, the use, the effect
// and the schema of the config unless the publish sends them again. [KeepMetadata] does that, and
// [WithMetadata] sets them. Without [App] or [Tags] a config keeps its application or its tags.
func (c *Client) Publish(ctx context.Context, dataID string, content []byte, opts ...PublishOption) error {
	o := publishOptions{addition: map[string]string{}}
	for _, opt := range opts {
		opt.applyPublish(&o)
	}
	k := c.key(dataID, o.sourceOptions)
	if err := checkPublish(k, content); err != nil {
		return err
	}
	format := ""
	if o.line {
		var err error
		if format, err = o.lineFormat(k); err != nil {
			return err
		}
	}
	if err := c.describe(ctx, k, &o); err != nil {
		return err
	}
	traceParent, done := c.beginPublish(ctx, k)
	if o.line {
		content = releaseline.Put(format, content, releaseline.Line{Release: o.release, TraceParent: traceParent})
	}
	err := c.publish(ctx, k, content, o)
	done(err)
	return err
}

func (c *Client) publish(ctx context.Context, k Key, content []byte, o publishOptions) error {
	if err := checkPublish(k, content); err != nil { // a release line may make it too large
		return err
	}
	req := publishRequest{keyRequest: about(k), Content: string(content), CasMD5: o.md5, Addition: o.addition}
	err := c.change(ctx, k, typePublish, req, time.Duration(len(content))*time.Microsecond)
	if errors.Is(err, TooLarge) {
		return errLargeRequest(k, len(content), req)
	}
	if o.md5 != "" && o.addition["tag"] == "" && o.addition["betaIps"] == "" && (errors.Is(err, PreconditionFailed) || errors.Is(err, ServerError)) {
		return c.undoRefused(ctx, k, sum(content), err)
	}
	return err
}

// Delete removes a config; deleting a missing one is not an error. Contents for a tag or for
// addresses stay: Delete with [GrayTag] or [BetaIPs] removes one of those instead, and its clients
// then get the content for all.
func (c *Client) Delete(ctx context.Context, dataID string, opts ...DeleteOption) error {
	var o deleteOptions
	for _, opt := range opts {
		opt.applyDelete(&o)
	}
	k := c.key(dataID, o.sourceOptions)
	switch problems := k.problems(); {
	case problems != nil:
		return errBadKey(k, problems)
	case o.tagged && o.beta:
		return InvalidName.failAs("delete", k.String(), "both a tag and addresses are given; delete their contents one by one")
	case o.tagged && o.tag == "":
		return InvalidName.failAs("delete", k.String(), "the tag is empty")
	case o.beta:
		return c.deleteBeta(ctx, k)
	}
	return c.remove(ctx, k, o.tag)
}

// remove deletes the content for a tag, or that for all clients without one.
func (c *Client) remove(ctx context.Context, k Key, tag string) error {
	if tag != "" {
		if is, err := c.state(ctx); err == nil && is.namesGrays() {
			tag = "tag_" + tag
		} else if err != nil && source.KindOf(err) != source.InvalidArgument { // else it does not tell
			return err
		}
	}
	return c.change(ctx, k, typeRemove, removeRequest{keyRequest: about(k), Tag: tag}, 0)
}

func (c *Client) deleteBeta(ctx context.Context, k Key) error {
	return c.on(ctx, 0, false, func(ctx context.Context, s *session, conn *conn) error {
		_, err := s.console(ctx, conn, k, "delete",
			call{method: http.MethodDelete, path: "/v1/cs/configs", query: with(about2(k), "beta", "true")},
			call{method: http.MethodDelete, path: "/v3/admin/cs/config/beta", query: about3(k)},
		)
		if err == nil || !s.speaks3.Load() {
			return err
		}
		// A Nacos 3 fails if there is none, as for any other reason.
		_, missing := s.console(ctx, conn, k, "read", call{method: http.MethodGet, path: "/v3/admin/cs/config/beta", query: about3(k)})
		if errors.Is(missing, ConfigNotFound) {
			return nil
		}
		return err
	})
}

func (c *Client) change(ctx context.Context, k Key, typ string, body any, more time.Duration) error {
	return c.on(ctx, more, false, func(ctx context.Context, s *session, conn *conn) error {
		_, err := ask[reply](ctx, s, conn, s.timings.request+more, k.String(), typ, body)
		var refusal *replyError
		switch {
		case !errors.As(err, &refusal):
		case changedSince(refusal.Message):
			return errPreconditionFailed(k)
		case typ == typeRemove && lacksGray(refusal.Message):
			return nil
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
	case len(content) > maxContent:
		return errBadContent(k, TooLarge, "the content is over 10 MiB", "split it into several configs, or publish a reference to it")
	}
	return nil
}

// errLargeRequest says which size would pass: a content is part of a JSON text, in which a quote or
// a line end has two bytes, and a control character six.
func errLargeRequest(k Key, content int, req publishRequest) error {
	m, err := encode(typePublish, req)
	if err != nil {
		return err
	}
	passes := max(content-(len(m.Body)-maxRequest)*content/len(m.Body)-1, 0)
	return errBadContent(k, TooLarge,
		fmt.Sprintf("the content has %d bytes, and %d as JSON in the request, of which a server accepts %d", content, len(m.Body), maxRequest),
		fmt.Sprintf("shorten it to about %d bytes, split it into several configs, or publish a reference to it", passes))
}

// changedSince reports whether a server refuses a compare-and-set: "Cas publish fail,server md5 may
// have changed.", or, since Nacos 3, "Cas publish gray config fail, server md5 may have changed.".
func changedSince(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "cas publish") && strings.Contains(message, "md5 may have changed")
}

// lacksGray reports whether a server could not delete a content for a tag because it has none. A
// Nacos 3.0.3 then answers with the text of its NullPointerException: 'Cannot invoke
// "…ConfigInfoGrayWrapper.getId()" because "oldConfigAllInfo4Gray" is null'.
func lacksGray(message string) bool {
	return strings.Contains(message, "ConfigInfoGrayWrapper") && strings.HasSuffix(message, "is null")
}

// typeOf returns the type of a data ID with an extension.
func typeOf(dataID string) string {
	switch f := source.FormatOf(dataID); f {
	case source.FormatYAML, source.FormatJSON, source.FormatTOML, source.FormatProperties:
		return f
	}
	return ""
}
