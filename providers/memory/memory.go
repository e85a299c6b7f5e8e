package memory

import (
	"bytes"
	"context"
	"crypto/rand"
	"reflect"
	"strconv"
	"sync"

	"github.com/nacre-go/nacre/internal/plaintree"
	"github.com/nacre-go/nacre/source"
)

// Source is a source with one document that a program sets. It is safe for concurrent use.
type Source struct {
	name     string
	instance string // makes revisions of this Source differ from those of any other

	mu      sync.Mutex
	n       int // counts the changes
	content source.Content
	changed chan struct{} // closed at the next change
}

// New returns a source whose document has that name and data; the data may be empty. The extension
// of the name decides the format, see source.FormatOf; without a known extension, the format is
// YAML. To begin without a document, call Remove before the source is used.
func New(name string, data []byte) *Source {
	s := &Source{name: name, instance: rand.Text()[:10], changed: make(chan struct{})}
	s.Set(data)
	return s
}

// Name returns the name of the document.
func (s *Source) Name() string { return s.name }

// Describe says that the document is local, and that the source may be a layer of several configs.
// The document is not trusted, because a program may set what another party has sent: in a config
// with a signed manifest, the document needs a signature, or the layer nacre.TrustUnsigned.
func (s *Source) Describe() source.Description {
	return source.Description{Local: true, Sharable: true}
}

// Set replaces the document by data in the format of its name. Without data, the document is empty,
// not absent.
func (s *Source) Set(data []byte) {
	format := source.FormatOf(s.name)
	if format == "" {
		format = source.FormatYAML
	}
	data = bytes.Clone(data)
	if data == nil {
		data = []byte{}
	}
	s.replace(source.Document{Name: s.name, Format: format, Data: data})
}

// SetTree replaces the document by a decoded one: maps, slices, strings, numbers, booleans, times
// and nil, of any depth. If the tree contains anything else, SetTree changes nothing and returns a
// source.Error of kind InvalidArgument, which names the path and the type, never a value.
func (s *Source) SetTree(tree map[string]any) error {
	plain, err := plaintree.Copy(tree)
	if err != nil {
		return &source.Error{Kind: source.InvalidArgument, Op: "set", Document: s.name, Err: err}
	}
	s.replace(source.Document{Name: s.name, Tree: plain})
	return nil
}

// Remove makes the document absent, which is not the same as empty: see nacre.DropWhenAbsent.
func (s *Source) Remove() {
	s.replace(source.Document{Name: s.name, Absent: true})
}

func (s *Source) replace(d source.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n > 0 && same(s.content.Documents[0], d) {
		return
	}
	s.n++
	// A number, not a checksum: revisions are shown to people, and the content may be a short
	// secret.
	s.content = source.Content{
		Revision:  source.Revision(s.instance + "-" + strconv.Itoa(s.n)),
		Documents: []source.Document{d},
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func same(a, b source.Document) bool {
	return a.Absent == b.Absent && (a.Tree == nil) == (b.Tree == nil) && bytes.Equal(a.Data, b.Data) && reflect.DeepEqual(a.Tree, b.Tree)
}

// Next returns the document when it differs from that of revision prev; see source.Source. It may
// be called concurrently with itself.
func (s *Source) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		s.mu.Lock()
		content, changed := s.content, s.changed
		s.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return source.Content{}, err
		}
		if content.Revision != prev {
			content.Documents = []source.Document{content.Documents[0]} // a slice of its own for the caller
			return content, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

var (
	_ source.Source    = (*Source)(nil)
	_ source.Describer = (*Source)(nil)
)
