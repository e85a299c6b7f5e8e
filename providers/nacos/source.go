package nacos

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// SourceOption tells how to treat one config.
type SourceOption interface {
	DeleteOption
	applySource(*sourceOptions)
}

type sourceOptions struct {
	group        string
	grouped      bool // by Group
	format       string
	optional     bool
	allowUnknown bool
}

type sourceOption func(*sourceOptions)

func (o sourceOption) applySource(to *sourceOptions) { o(to) }

// Group names the config's group. Default: that of the client's Config, DEFAULT_GROUP where it
// names none. An empty name is an error, [InvalidName]: whoever names a group and has none (a
// variable that is not set) does not mean the default one.
func Group(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.group, o.grouped = name, true })
}

// Format tells the format ("yaml", "json", "toml", "properties", "dotenv") of a config whose data
// ID does not end with an extension, or with another. Default: the extension, else the type that
// the publisher gave.
func Format(name string) SourceOption {
	return sourceOption(func(o *sourceOptions) { o.format = strings.ToLower(name) })
}

// AbsentOK says that the config may be missing: that is then a state like another, and not an
// error.
func AbsentOK() SourceOption { return sourceOption(func(o *sourceOptions) { o.optional = true }) }

// AllowUnknown says that keys which no field has are a matter of course: for a config that several
// services share.
func AllowUnknown() SourceOption {
	return sourceOption(func(o *sourceOptions) { o.allowUnknown = true })
}

// Source is one config as a layer. It fulfils the contract of [source.Source]; Next is for one
// caller at a time, all other methods are safe for concurrent use.
type Source struct {
	client *Client
	entry  *entry                // its own, and in no table, with bad
	fixed  string                // the format's, "" by what the publisher gave
	told   source.ChangeDetector // Next's own, as is gave
	gave   source.Revision       // the last content that Next returned
	bad    error                 // why this source can never work

	once                   sync.Once
	optional, allowUnknown bool
}

var (
	_ source.FreshnessReporter = (*Source)(nil)
	_ source.Acknowledger      = (*Source)(nil)
	_ source.Describer         = (*Source)(nil)
	_ io.Closer                = (*Source)(nil)
)

// Source returns the config with that data ID as a source. From now on it is listened to, and read
// as soon as there is a connection. A name that cannot be is told by Next. The source ends with
// Close or with the client.
func (c *Client) Source(dataID string, opts ...SourceOption) *Source {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	if o.format == "" {
		o.format = source.FormatOf(dataID)
	}
	s := &Source{client: c, fixed: o.format, optional: o.optional, allowUnknown: o.allowUnknown}
	k := c.key(dataID, o)
	if problems := k.problems(); problems != nil {
		s.bad = errBadKey(k, problems)
	} else if !c.adopt(s, k) {
		s.bad = errClosed(k.String())
	}
	if s.bad != nil {
		s.entry = &entry{key: k}
	}
	return s
}

// Name returns "nacos".
func (s *Source) Name() string { return "nacos" }

// Describe returns the source's identity, which is that of String, its namespace ("public" for the
// public one) and its group.
func (s *Source) Describe() source.Description {
	d := source.Description{Identity: s.String(), Namespace: s.entry.key.Namespace, Group: s.entry.key.Group}
	if d.Namespace == "" {
		d.Namespace = publicNamespace
	}
	return d
}

// String returns "nacos://10.0.0.1:8848/public/DEFAULT_GROUP/orders.yaml".
func (s *Source) String() string {
	return "nacos://" + s.client.settings.name() + "/" + s.entry.key.String()
}

// Format writes String for every verb and flag, so that nothing inside is printed by reflection.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// VerifiedAt returns when the server's answer last proved that what Next returned last, or is about
// to return, is what it has: when it was asked, not when it answered. Zero: never.
func (s *Source) VerifiedAt() time.Time {
	if s.bad != nil {
		return time.Time{}
	}
	return s.client.session.table.provenAt(s.entry)
}

// Ack records what became of a content, and tells the server which md5 is live here.
func (s *Source) Ack(rev source.Revision, rejected error) {
	if s.bad != nil || rejected != nil {
		return
	}
	md5, isMD5 := strings.CutPrefix(string(rev), revisionMD5)
	if !isMD5 {
		md5 = ""
	}
	s.client.session.table.receive(s.entry, s, md5)
}

// Next returns the config when it differs from prev; see [source.Source].
//
// A service may have thousands of goroutines in Next, and what it needs of their stack decides
// whether each has 2 KiB of it or 4, for good: so nothing large stands in it, what it calls is not
// deep, and what is returned is filled in where it stays.
func (s *Source) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		d, changed, err := s.look()
		switch {
		case err != nil:
			if s.told.Changed(prev, "", err) {
				return source.Content{}, err
			}
		case d != nil && s.told.Changed(prev, d.revision, nil):
			s.gave = d.revision
			docs := make([]source.Document, 1)
			docs[0].Location = s.location()
			s.fill(&docs[0], d)
			return source.Content{Revision: d.revision, Documents: docs}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// look returns what there is to say. A content that was never returned goes before an error;
// otherwise an error goes before the content, in whose place it stands. With neither, nothing is
// known yet.
func (s *Source) look() (*doc, <-chan struct{}, error) {
	if s.bad != nil {
		return nil, nil, s.bad
	}
	d, changed, open, err := s.client.session.table.look(s.entry, s)
	return d, changed, s.judge(d, open, err)
}

// judge is the error that stands for a state. It is no part of look, so that its room for errors is
// not under the wait for the table's lock: see Next.
func (s *Source) judge(d *doc, open bool, err error) error {
	switch {
	case !open:
		return errClosed(s.entry.key.String())
	case d == nil:
	case d.absent && !s.optional:
		return s.client.session.space.absent(s.entry.key)
	case !d.absent && s.format(d) == "":
		return errUnknownFormat(s.entry.key)
	case d.revision != s.gave:
		return nil
	}
	return err
}

// location is by itself since its buffer would stand in Next while that waits.
//
//go:noinline
func (s *Source) location() string { return s.entry.key.String() }

// fill makes the document of a content.
func (s *Source) fill(out *source.Document, d *doc) {
	out.Name, out.AllowUnknown, out.Absent = s.entry.key.DataID, s.allowUnknown, d.absent
	if d.absent {
		return
	}
	out.Format, out.Data, out.Modified = s.format(d), d.content, d.modified
	if d.declared {
		out.Digest = "md5:" + d.md5()
	}
}

// format is that of the options or of the data ID, else what the publisher gave.
func (s *Source) format(d *doc) string {
	if s.fixed != "" {
		return s.fixed
	}
	return source.FormatOf("x." + d.contentType)
}

// Close ends the source: Next returns, and the key is listened to no longer unless another source
// has it.
func (s *Source) Close() error {
	s.once.Do(func() {
		if s.bad == nil {
			s.client.disown(s)
			s.client.session.table.remove(s.entry, s)
		}
	})
	return nil
}
