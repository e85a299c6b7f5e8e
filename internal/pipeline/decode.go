package pipeline

import (
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/redact"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// DecodeRetryAfter is the time after which a content with a transient problem, such as a reference
// to a secret that does not exist yet, is decoded again.
const DecodeRetryAfter = 500 * time.Millisecond

// Layer is what it takes to decode the contents of a layer.
type Layer struct {
	// Name is unique in the config.
	Name string
	// Decoder says under which key the documents belong, and what they may contain.
	Decoder layer.Decoder
	// Policy returns which keys that no field has a document may have.
	Policy func(source.Document) layer.Policy
	// Resolvers resolve references in texts, by scheme. If there are none, references are plain
	// text.
	Resolvers map[string]Resolver
	// Embeddable has the schemes of references that may be part of any value.
	Embeddable map[string]bool
	// Decrypt decrypts the data of a document; nil for plaintext.
	Decrypt func(ctx context.Context, d source.Document) ([]byte, error)
	// Manifest marks the layer's document as a manifest. With ManifestKeys, one of them must have
	// signed it.
	Manifest     bool
	ManifestKeys []ed25519.PublicKey
	// Scope is the place of the layer's documents; zero if the source has none.
	Scope Scope

	documents documentCache // the last good ones
}

// Resolver returns the value of a reference.
type Resolver func(ctx context.Context, name string) (string, error)

// Decoder decodes contents. Its methods are safe for concurrent use.
type Decoder struct {
	// Layers are all layers of the config, lowest precedence first.
	Layers []*Layer
	// Redactor learns the secrets that decoding finds.
	Redactor *redact.Redactor
	// Calls is the context of calls of the service's code.
	Calls context.Context //nolint:containedctx // it lives as long as the decoder
	// Key is the key of the last known good copy, with which revisions are hidden; it may be empty.
	Key []byte
	// Service is the name of the config in the audience of a manifest.
	Service string
	// Whole makes each content be decoded without what is known of earlier ones.
	Whole atomic.Bool
}

// Decode returns what a content decodes to by a schema. It decodes the content if it has not done
// so, or if the content had a transient problem.
func (d *Decoder) Decode(s *schema.Schema, l *Layer, c *Content) *Decoded {
	last := c.Decoded()
	if last.Schema == s && !(last.transient && time.Since(last.At) > DecodeRetryAfter) {
		return last
	}
	r := &decoding{decoder: d, layer: l, content: c, whole: d.Whole.Load(), out: Decoded{Schema: s}}
	if !last.transient { // for another schema, and in the history, keep what resolvers returned
		r.out.Referred, r.plain = maps.Clone(last.Referred), last.plain
	}
	began := time.Now()
	if err := rescue.Do(func() error { r.run(); return nil }); err != nil {
		r.out = Decoded{Schema: s, Problems: source.Problems{Panicked(err, source.Position{Layer: l.Name, Document: FirstName(c), Revision: c.Shown()})}}
	}
	r.out.At = time.Now() // after the resolvers, so that a slow one is not called again at once
	r.out.Took = r.out.At.Sub(began)
	c.result.Store(&r.out)
	return &r.out
}

// DecodeWhole decodes a content without what is known of other contents. It calls no resolvers and
// decrypts nothing: references and data have the values that they have in known, a result of
// Decode. It stores nothing.
func (d *Decoder) DecodeWhole(l *Layer, c *Content, known *Decoded, s *schema.Schema) *Decoded {
	r := &decoding{decoder: d, layer: l, content: c, whole: true, plain: known.plain, out: Decoded{Schema: s, Referred: maps.Clone(known.Referred)}}
	r.run()
	return &r.out
}

// hasManifest reports whether any layer is a manifest.
func (d *Decoder) hasManifest() bool {
	return slices.ContainsFunc(d.Layers, func(l *Layer) bool { return l.Manifest })
}

// Panicked returns the problem for a panic in a step. It contains the stack of the panic and not
// its value.
func Panicked(err error, at source.Position) *source.Problem {
	where := &observe.PanicError{Text: "in a step"}
	if p, ok := err.(*rescue.Panic); ok { //nolint:errorlint // rescue returns it as it is
		where.Stack = p.Stack
	}
	return wording.Own("a step panicked while processing this content").On(&source.Problem{Kind: source.Unknown, Position: at, Err: where})
}

// decoding is one call of Decode.
type decoding struct {
	decoder *Decoder
	layer   *Layer
	content *Content
	whole   bool              // decode every document, whatever is known of it
	plain   map[string][]byte // decrypted documents that are known
	out     Decoded
}

// run verifies and decodes the content.
func (d *decoding) run() {
	for _, p := range wording.OwnAll(verify.Content(d.content.Content)) {
		p.Position.Layer = d.layer.Name
		d.out.Problems = append(d.out.Problems, p)
	}
	switch {
	case d.out.Problems != nil: // the syntax of a damaged content does not matter
	case d.layer.Manifest:
		d.readManifests()
		d.out.Problems = wording.OwnAll(d.out.Problems)
	default:
		d.decodeDocuments()
	}
	d.setShown()
	d.out.Notices.Release = d.out.release()
}

func (d *decoding) decodeDocuments() {
	if d.decoder.hasManifest() {
		d.content.DataSums()
	}
	for _, of := range d.content.Documents {
		if of.Selects {
			d.addLine(of.Name, releaseline.Read(of.Format, of.Data))
			continue
		}
		d.add(d.document(of))
	}
	if !d.whole {
		d.layer.documents.put(d.out.documents)
	}
	for _, found := range d.out.Referred {
		if !found.isDefault {
			d.out.Secrets = append(d.out.Secrets, found.Text)
		}
	}
	d.decoder.Redactor.AddContent(d.out.Secrets)
	d.hideSecretReleases()
	if d.out.transient {
		d.out.standalone = nil // its values are not those that the content will have
	}
}

// add adds a document to the result.
func (d *decoding) add(of *decodedDocument) {
	d.out.documents = append(d.out.documents, of)
	d.addLine(of.of.Name, of.line)
	d.out.Problems = append(d.out.Problems, of.problems...)
	d.out.standalone = append(d.out.standalone, of.standalone...)
	d.out.Secrets = append(d.out.Secrets, of.secrets...)
	d.out.transient = d.out.transient || of.transient
	if of.plain != nil {
		if d.out.plain == nil {
			d.out.plain = map[string][]byte{}
		}
		d.out.plain[of.of.Name] = of.plain
	}
	for _, root := range of.roots {
		d.out.Roots, d.out.Named = append(d.out.Roots, root.Root), append(d.out.Named, root)
	}
	n := &d.out.Notices
	n.Unused = append(n.Unused, copied(of.text.Unused)...)
	n.Deprecated = append(n.Deprecated, copied(of.text.Deprecated)...)
	n.Unresolved = append(n.Unresolved, of.unresolved...)
}

// copied returns copies of problems, whose positions the caller may change.
func copied(problems source.Problems) source.Problems {
	out := make(source.Problems, len(problems))
	for i, p := range problems {
		own := *p
		out[i] = &own
	}
	return out
}

// setShown sets the revision to show, and sets it in the positions of the problems and notices; the
// standalone problems are compared with those of the merged tree, which have none. A content whose
// documents have a secret, or that may have one because it was not decoded, does not show a
// revision that may be a digest of it.
func (d *decoding) setShown() {
	d.out.shown = d.content.Revision
	if slices.ContainsFunc(d.out.documents, func(of *decodedDocument) bool { return of.hides }) ||
		!d.layer.Manifest && slices.ContainsFunc(d.out.Problems, func(p *source.Problem) bool { return p.Kind != source.Unavailable }) {
		d.out.shown = keyedRevision(d.content.Revision, d.decoder.Key)
	}
	for _, p := range slices.Concat(d.out.Problems, d.out.Notices.Unused, d.out.Notices.Deprecated) {
		p.Position.Revision = d.out.shown
	}
}

// HasTransient reports whether a problem may disappear without a new content, such as a secret that
// does not exist yet.
func HasTransient(problems source.Problems) bool {
	return slices.ContainsFunc(problems, func(p *source.Problem) bool { return p.Kind == source.Unavailable })
}
