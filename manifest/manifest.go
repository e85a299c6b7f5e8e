package manifest

import (
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Manifest is a release and its documents.
type Manifest struct {
	// Release is the name of the release.
	Release string
	// Sequence orders the signed releases: an instance rejects a release with a lower sequence than
	// the highest that it has accepted. It counts from 1; 0 means none, which only an unsigned
	// manifest may have.
	Sequence uint64
	// TraceParent identifies the span that publishes the release, in the form of version 00 of W3C
	// Trace Context; empty means none. Events name it, and it decides nothing. [Sign] rejects
	// another text; Parse and Verify ignore it, since a trace must not hold up a release.
	TraceParent string
	// Expires is the time after which no instance accepts the release; zero means never. An
	// instance that accepted it before keeps it, also after a restart, as long as its last known
	// good copy exists.
	Expires time.Time
	// Audience selects the instances for which the release is. A signed manifest needs at least one
	// entry.
	Audience []Audience
	// Documents are the documents of the release.
	Documents []Document

	digest         [sha256.Size]byte
	badTraceParent int // the line of one that was ignored; 0 for none
}

// Document is one document of a release.
type Document struct {
	// Name is the name of the document: a data ID, or the name of a file.
	Name string
	// Namespace and Group are those of the document. An empty one is that of the manifest. If both
	// are empty, the document may also be from a source that has neither.
	Namespace, Group string
	// Format is the format of the document, as in [source.Document]. A signed manifest needs it;
	// otherwise "" matches every format.
	Format string
	// SHA256 is the digest of the data of the document.
	SHA256 [sha256.Size]byte
}

// New returns a manifest of the documents with the given names and data. Their formats are those
// that the names declare.
func New(release string, documents map[string][]byte) *Manifest {
	m := &Manifest{Release: release}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		m.Add(Document{Name: name}, documents[name])
	}
	return m
}

// Add appends a document with the digest of data. If d has no format, it gets the one that its name
// declares.
func (m *Manifest) Add(d Document, data []byte) {
	d.SHA256 = sha256.Sum256(data)
	if d.Format == "" {
		d.Format = source.FormatOf(d.Name)
	}
	m.Documents = append(m.Documents, d)
}

// Digest returns the SHA-256 of the text from which the manifest was parsed, without the signature.
// Manifests with the same digest are the same. It is zero for a manifest that was not parsed.
func (m *Manifest) Digest() [sha256.Size]byte { return m.digest }
