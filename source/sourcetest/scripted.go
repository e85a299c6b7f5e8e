package sourcetest

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Scripted is a source that does what a test says. It is the origin and a source of it at once; [Scripted.Reader] makes
// further sources of the same origin. While it has no document and does not fail it has nothing to tell, and Next blocks,
// as with an origin that does not answer. Every change is one step: nobody sees half of it.
//
// It implements source.Acknowledger, source.Identifier, source.Reusable and io.Closer; see [Scripted.Bare], [Scripted.AsFreshnessReporter] and
// [Scripted.AsLocal] for other abilities. After Close it may be used again, as if it were new to its user. Safe for
// concurrent use, and at home in a bubble of testing/synctest if it was made there.
type Scripted struct {
	*reader // the source that the Scripted itself is
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

// Receipt is what became of a content, as the source was told.
type Receipt struct {
	Revision source.Revision
	// Rejected is nil where the content went live.
	Rejected error
	At       time.Time
}

// NewScripted returns a source with that name and nothing to tell yet.
func NewScripted(name string) *Scripted {
	s := &Scripted{name: name, identity: "scripted://" + name}
	s.reader = s.newReader()
	return s
}

// Put puts documents: each takes the place of the one with its name, or comes after all others. The source keeps its own
// copy of Data; a Tree must not be changed afterwards.
func (s *Scripted) Put(documents ...source.Document) {
	s.change(func() {
		for _, d := range documents {
			d.Data = slices.Clone(d.Data)
			s.place(d)
		}
	})
}

// PutYAML puts a YAML document that declares its SHA-256.
func (s *Scripted) PutYAML(name, text string) { s.Put(Text(name, source.FormatYAML, text)) }

// PutJSON puts a JSON document that declares its SHA-256.
func (s *Scripted) PutJSON(name, text string) { s.Put(Text(name, source.FormatJSON, text)) }

// PutTree puts a document that is decoded already.
func (s *Scripted) PutTree(name string, tree map[string]any) {
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
		Digest: source.Digest{Algorithm: source.SHA256, Hex: hex.EncodeToString(sum[:])},
	}
}

// Delete makes documents absent: the origin answers, and has them no more.
func (s *Scripted) Delete(names ...string) {
	s.change(func() {
		for _, name := range names {
			s.place(source.Document{Name: name, Absent: true})
		}
	})
}

// Forget takes documents out of the content: they are not even absent.
func (s *Scripted) Forget(names ...string) {
	s.change(func() {
		s.docs = slices.DeleteFunc(s.docs, func(d source.Document) bool { return slices.Contains(names, d.Name) })
	})
}

// Fail has the origin fail with err until Heal; the documents may change meanwhile.
func (s *Scripted) Fail(err error) { s.change(func() { s.err = err }) }

// FailKind is Fail with an error of that kind, which names a document and a cause as it should.
func (s *Scripted) FailKind(kind source.Kind) {
	s.Fail(&source.Error{Kind: kind, Op: "read", Document: s.name, Err: errScripted})
}

// Heal ends what Fail began.
func (s *Scripted) Heal() { s.change(func() { s.err = nil }) }

// Received returns what the source was told of its contents, in order.
func (s *Scripted) Received() []Receipt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.receipts)
}

// Reads returns how often the origin was read.
func (s *Scripted) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Current returns the revision of what is there now, without faults; the zero Revision while there is nothing to tell.
func (s *Scripted) Current() source.Revision {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.docs) == 0 {
		return ""
	}
	return s.contentLocked().Revision
}

// change changes the origin and sends the wake-ups.
func (s *Scripted) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.sendLocked()
}

func (s *Scripted) place(d source.Document) {
	docs := slices.Clone(s.docs) // contents that were returned share the old ones
	if i := slices.IndexFunc(docs, func(old source.Document) bool { return old.Name == d.Name }); i >= 0 {
		docs[i] = d
	} else {
		docs = append(docs, d)
	}
	s.docs = docs
}

// contentLocked must be called with mu held.
func (s *Scripted) contentLocked() source.Content {
	c := source.Content{Documents: slices.Clone(s.docs)}
	for i := range c.Documents {
		c.Documents[i].Data = slices.Clone(c.Documents[i].Data)
	}
	c.Revision = source.Revision(fingerprint(c)[:16])
	return c
}
