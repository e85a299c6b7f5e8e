package nacossdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// configSource is one config as a layer. It fulfils the contract of [source.Source]; Next is for
// one caller at a time, all other methods are safe for concurrent use.
type configSource struct {
	client *Client
	key    key
	opts   sourceOptions
	told   source.ChangeDetector // Next's own, as is gave
	gave   source.Revision       // the last content that Next returned
	bad    error                 // why this source can never work
	entry  *entry                // nil with bad

	once sync.Once
}

// provenSource is a Source of a client that does not use its disk.
type provenSource struct{ *configSource }

var (
	_ source.Describer         = (*configSource)(nil)
	_ io.Closer                = (*configSource)(nil)
	_ source.FreshnessReporter = (*provenSource)(nil)
)

// VerifiedAt returns when the server was asked whose answer last proved what Next returned last.
func (p *provenSource) VerifiedAt() time.Time {
	if p.entry == nil {
		return time.Time{}
	}
	p.entry.mu.Lock()
	defer p.entry.mu.Unlock()
	return p.entry.provenAt
}

// Name returns "nacos".
func (s *configSource) Name() string { return "nacos" }

// Describe returns the source's identity, which is that of String, its namespace ("public" for the
// public one) and its group.
func (s *configSource) Describe() source.Description {
	d := source.Description{Identity: s.String(), Namespace: s.key.namespace, Group: s.key.group}
	if d.Namespace == "" {
		d.Namespace = publicNamespace
	}
	return d
}

// String returns "nacossdk:public/DEFAULT_GROUP/orders.yaml".
func (s *configSource) String() string { return "nacossdk:" + s.key.String() }

// Format writes String for every verb and flag, so that nothing inside is printed by reflection.
func (s *configSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Next returns the config when it differs from prev; see [source.Source].
func (s *configSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		content, changed, err := s.look()
		if (err != nil || content.Revision != "") && s.told.Changed(prev, content.Revision, err) {
			if err != nil {
				return source.Content{}, err
			}
			s.gave = content.Revision
			return content, nil
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
func (s *configSource) look() (source.Content, <-chan struct{}, error) {
	if s.bad != nil {
		return source.Content{}, nil, s.bad
	}
	e := s.entry
	e.mu.Lock()
	open, d, err, changed := e.sources[s], e.doc, e.err, e.changed
	e.mu.Unlock()
	if !open {
		return source.Content{}, changed, fail(source.Closed, s.key, "the source is closed", "keep it open for as long as it is used")
	}
	if d == nil {
		return source.Content{}, changed, err
	}
	content, bad := s.content(d)
	if bad == nil && err != nil && content.Revision == s.gave {
		bad = err
	}
	return content, changed, bad
}

// content makes a content of a state.
func (s *configSource) content(d *doc) (source.Content, error) {
	out := source.Document{Name: s.key.dataID, AllowUnknown: s.opts.allowUnknown, Location: s.key.String()}
	if d.absent {
		if !s.opts.optional {
			return source.Content{}, fail(source.NotFound, s.key, "there is no such config",
				"check data ID and group for a slip, and that the client's NamespaceId is an *id* and not a name; if it may be missing, say nacossdk.AbsentOK()")
		}
		out.Absent = true
		return source.Content{Revision: "absent", Documents: []source.Document{out}}, nil
	}
	out.Format = s.opts.format
	if out.Format == "" {
		out.Format = source.FormatOf(s.key.dataID)
	}
	if out.Format == "" {
		return source.Content{}, &source.Error{
			Kind: source.InvalidArgument, Op: "read", Document: s.key.String(), Err: errors.New("its format is not known"),
			Fix: `name the data ID with an extension (.yaml, .json, .toml, .properties, .env), or say nacossdk.Format("yaml")`,
		}
	}
	out.Data = []byte(d.content)
	return source.Content{Revision: source.Revision("md5:" + d.md5), Documents: []source.Document{out}}, nil
}

// Close ends the source: Next returns, and the key is listened to no longer unless another source
// has it. It waits at most 1 s, where a call of the SDK hangs, and may be called more than once.
func (s *configSource) Close() error {
	s.once.Do(func() {
		if s.entry != nil {
			hubs.give(s.entry, s)
		}
	})
	return nil
}
