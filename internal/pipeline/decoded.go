package pipeline

import (
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Decoded is what a content decodes to by one schema. It is immutable: decoding a content again,
// for another schema or after a transient problem, makes another one.
type Decoded struct {
	Schema *schema.Schema // nil if the content is not decoded yet
	// transient reports that a problem may disappear without a new content.
	transient  bool
	At         time.Time
	Took       time.Duration
	documents  []*decodedDocument
	Roots      []*tree.Node                // of the documents, lowest first
	Named      []NamedRoot                 // the same roots with their names
	Referred   map[Reference]Referred      // values of the references
	plain      map[string][]byte           // decrypted documents; nil if there are none
	Secrets    []string                    // the secret values
	Manifest   *Release                    // of a manifest layer
	Lines      map[string]releaseline.Line // of the documents that have one, by name
	Problems   source.Problems             // of decoding
	standalone source.Problems             // of binding each document by itself
	Notices    Notices
	shown      source.Revision // the revision as the engine shows it; empty if decoding panicked
}

// undecoded is what a content has before it is decoded.
var undecoded = &Decoded{}

// NamedRoot is a root with the name of its document. The further YAML documents of a document have
// names of their own.
type NamedRoot struct {
	Name     string
	Document string
	Root     *tree.Node
}

// decodedDocument is what one document decodes to. It is immutable, and does not depend on the
// revision of its content, so that contents that have the same document share it.
type decodedDocument struct {
	of         source.Document // as the source returned it
	schema     *schema.Schema
	text       layer.Decoded // before its references are resolved
	roots      []NamedRoot
	line       releaseline.Line
	plain      []byte // the decrypted data; nil if the layer does not decrypt
	secrets    []string
	hides      bool            // it has a value that must not be shown
	unresolved []string        // texts that may be references
	problems   source.Problems // of decoding
	standalone source.Problems // of binding the document by itself
	transient  bool
}

// root returns the root of a document, or nil if there is none.
func (d *Decoded) root(name string) *tree.Node {
	for _, of := range d.Named {
		if of.Name == name {
			return of.Root
		}
	}
	return nil
}

// release returns the release that a content names: in a manifest, or in the lines of its documents
// if they agree.
func (d *Decoded) release() string {
	if d.Manifest != nil {
		return d.Manifest.Release
	}
	release := ""
	for _, line := range d.Lines {
		if release != "" && line.Release != release {
			return ""
		}
		release = line.Release
	}
	return release
}
