package release

import (
	"context"
	"errors"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/source"
)

// KeyChange is a key that differs. It has no value: a plan is shown to many.
type KeyChange struct {
	Key  string `json:"key"`
	Op   string `json:"op"`             // "added", "removed" or "changed"
	Line int    `json:"line,omitempty"` // in the new document, or in the old one for "removed"
}

// ProblemsOf returns what is wrong with a document that is to be published, with the lines of its
// file. A format without keys has no rules.
func ProblemsOf(ctx context.Context, dataID string, d repository.Document) source.Problems {
	_, err := document.Decode(ctx, dataID, d.Type, d.Content)
	if routing.Is(d) {
		_, err = routing.Parse(d)
	}
	if err == nil || errors.Is(err, document.ErrNoKeys) {
		return nil
	}
	all, ok := errors.AsType[source.Problems](err)
	if !ok {
		return source.Problems{{Kind: source.KindOf(err), Position: source.Position{Document: d.File}, Message: "cannot be decoded as the services do", Err: err}}
	}
	for _, p := range all {
		p.Position.Document, p.Position.Layer = d.File, ""
	}
	return all
}

// compareKeys returns the keys that differ, and what is lost; nil if the format has no keys or a
// text cannot be read.
func compareKeys(ctx context.Context, k Key, typ string, was, is []byte) ([]KeyChange, *document.Loss) {
	before, err := keysOf(ctx, k, typ, was)
	if err != nil {
		return nil, nil
	}
	after, err := keysOf(ctx, k, typ, is)
	if err != nil {
		return nil, nil
	}
	var all []KeyChange
	for _, c := range document.Compare(before, after) {
		line := c.New.Line
		if c.Op == document.Removed {
			line = c.Old.Line
		}
		all = append(all, KeyChange{Key: c.Path, Op: string(c.Op), Line: line})
	}
	loss := document.LossOf(before, after)
	if loss.Lost == 0 && loss.Retyped == nil && loss.Nulls == nil {
		return all, nil
	}
	return all, &loss
}

// keysOf returns the keys of a document. An absent one has none.
func keysOf(ctx context.Context, k Key, typ string, text []byte) (document.Keys, error) {
	if len(text) == 0 {
		return nil, nil
	}
	return document.Decode(ctx, k.DataID, typ, text)
}
