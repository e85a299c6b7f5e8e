package pipeline

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// Signed reports whether the layer is a manifest that must be signed.
func (l *Layer) Signed() bool { return len(l.ManifestKeys) > 0 }

// Release is the manifest in a layer's content. It is immutable.
type Release struct {
	*manifest.Manifest
	scope  Scope // of the manifest's source
	byName map[string][]*manifest.Document
}

func newRelease(m *manifest.Manifest, scope Scope) *Release {
	r := &Release{Manifest: m, scope: scope, byName: make(map[string][]*manifest.Document, len(m.Documents))}
	for i := range m.Documents {
		d := &m.Documents[i]
		r.byName[d.Name] = append(r.byName[d.Name], d)
	}
	return r
}

// Scope is the namespace and group of a source; both are empty if it has none.
type Scope struct{ Namespace, Group string }

// Find returns the entry for a document of a layer, or nil if the release does not list it. An
// entry without a namespace or group means that of the manifest. An entry without both also matches
// a document of a source without both.
func (r *Release) Find(l *Layer, document *source.Document) *manifest.Document {
	name, scope := l.place(document)
	for _, d := range r.byName[name] {
		if scope.Namespace == "" && scope.Group == "" {
			if d.Namespace == "" && d.Group == "" {
				return d
			}
			continue
		}
		if cmp.Or(d.Namespace, r.scope.Namespace) == scope.Namespace && cmp.Or(d.Group, r.scope.Group) == scope.Group {
			return d
		}
	}
	return nil
}

// place returns the scope of a document, and its name in it: a source whose documents have several
// scopes puts them in front of the names, so that each document of a content has its own.
func (l *Layer) place(d *source.Document) (name string, s Scope) {
	if d.Namespace == "" && d.Group == "" {
		return d.Name, l.Scope
	}
	s = Scope{cmp.Or(d.Namespace, l.Scope.Namespace), cmp.Or(d.Group, l.Scope.Group)}
	name = strings.TrimPrefix(d.Name, s.Namespace+"/")
	return strings.TrimPrefix(name, s.Group+"/"), s
}

// Mismatch returns why a document, with the digest of its data, is not the one that the release
// lists, or "". A digest covers bytes, so that a tree has none.
func (r *Release) Mismatch(d *source.Document, sum [sha256.Size]byte, listed *manifest.Document) (kind source.Kind, reason string) {
	switch {
	case d.Tree != nil:
		return source.PermissionDenied, "is listed in release " + r.Release + " but is a tree, which has no digest; use a source that returns bytes"
	case sum != listed.SHA256:
		return source.Corrupt, "is not the one of release " + r.Release
	case listed.Format != "" && listed.Format != d.Format:
		return source.Corrupt, fmt.Sprintf("has another format than %s, which release %s lists", listed.Format, r.Release)
	}
	return 0, ""
}

// Describe returns the place of a document of the release in words.
func (r *Release) Describe(d *manifest.Document) string {
	namespace, group := cmp.Or(d.Namespace, r.scope.Namespace), cmp.Or(d.Group, r.scope.Group)
	switch {
	case namespace == "" && group == "":
		return d.Name
	case d.Namespace == "" && d.Group == "":
		return fmt.Sprintf("%s (in namespace %s and group %s, or without either)", d.Name, namespace, group)
	}
	return fmt.Sprintf("%s (in namespace %s and group %s)", d.Name, namespace, group)
}

// readManifests parses the manifest in the content. If the manifest must be signed, readManifests
// verifies the signature before it parses anything.
func (d *decoding) readManifests() {
	l, out := d.layer, &d.out
	for _, of := range d.content.Documents {
		if of.Absent {
			continue
		}
		at := source.Position{Layer: l.Name, Document: of.Name}
		m, err := l.readManifest(of.Data)
		switch {
		case err != nil:
			out.Problems = append(out.Problems, manifestProblem(at, err))
		case out.Manifest != nil:
			out.Problems = append(out.Problems, &source.Problem{Kind: source.InvalidArgument, Position: at, Message: "layer has a second manifest; a manifest layer has one document"})
		case len(m.Audience) > 0 && !m.For(l.Scope.Namespace, l.Scope.Group, d.decoder.Service):
			out.Problems = append(out.Problems, &source.Problem{Kind: source.PermissionDenied, Position: at, Message: fmt.Sprintf(
				"release %s is not for this service: its audience does not include namespace %q, group %q, service %q", m.Release, l.Scope.Namespace, l.Scope.Group, d.decoder.Service)})
		default:
			out.Manifest = newRelease(m, l.Scope)
		}
	}
}

func (l *Layer) readManifest(data []byte) (*manifest.Manifest, error) {
	if !l.Signed() {
		return manifest.Parse(data)
	}
	return manifest.Verify(data, l.ManifestKeys[0], l.ManifestKeys[1:]...)
}

func manifestProblem(at source.Position, err error) *source.Problem {
	p := &source.Problem{Kind: source.Malformed, Position: at, Message: err.Error(), Err: err}
	if errors.Is(err, manifest.ErrUnsigned) || errors.Is(err, manifest.ErrSignature) {
		p.Kind = source.PermissionDenied
	}
	if syntax, ok := errors.AsType[*source.Problem](err); ok {
		p.Position.Line, p.Message = syntax.Position.Line, syntax.Message
	}
	return p
}
