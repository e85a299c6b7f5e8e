package fakesource

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Source is a source that does what a test says. It is both the origin and a source of it;
// [Source.Reader] returns more sources of the same origin. While it has no document and no error,
// Next blocks, as if the origin did not answer. Every change is atomic.
//
// It implements source.Acknowledger, source.Describer (with an Identity, and Reusable) and
// io.Closer. See [Source.Bare], [Source.AsFreshnessReporter] and [Source.AsLocal] for other
// abilities. After Close, it can be used again as if it were new.
type Source struct {
	*reader // the Source as a source
	name    string

	mu       sync.Mutex
	docs     []source.Document
	err      error
	readers  []*reader
	faults   faults
	identity string
	proven   time.Time
	receipts []Receipt
	reads    int
}

// Receipt is a call of Ack.
type Receipt struct {
	Revision source.Revision
	// Rejected is nil if the content is live.
	Rejected error
	At       time.Time
}

// New returns a source with that name and no document.
func New(name string) *Source {
	s := &Source{name: name, identity: "fake://" + name}
	s.reader = s.newReader()
	return s
}

// Put sets documents: each replaces the document with its name, or follows all others. The source
// copies Data; the caller must not change a Tree afterwards.
func (s *Source) Put(documents ...source.Document) {
	s.change(func() {
		for _, d := range documents {
			d.Data = slices.Clone(d.Data)
			s.place(d)
		}
	})
}

// PutYAML sets a YAML document that declares its SHA-256.
func (s *Source) PutYAML(name, text string) { s.Put(Text(name, source.FormatYAML, text)) }

// PutJSON sets a JSON document that declares its SHA-256.
func (s *Source) PutJSON(name, text string) { s.Put(Text(name, source.FormatJSON, text)) }

// PutTree sets a decoded document.
func (s *Source) PutTree(name string, tree map[string]any) {
	if tree == nil {
		tree = map[string]any{}
	}
	s.Put(source.Document{Name: name, Tree: maps.Clone(tree)})
}

// Text returns a document of text that declares its SHA-256.
func Text(name, format, text string) source.Document {
	sum := sha256.Sum256([]byte(text))
	return source.Document{
		Name: name, Format: format, Data: []byte(text),
		Digest: "sha256:" + hex.EncodeToString(sum[:]),
	}
}

// Delete makes documents absent.
func (s *Source) Delete(names ...string) {
	s.change(func() {
		for _, name := range names {
			s.place(source.Document{Name: name, Absent: true})
		}
	})
}

// Forget removes documents from the content: they are not even absent.
func (s *Source) Forget(names ...string) {
	s.change(func() {
		s.docs = slices.DeleteFunc(s.docs, func(d source.Document) bool { return slices.Contains(names, d.Name) })
	})
}

// Fail makes the origin fail with err until Heal. The documents may change meanwhile.
func (s *Source) Fail(err error) { s.change(func() { s.err = err }) }

// FailKind is Fail with a source.Error of that kind.
func (s *Source) FailKind(kind source.Kind) {
	s.Fail(&source.Error{Kind: kind, Op: "read", Document: s.name, Err: errScripted})
}

// Heal ends Fail.
func (s *Source) Heal() { s.change(func() { s.err = nil }) }

// Received returns the calls of Ack, in order.
func (s *Source) Received() []Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.receipts)
}

// Reads returns the number of reads of the origin.
func (s *Source) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Current returns the revision of the current content, without faults; the zero Revision if there
// is no document.
func (s *Source) Current() source.Revision {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.docs) == 0 {
		return ""
	}
	return s.contentLocked().Revision
}

// change runs f with mu held, and sends the wake-ups.
func (s *Source) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.sendLocked()
}

func (s *Source) place(d source.Document) {
	docs := slices.Clone(s.docs) // contents that were returned share the old ones
	if i := slices.IndexFunc(docs, func(old source.Document) bool { return old.Name == d.Name }); i >= 0 {
		docs[i] = d
	} else {
		docs = append(docs, d)
	}
	s.docs = docs
}

func (s *Source) contentLocked() source.Content {
	c := source.Content{Documents: slices.Clone(s.docs)}
	for i := range c.Documents {
		c.Documents[i].Data = slices.Clone(c.Documents[i].Data)
	}
	c.Revision = source.Revision(fingerprint(c)[:16])
	return c
}

// fingerprint is a checksum of the state of a content.
func fingerprint(c source.Content) string {
	h := sha256.New()
	for _, d := range c.Documents {
		_, _ = fmt.Fprintf(h, "%q %t %q %d:%s %#v %q\n", d.Name, d.Absent, d.Format, len(d.Data), d.Data, d.Tree, d.Note)
	}
	return hex.EncodeToString(h.Sum(nil))
}
