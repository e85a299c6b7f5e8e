package nacos

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// SourceOption is an option of [Client.Source]. Most other methods of a [Client] accept one too,
// for [Group].
type SourceOption interface {
	DeleteOption
	applySource(*sourceOptions)
}

type sourceOptions struct {
	group        string
	grouped      bool // by Group
	format       string
	allowUnknown bool
}

type sourceOption func(*sourceOptions)

func (o sourceOption) applySource(to *sourceOptions) { o(to) }

// Group sets the group of the config. Default: that of the client's [Config]. An empty name is an
// error, [InvalidName]: it comes from a variable that is not set, and does not mean the default.
func Group(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.group, o.grouped = name, true })
}

// Format sets the format ("yaml", "json", "toml", "properties", "dotenv", or "text" for a config
// under a key, see nacre.Under) of a config whose data ID has no extension, or a wrong one.
// Default: the extension, else the type that the publisher has set.
func Format(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.format = strings.ToLower(name) })
}

// AllowUnknown allows keys that match no field, for a config that several services share.
func AllowUnknown() SourceOption {
	return sourceOption(func(o *sourceOptions) { o.allowUnknown = true })
}

// configSource is one config as a layer. It implements [source.Source]. Call Next from one
// goroutine at a time; the other methods are safe for concurrent use.
type configSource struct {
	client *Client
	entry  *entry                // not in the table if bad is set
	fixed  string                // the format; "": by the type that the publisher has set
	detect source.ChangeDetector // used by Next only, as is gave
	gave   source.Revision       // the last content that Next returned
	typed  *typed                // for a source without a fixed format; used by Next only
	bad    error                 // why this source cannot work

	once         sync.Once
	allowUnknown bool
	optional     bool // the service starts without the config
}

var (
	_ source.FreshnessReporter = (*configSource)(nil)
	_ source.Acknowledger      = (*configSource)(nil)
	_ source.Describer         = (*configSource)(nil)
	_ source.Noter             = (*configSource)(nil)
	_ io.Closer                = (*configSource)(nil)
)

// Source returns the config with that data ID as a source. The client listens to it from now on,
// and reads it as soon as there is a connection. Next reports an invalid name. The source ends with
// its Close or with the client.
//
// The data ID may have variables, such as {{.Service}}-{{.Profile}}.yaml, with the values of
// [Config]: see route.Expand, and [Client.Routed] for a set of configs. A variable that is not set
// is an error.
func (c *Client) Source(dataID string, opts ...SourceOption) source.Source {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	dataID, unset := c.expand(dataID)
	if o.format == "" {
		o.format = source.FormatOf(dataID)
	}
	s := &configSource{client: c, fixed: o.format, allowUnknown: o.allowUnknown}
	k := c.key(dataID, o)
	if unset != nil {
		s.bad = errTemplate(k, unset)
	} else if problems := k.problems(); problems != nil {
		s.bad = errBadKey(k, problems)
	} else if !c.adopt(s, k) {
		s.bad = errClosed(k.String())
	}
	if s.bad != nil {
		s.entry = &entry{key: k}
	}
	return s
}

// expand replaces the variables in a data ID. With an error it returns the data ID as it is.
func (c *Client) expand(dataID string) (string, error) {
	if !route.IsTemplate(dataID) {
		return dataID, nil
	}
	text, err := route.Expand(dataID, c.settings.route)
	if err != nil {
		return dataID, err
	}
	return text, nil
}

// Name returns the data ID, or "PAYMENTS/orders.yaml" if the group is not that of the client.
func (s *configSource) Name() string {
	k := s.entry.key
	if k.Group != "" && k.Group != s.client.settings.group {
		return k.Group + "/" + k.DataID
	}
	return k.DataID
}

// Describe returns the identity, "nacos://10.0.0.1:8848/public/DEFAULT_GROUP/orders.yaml", the
// namespace ("public" for the public one), the group, the data ID, the interval of
// [ReconcileEvery], and the names of this instance; its ID is the one that routes use.
func (s *configSource) Describe() source.Description {
	t := s.client.session.timings
	d := source.Description{Identity: s.identity(), Namespace: s.entry.key.Namespace, Group: s.entry.key.Group, Document: s.entry.key.DataID, VerifyEvery: t.longestReconcile()}
	d.Service, d.ServiceVersion, d.InstanceID = s.client.settings.route.Service, s.client.settings.route.Version, s.client.settings.route.ID
	if d.Namespace == "" {
		d.Namespace = publicNamespace
	}
	return d
}

// Format writes "nacos://10.0.0.1:8848/public/DEFAULT_GROUP/orders.yaml", the identity, for every
// verb, so that fmt does not print the fields.
func (s *configSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.identity()) }

func (s *configSource) identity() string {
	return "nacos://" + s.client.settings.name() + "/" + s.entry.key.String()
}

// VerifiedAt returns when the server last confirmed the content that Next has returned, or is about
// to return: the time of the request, not of the answer. Zero: never.
func (s *configSource) VerifiedAt() time.Time {
	if s.bad != nil {
		return time.Time{}
	}
	return s.client.session.table.provenAt(s.entry)
}

// Notes says which server has had another content since when, if the session has found one; see
// [CompareServersEvery].
func (s *configSource) Notes() []string {
	if s.bad != nil {
		return nil
	}
	if d := s.client.session.table.differing(s.entry); d != nil {
		return []string{d.note(s.entry.key)}
	}
	return nil
}

// Ack records whether a content is live, and reports the live md5 to the server.
func (s *configSource) Ack(rev source.Revision, rejected error) {
	if s.bad != nil || rejected != nil {
		return
	}
	md5, isMD5 := strings.CutPrefix(string(rev), revisionMD5)
	if !isMD5 {
		md5 = ""
	}
	md5, _, _ = strings.Cut(md5, retyped)
	s.client.session.table.acknowledge(s.entry, s, md5)
}

// Next returns the config when it differs from prev; see [source.Source].
//
// A service may have thousands of goroutines in Next, and the stack that Next needs decides whether
// each has 2 KiB of it or 4, permanently. So Next has no large variables, calls nothing deep, and
// fills in its result in place.
func (s *configSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		d, changed, err := s.look()
		switch {
		case err != nil:
			if s.detect.Changed(prev, "", err) {
				return source.Content{}, err
			}
		case d != nil && s.detect.Changed(prev, s.revision(d), nil):
			s.gave = d.revision
			docs := make([]source.Document, 1)
			docs[0].Location = s.location()
			s.fill(&docs[0], d)
			return source.Content{Revision: s.revision(d), Documents: docs}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// look returns what there is to report. A content that Next has not returned yet takes precedence
// over an error; otherwise an error takes precedence over the content. With neither, nothing is
// known yet.
func (s *configSource) look() (*doc, <-chan struct{}, error) {
	if s.bad != nil {
		return nil, nil, s.bad
	}
	d, changed, open, err := s.client.session.table.look(s.entry, s)
	return d, changed, s.errorOf(d, open, err)
}

// errorOf returns the error of a state. It is separate from look, so that its memory for errors is
// not below the wait for the table's lock: see Next.
func (s *configSource) errorOf(d *doc, open bool, err error) error {
	switch {
	case !open:
		return errClosed(s.entry.key.String())
	case d == nil:
	case !d.absent && s.format(d) == "":
		return errUnknownFormat(s.entry.key, d.contentType)
	case d.revision != s.gave:
		return nil
	}
	return err
}

// location is separate since its buffer would be on the stack of Next while that waits.
//
//go:noinline
func (s *configSource) location() string { return s.entry.key.String() }

// fill fills in the document of a content.
func (s *configSource) fill(out *source.Document, d *doc) {
	out.Name, out.AllowUnknown, out.Optional, out.Absent = s.entry.key.DataID, s.allowUnknown, s.optional, d.absent
	if d.absent {
		out.AbsentErr = s.client.session.space.absent(s.entry.key)
		return
	}
	out.Format, out.Data, out.Modified = s.format(d), d.content, d.modified
	if d.declared {
		out.Digest = "md5:" + d.md5()
	}
}

// format returns the format of the options or of the data ID, else that of the type that the
// publisher has set.
func (s *configSource) format(d *doc) string {
	if s.fixed != "" {
		return s.fixed
	}
	return source.FormatOf("x." + d.contentType)
}

// typed is the format that a content had first.
type typed struct {
	revision source.Revision
	format   string
}

// retyped is what follows the md5 in the revision of a content that was published with another type
// later; the new format is the rest. The content as it was first has the md5 alone.
const retyped = ";"

// revision returns the revision of a document, which is another one if its format has changed.
//
//go:noinline
func (s *configSource) revision(d *doc) source.Revision {
	if s.fixed != "" || d.absent {
		return d.revision
	}
	format := s.format(d)
	if s.typed == nil || s.typed.revision != d.revision {
		s.typed = &typed{revision: d.revision, format: format}
	}
	if s.typed.format == format {
		return d.revision
	}
	return d.revision + retyped + source.Revision(format)
}

// Close ends the source: Next returns, and the client stops listening to the key unless another
// source has it.
func (s *configSource) Close() error {
	s.once.Do(func() {
		if s.bad == nil {
			s.client.disown(s)
			s.client.session.table.remove(s.entry, s)
		}
	})
	return nil
}
