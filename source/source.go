package source

import "context"

// Source yields the content of one layer.
//
// Next returns once the state differs from what it last returned; prev is the revision of the
// content that the caller saw last, and the zero Revision asks for whatever is there now. Otherwise
// it blocks until ctx is done and returns ctx.Err(). It must not return content with revision prev,
// except as the first result after an error: then it says that the trouble is over. An error leaves
// the caller with what it had; a source that fails goes on being called, with a back-off that the
// caller owns.
//
// Next is never called concurrently with itself. Name may be called at any time, returns the same
// short word always ("file", "nacos"), and needs not be unique. See the package comment for the
// whole contract.
type Source interface {
	Name() string
	Next(ctx context.Context, prev Revision) (Content, error)
}

// Revision names one content of one source. Two contents that differ have different revisions;
// equality is all that may be asked of it. The zero Revision is no content at all. It may be shown
// to people and stored, so that it must not be computed from a low-entropy secret without a key.
type Revision string
