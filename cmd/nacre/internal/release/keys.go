package release

import (
	"context"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
)

// KeyChange is a key that differs. It has no value: a plan is shown to many.
type KeyChange struct {
	Key  string `json:"key"`
	Op   string `json:"op"`             // "added", "removed" or "changed"
	Line int    `json:"line,omitempty"` // in the new document, or in the old one for "removed"
}

// compareKeys returns the keys that differ, or nil if the format has no keys or a text cannot be
// read.
func compareKeys(ctx context.Context, k Key, typ string, was, is []byte) []KeyChange {
	before, err := keysOf(ctx, k, typ, was)
	if err != nil {
		return nil
	}
	after, err := keysOf(ctx, k, typ, is)
	if err != nil {
		return nil
	}
	var all []KeyChange
	for _, c := range document.Compare(before, after) {
		line := c.New.Line
		if c.Op == document.Removed {
			line = c.Old.Line
		}
		all = append(all, KeyChange{Key: c.Path, Op: string(c.Op), Line: line})
	}
	return all
}

// keysOf returns the keys of a document. An absent one has none.
func keysOf(ctx context.Context, k Key, typ string, text []byte) (document.Keys, error) {
	if len(text) == 0 {
		return nil, nil
	}
	return document.Decode(ctx, k.DataID, typ, text)
}
