package source

import "context"

// Source returns the content of one layer.
//
// Next returns when the state differs from what it last returned. Until then it blocks; when ctx
// ends, it returns ctx.Err(), and the engine may call it again at once. prev is the revision of the
// content that the caller saw last; the zero Revision asks for the current content. Next must not
// return a content with the revision prev, except as the first result after an error, where it says
// that the error is over. After an error, the caller keeps the content that it had, and calls Next
// again after a back-off.
//
// The engine never calls Next concurrently with itself. Name may be called at any time and always
// returns the same short name: that of the document ("orders.yaml"), without the host, a credential
// or the path of a home folder. It is the name of the layer, unless the program gives it another
// one, and need not be unique. See the package comment for the whole contract.
type Source interface {
	Name() string
	Next(ctx context.Context, prev Revision) (Content, error)
}

// Revision identifies one content of one source. Different contents have different revisions; the
// only operation on revisions is a comparison for equality. The zero Revision is that of no
// content. Revisions are shown to people and stored, so a revision must not be computed from a
// short secret without a key.
type Revision string
