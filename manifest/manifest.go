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
	// Sequence orders the signed releases: an instance refuses one below the highest that it has
	// accepted. From 1 on; 0 is none, which only a manifest without a signature may have.
	Sequence uint64
	// Expires is the moment after which no instance accepts the release any more; zero for never.
	// An instance that has accepted it before keeps it, also over restarts, as long as its last
	// good copy is there.
	Expires time.Time
	// Audience is for whom the release is. A signed manifest needs at least one entry.
	Audience []Audience
	// Documents are the documents of the release.
	Documents []Document

	digest [sha256.Size]byte
}

// Document is one document of a release.
type Document struct {
	// Name is the name of the document: its data ID, or the name of the file.
	Name string
	// Namespace and Group are where it is. An empty one is that of the manifest; both empty also
	// mean a document of that name from a source that has neither.
	Namespace, Group string
	// Format is how its data is decoded, as in [source.Document]. A signed manifest needs it; in
	// another one, "" is any.
	Format string
	// SHA256 is the digest of its data.
	SHA256 [sha256.Size]byte
}

// New returns a manifest of documents, by their names, with the formats that the names declare.
func New(release string, documents map[string][]byte) *Manifest {
	m := &Manifest{Release: release}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		m.Add(Document{Name: name}, documents[name])
	}
	return m
}

// Add adds a document with the digest of data and, where d has no format, the format that its name
// declares.
func (m *Manifest) Add(d Document, data []byte) {
	d.SHA256 = sha256.Sum256(data)
	if d.Format == "" {
		d.Format = source.FormatOf(d.Name)
	}
	m.Documents = append(m.Documents, d)
}

// Digest returns the SHA-256 of the text that the manifest was read from, without the signature:
// two manifests with the same digest say the same. It is zero for a manifest that was not read.
func (m *Manifest) Digest() [sha256.Size]byte { return m.digest }
