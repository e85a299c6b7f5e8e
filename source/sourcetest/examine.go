package sourcetest

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

var formats = []string{
	source.FormatYAML, source.FormatJSON, source.FormatTOML, source.FormatDotenv, source.FormatProperties, source.FormatText, formatEnviron,
}

// examine checks what Next returned: every content and every error of every case.
func (p *probe) examine(a *call) {
	switch {
	case a.panicked != nil:
		p.fail(6, "Next panicked: %v", a.panicked)
	case a.err != nil:
		p.examineError(a)
		return
	}
	if a.ctx.Err() != nil && a.content.Revision == "" && a.content.Documents == nil {
		p.fail(6, "Next returned neither a content nor ctx.Err() when its context ended")
	}
	c, erred := a.content, p.err != nil
	p.err = nil
	if c.Revision == "" {
		p.fail(5, "a content has the zero revision, which is that of no content")
	}
	if len(c.Documents) == 0 {
		p.fail(3, "a content has no document; a missing document has Absent set")
	}
	if strings.Contains(string(c.Revision), canary) {
		p.report(7, "the revision contains a value of the document")
	}
	var names []string
	for _, d := range c.Documents {
		if slices.Contains(names, d.Name) {
			p.report(8, "two documents of a content are called %q", d.Name)
		}
		names = append(names, d.Name)
		p.examineDocument(d)
	}
	print := fingerprint(c)
	if old, ok := p.revs[c.Revision]; ok && old != print {
		p.fail(5, "two contents that differ have the same revision")
	}
	p.revs[c.Revision] = print
	if c.Revision == a.prev && !erred {
		p.fail(2, "Next returned a content with the revision prev")
	}
	p.kept = append(p.kept, kept{c, print})
	n, err := number(c)
	if err != nil {
		p.fail(4, "Next returned a content that is not whole: %v", err)
	}
	p.rev, p.at = c.Revision, n
}

func (p *probe) examineDocument(d source.Document) {
	if d.Name == "" {
		p.report(8, "a document has no name")
	}
	if strings.Contains(d.Name+d.Location, canary) {
		p.report(7, "the name or location of a document contains a value of the document")
	}
	switch {
	case d.Absent && (d.Data != nil || d.Tree != nil):
		p.report(3, "an absent document has data or a tree")
	case d.Absent && d.AbsentErr != nil && strings.Contains(d.AbsentErr.Error(), canary):
		p.report(7, "the error of an absent document contains a value of the document")
	case d.Absent:
	case d.AbsentErr != nil:
		p.report(3, "a document that exists has an error that says why it is absent")
	case d.Tree != nil && (d.Data != nil || d.Format != ""):
		p.report(8, "a document has both a tree and data")
	case d.Tree != nil:
		if at := foreign(d.Tree); at != "" {
			p.report(8, "the tree of a document contains a %s, which a tree cannot hold", at)
		}
	case !slices.Contains(formats, d.Format):
		p.fail(8, "a document's format is %q, which the engine does not know", d.Format)
	}
	if d.Absent || d.Digest == "" {
		return
	}
	var want string
	algorithm, declared, _ := strings.Cut(d.Digest, ":")
	switch algorithm {
	case "md5":
		sum := md5.Sum(d.Data)
		want = hex.EncodeToString(sum[:])
	case "sha256":
		sum := sha256.Sum256(d.Data)
		want = hex.EncodeToString(sum[:])
	default:
		p.report(8, "a digest's algorithm is %q, which the engine does not know", algorithm)
		return
	}
	if declared != want {
		p.report(8, "the digest of a document does not match its data")
	}
}

// foreign returns the type of the first value that source.Document.Tree does not allow, or "".
func foreign(v any) string {
	switch v := v.(type) {
	case nil, string, source.Text, bool, float32, float64, time.Time,
		int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
	case map[string]any:
		for _, child := range v {
			if at := foreign(child); at != "" {
				return at
			}
		}
	case []any:
		for _, child := range v {
			if at := foreign(child); at != "" {
				return at
			}
		}
	default:
		return fmt.Sprintf("%T", v)
	}
	return ""
}

// examineError checks an error; that of the context only if the context has ended.
func (p *probe) examineError(a *call) {
	err := a.err
	if ctxErr := a.ctx.Err(); ctxErr != nil {
		if errors.Is(err, ctxErr) && err != ctxErr { //nolint:errorlint // the contract says ctx.Err() itself
			p.report(6, "Next returned an error that wraps ctx.Err(), not ctx.Err() itself")
		}
		if errors.Is(err, ctxErr) {
			return
		}
	} else if errors.Is(err, context.Canceled) {
		p.report(6, "Next returned an error of its context, which had not ended")
		return
	}
	p.err = err
	if strings.Contains(err.Error(), canary) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), canary) {
		p.report(7, "an error contains a value of the document")
	}
	if source.KindOf(err) == source.Unknown {
		p.report(7, "an error of type %T has the kind Unknown", err)
	}
	var named string
	if e, ok := errors.AsType[*source.Error](err); ok {
		named = e.Document
	}
	if named == "" && !p.namesDocument(err.Error()) {
		p.report(7, "an error of kind %q names no document", source.KindOf(err))
	}
	if a.content.Revision != "" || a.content.Documents != nil {
		p.report(2, "Next returned both an error and a content")
	}
}

// namesDocument reports whether a text contains the name of a document that the source has
// returned.
func (p *probe) namesDocument(text string) bool {
	for _, other := range p.probes {
		for _, k := range other.kept {
			for _, d := range k.content.Documents {
				if d.Name != "" && strings.Contains(text, d.Name) {
					return true
				}
			}
		}
	}
	return false
}

// fingerprint returns a checksum of the state of a content.
func fingerprint(c source.Content) string {
	h := sha256.New()
	for _, d := range c.Documents {
		_, _ = fmt.Fprintf(h, "%q %t %q %d:%s %#v\n", d.Name, d.Absent, d.Format, len(d.Data), d.Data, d.Tree)
	}
	return hex.EncodeToString(h.Sum(nil))
}
