package engine

import (
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// decoded is what a content decodes to by one schema. It is immutable: decoding a content again,
// for another schema or after a transient problem, makes another one.
type decoded struct {
	schema *schema.Schema // nil if the content is not decoded yet
	// transient reports that a problem may disappear without a new content.
	transient  bool
	at         time.Time
	took       time.Duration
	documents  []*decodedDocument
	roots      []*tree.Node                // of the documents, lowest first
	named      []namedRoot                 // the same roots with their names
	referred   map[reference]referred      // values of the references
	plain      map[string][]byte           // decrypted documents; nil if there are none
	secrets    []string                    // the secret values
	manifest   *release                    // of a manifest layer
	lines      map[string]releaseline.Line // of the documents that have one, by name
	problems   source.Problems             // of decoding
	standalone source.Problems             // of binding each document by itself
	notices    notices
	shown      source.Revision // the revision as the engine shows it; empty if decoding panicked
}

// undecoded is what a content has before it is decoded.
var undecoded = &decoded{}

// namedRoot is a root with the name of its document. The further YAML documents of a document have
// names of their own.
type namedRoot struct {
	name     string
	document string
	root     *tree.Node
}

// decodedDocument is what one document decodes to. It is immutable, and does not depend on the
// revision of its content, so that contents that have the same document share it.
type decodedDocument struct {
	of         source.Document // as the source returned it
	schema     *schema.Schema
	text       layer.Decoded // before its references are resolved
	roots      []namedRoot
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
func (d *decoded) root(name string) *tree.Node {
	for _, of := range d.named {
		if of.name == name {
			return of.root
		}
	}
	return nil
}

// release returns the release that a content names: in a manifest, or in the lines of its documents
// if they agree.
func (d *decoded) release() string {
	if d.manifest != nil {
		return d.manifest.Release
	}
	release := ""
	for _, line := range d.lines {
		if release != "" && line.Release != release {
			return ""
		}
		release = line.Release
	}
	return release
}
