package koanf

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/knadh/koanf/v2"

	"github.com/nacre-go/nacre/source"
)

// koanfSource is the source that New returns. Name, Describe and Close are safe for concurrent use;
// Next is not, see source.Source.
type koanfSource struct {
	settings
	provider koanf.Provider
	parser   koanf.Parser

	told     source.ChangeDetector
	reading  *reading // nil if no read is in progress
	watch    *watch
	revision revisions
	closed   sync.Once
}

// New returns a source of what the provider holds, with one document. The parser may be nil; see
// the package comment. New reads nothing. The source is an io.Closer, which its config closes.
func New(provider koanf.Provider, parser koanf.Parser, opts ...Option) source.Source {
	s := &koanfSource{settings: defaults(), provider: provider, parser: parser, revision: newRevisions()}
	for _, o := range opts {
		if o != nil {
			o.apply(&s.settings)
		}
	}
	if s.document == "" {
		s.document = strings.TrimPrefix(fmt.Sprintf("%T", provider), "*")
	}
	if s.format == "" {
		s.format = formatOf(parser)
	}
	s.watch = newWatch(provider)
	return s
}

// formats are the parsers whose bytes nacre decodes itself, by the paths of their packages.
var formats = map[string]string{
	"github.com/knadh/koanf/parsers/yaml": source.FormatYAML,
	"github.com/knadh/koanf/parsers/json": source.FormatJSON,
	"github.com/knadh/koanf/parsers/toml": source.FormatTOML,
}

// formatOf uses the path of the parser's package, so that a program compiles only the parsers that
// it imports.
func formatOf(parser koanf.Parser) string {
	t := reflect.TypeOf(parser)
	if t == nil {
		return ""
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return formats[strings.TrimSuffix(t.PkgPath(), "/v2")]
}

// Name returns the name of the document.
func (s *koanfSource) Name() string { return s.document }

// Describe returns an identity: the provider's type and the document's name.
func (s *koanfSource) Describe() source.Description {
	provider := strings.TrimPrefix(fmt.Sprintf("%T", s.provider), "*")
	return source.Description{Identity: fmt.Sprintf("koanf:%s:%s", provider, s.document)}
}

// Next returns the document when it differs from what Next returned last; see source.Source.
func (s *koanfSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		d, err := s.read(ctx)
		if ctx.Err() != nil {
			return source.Content{}, ctx.Err()
		}
		if err == nil && !d.Absent && s.watch.begin(ctx, s.interval) {
			continue // subscribed: read again, because a change after the first read may have been missed
		}
		if err != nil {
			if s.told.Changed(prev, "", err) {
				return source.Content{}, err
			}
		} else if rev := s.revision.of(d); s.told.Changed(prev, rev, nil) {
			return source.Content{Revision: rev, Documents: []source.Document{d}}, nil
		}
		timer := time.NewTimer(s.interval)
		select {
		case <-s.watch.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return source.Content{}, ctx.Err()
		}
		timer.Stop()
	}
}

// Close ends the watch. It waits for the provider for two seconds at most, and returns a
// source.Error of kind Timeout if Unwatch does not return. More calls do nothing.
func (s *koanfSource) Close() error {
	var err error
	s.closed.Do(func() { err = s.watch.close(s.document) })
	return err
}

// revisions numbers the states of a document. It uses numbers, not checksums, because revisions are
// shown to people and the document may be a short secret.
type revisions struct {
	instance string
	n        int
	last     source.Document
}

func newRevisions() revisions { return revisions{instance: rand.Text()[:10]} }

func (r *revisions) of(d source.Document) source.Revision {
	same := r.n > 0 && r.last.Absent == d.Absent && (r.last.Tree == nil) == (d.Tree == nil) &&
		bytes.Equal(r.last.Data, d.Data) && reflect.DeepEqual(r.last.Tree, d.Tree)
	if !same {
		r.n++
		r.last = d
	}
	return source.Revision(r.instance + "-" + strconv.Itoa(r.n))
}

var (
	_ source.Source    = (*koanfSource)(nil)
	_ source.Describer = (*koanfSource)(nil)
)
