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

// Source is a source with one document that a program sets. Safe for concurrent use.
type Source struct {
	name     string
	instance string // makes revisions of this Source differ from those of any other

	mu      sync.Mutex
	n       int // counts the changes
	content source.Content
	changed chan struct{} // closed at the next change
}

// New returns a source whose document has that name and that data, which may be empty. The name's extension tells the
// format, see source.FormatOf; any other name is YAML. For a document that is not there yet, call Remove before the source
// is used.
func New(name string, data []byte) *Source {
	s := &Source{name: name, instance: rand.Text()[:10], changed: make(chan struct{})}
	s.Set(data)
	return s
}

// Name returns "memory".
func (s *Source) Name() string { return "memory" }

// Describe says that the document is local, and that the source may be a layer of several configs. It
// does not say that the document is trusted, because a program may set what somebody has sent: in a
// config with a signed manifest, the document needs a signature, or the layer nacre.TrustUnsigned.
func (s *Source) Describe() source.Description {
	return source.Description{Local: true, Sharable: true}
}

// Set replaces the document by data in the format that its name declares. No data are an empty document, not an absent
// one.
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

// SetTree replaces the document by a decoded one, of what plaintree.Copy takes: maps, slices, strings, numbers, booleans,
// times and nil, of any depth. It returns a source.Error of kind InvalidArgument, and changes nothing, if the tree holds anything
// else; the error names the path and the type, never a value.
func (s *Source) SetTree(tree map[string]any) error {
	plain, err := plaintree.Copy(tree)
	if err != nil {
		return &source.Error{Kind: source.InvalidArgument, Op: "set", Document: s.name, Err: err}
	}
	s.replace(source.Document{Name: s.name, Tree: plain})
	return nil
}

// Remove makes the document absent, which is not an empty document: see nacre.DropWhenAbsent for what becomes of it.
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
	// A number and not a checksum: a revision is shown to people, and the content may be a short secret.
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

// Next is source.Source's. It may be called concurrently with itself.
func (s *Source) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		s.mu.Lock()
		content, changed := s.content, s.changed
		s.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return source.Content{}, err
		}
		if content.Revision != prev {
			content.Documents = []source.Document{content.Documents[0]} // the caller's own
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
