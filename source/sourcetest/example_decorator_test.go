package sourcetest_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// The code between the marks is shown in docs/writing-a-source.md, word for word.

// Replace is a decorator that replaces a text in the documents of another source.
type Replace struct {
	inner    source.Source
	from, to string
}

// NewReplace returns a source with the content of inner, in which from is replaced by to.
func NewReplace(inner source.Source, from, to string) *Replace {
	return &Replace{inner: inner, from: from, to: to}
}

// Name returns the name of the wrapped source.
func (r *Replace) Name() string { return r.inner.Name() }

// Unwrap returns the wrapped source, which may be an io.Closer or a source.Acknowledger.
func (r *Replace) Unwrap() source.Source { return r.inner }

// Describe says that the documents are not those of the origin. They are still trusted if those of
// the wrapped source are, because the program itself makes the change.
func (r *Replace) Describe() source.Description {
	d := source.DescriptionOf(r.inner)
	d.Identity += " with other text"
	d.Namespace, d.Group = "", ""         // no manifest lists the changed documents
	d.Sharable, d.Reusable = false, false // they concern each source by itself
	return d
}

// Next returns the content of the wrapped source, with the text replaced.
func (r *Replace) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	content, err := r.inner.Next(ctx, prev)
	if err != nil {
		return source.Content{}, err
	}
	content.Documents = slices.Clone(content.Documents) // the content of the wrapped source must not change
	for i := range content.Documents {
		d := &content.Documents[i]
		if d.Data != nil {
			d.Data = bytes.ReplaceAll(d.Data, []byte(r.from), []byte(r.to))
			d.Digest = "" // that of the origin was for the old data
		}
	}
	return content, nil
}

// The marks end here.

func TestReplace(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
		return (&origin{}).harness(func(o *origin) source.Source { return NewReplace(newGood(o), "nothing", "something") })
	})
}
