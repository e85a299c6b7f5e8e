package engine

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/lastgood"
)

// accepted is what is remembered of the signed releases that were live, in this process or in those
// before it that kept a copy.
type accepted struct {
	sequence uint64            // the highest
	digest   [sha256.Size]byte // of the release that had it
	approved [sha256.Size]byte // of the one that an operator has approved although its sequence is not higher; zero for none
}

// accept remembers a release that is live from now on. It is called with mu held.
func (a *accepted) accept(f *layerState, c *layerContent) {
	if c == nil || c.manifest == nil || !f.signed() {
		return
	}
	switch digest := c.manifest.Digest(); {
	case c.manifest.Sequence > a.sequence:
		*a = accepted{sequence: c.manifest.Sequence, digest: digest}
	case digest != a.digest && c.released:
		a.approved = digest
	}
}

// kept is what is kept of it in the copy; nil for nothing.
func (a *accepted) kept() *lastgood.Accepted {
	if a.sequence == 0 {
		return nil
	}
	k := &lastgood.Accepted{Sequence: a.sequence, Digest: hex.EncodeToString(a.digest[:])}
	if a.approved != ([sha256.Size]byte{}) {
		k.Approved = hex.EncodeToString(a.approved[:])
	}
	return k
}

// acceptedBefore returns what is kept of it.
func acceptedBefore(kept *lastgood.Accepted) (a accepted) {
	if kept == nil {
		return a
	}
	a.sequence = kept.Sequence
	_, _ = hex.Decode(a.digest[:], clipped(kept.Digest))
	_, _ = hex.Decode(a.approved[:], clipped(kept.Approved))
	return a
}

// clipped is at most as much of a text as a digest has digits.
func clipped(text string) []byte { return []byte(text[:min(len(text), 2*sha256.Size)]) }
