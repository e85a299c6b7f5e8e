package checkmain

import (
	"context"

	"github.com/nacre-go/nacre/source"
)

// document is a source whose content never changes.
type document struct{ content source.Content }

func newDocument(l Layer) source.Source {
	format := l.Format
	if format == "" {
		format = source.FormatOf(l.Document)
	}
	data := l.Content
	if data == nil {
		data = []byte{}
	}
	return document{source.Content{
		Revision:  "1",
		Documents: []source.Document{{Name: l.Document, Format: format, Data: data}},
	}}
}

// Name returns the name of the document.
func (d document) Name() string { return d.content.Documents[0].Name }

// Describe says that the document is local, so that keys that no field has are errors, and that its
// content is trusted: a signature is checked with the manifest, not here.
func (document) Describe() source.Description {
	return source.Description{Local: true, Trusted: true}
}

// Next returns the document at once, and then blocks.
func (d document) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if prev == d.content.Revision {
		<-ctx.Done()
		return source.Content{}, ctx.Err()
	}
	return d.content, nil
}
