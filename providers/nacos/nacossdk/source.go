package nacossdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/source"
)

// configSource is one config as a layer.
type configSource struct {
	client *Client
	key    key
	opts   sourceOptions
	detect source.ChangeDetector // used by Next only, as is gave
	gave   source.Revision       // the last content that Next returned
	bad    error                 // why this source cannot work
	entry  *entry                // nil if bad is set

	once sync.Once
}

// provenSource is a source of a client that does not use its disk.
type provenSource struct{ *configSource }

var (
	_ source.Describer         = (*configSource)(nil)
	_ io.Closer                = (*configSource)(nil)
	_ source.FreshnessReporter = (*provenSource)(nil)
)

// VerifiedAt returns when the server last confirmed the content that Next has returned: the time of
// the request.
func (s *provenSource) VerifiedAt() time.Time {
	if s.entry == nil {
		return time.Time{}
	}
	s.entry.mu.Lock()
	defer s.entry.mu.Unlock()
	return s.entry.provenAt
}

// Describe returns what that of configSource does, and the interval at which the config is read, of
// [ReconcileEvery] or as the number of configs requires.
func (s *provenSource) Describe() source.Description {
	d := s.configSource.Describe()
	d.VerifyEvery = s.client.reconcile
	if s.entry != nil {
		d.VerifyEvery = s.entry.interval()
	}
	d.VerifyEvery += d.VerifyEvery / 10
	return d
}

// Name returns the data ID, or "PAYMENTS/orders.yaml" if the group is not the default group.
func (s *configSource) Name() string {
	if s.key.group != constant.DEFAULT_GROUP {
		return s.key.group + "/" + s.key.dataID
	}
	return s.key.dataID
}

// Describe returns the identity, "nacossdk:public/DEFAULT_GROUP/orders.yaml", the namespace
// ("public" for the public one), the group and the data ID.
func (s *configSource) Describe() source.Description {
	d := source.Description{Identity: s.identity(), Namespace: s.key.namespace, Group: s.key.group, Document: s.key.dataID}
	if d.Namespace == "" {
		d.Namespace = publicNamespace
	}
	return d
}

// Format writes the identity for every verb, so that fmt does not print the fields.
func (s *configSource) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.identity()) }

func (s *configSource) identity() string { return "nacossdk:" + s.key.String() }

// Next returns the config when it differs from prev; see [source.Source].
func (s *configSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		content, changed, err := s.look()
		if (err != nil || content.Revision != "") && s.detect.Changed(prev, content.Revision, err) {
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

// look returns what there is to report. A content that Next has not returned yet takes precedence
// over an error; otherwise an error takes precedence over the content. With neither, nothing is
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
		return source.Content{}, changed, fail(source.Closed, s.key, "the source is closed", "keep it open as long as it is in use")
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

// content returns the content of a state.
func (s *configSource) content(d *doc) (source.Content, error) {
	out := source.Document{Name: s.key.dataID, AllowUnknown: s.opts.allowUnknown, Location: s.key.String()}
	if d.absent {
		out.Absent = true
		out.AbsentErr = fail(source.NotFound, s.key, "config does not exist",
			"check data ID and group for a typo, and that the client's NamespaceId is an *id* and not a name; if the config may be missing, use nacre.AbsentOK()")
		return source.Content{Revision: "absent", Documents: []source.Document{out}}, nil
	}
	out.Format = s.opts.format
	if out.Format == "" {
		out.Format = source.FormatOf(s.key.dataID)
	}
	if out.Format == "" {
		return source.Content{}, &source.Error{
			Kind: source.InvalidArgument, Op: "read", Document: s.key.String(), Err: errors.New("the format is not known"),
			Fix: `give the data ID an extension (.yaml, .json, .toml, .properties, .env), or use nacossdk.Format("yaml")`,
		}
	}
	out.Data = []byte(d.content)
	return source.Content{Revision: source.Revision("md5:" + d.md5), Documents: []source.Document{out}}, nil
}

// Close ends the source: Next returns, and the client stops listening to the key unless another
// source has it. It waits at most 1 s for a call of the SDK that hangs, and may be called more than
// once.
func (s *configSource) Close() error {
	s.once.Do(func() {
		if s.entry != nil {
			hubs.give(s.entry, s)
		}
	})
	return nil
}
