package engine

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/internal/pipeline"
)

// accepted records the signed releases that were live in this process, and in earlier processes
// that saved a copy.
type accepted struct {
	sequence uint64            // the highest sequence number
	digest   [sha256.Size]byte // of the release with that sequence number
	approved [sha256.Size]byte // of the release that an operator approved despite its sequence number; zero for none
}

// recordLocked records the release in a content that becomes live. The caller must hold Engine.mu.
func (a *accepted) recordLocked(l *layerState, c *pipeline.Content) {
	if c == nil || c.Decoded().Manifest == nil || !l.decode.Signed() {
		return
	}
	m := c.Decoded().Manifest
	switch digest := m.Digest(); {
	case m.Sequence > a.sequence:
		*a = accepted{sequence: m.Sequence, digest: digest}
	case digest != a.digest && c.Approved:
		a.approved = digest
	}
}

// storedLocked returns the record for the last known good copy, or nil for none. The argument is
// the key of the layer with the manifest. The caller must hold Engine.mu.
func (a *accepted) storedLocked(manifest string) *lastgood.Accepted {
	if a.sequence == 0 {
		return nil
	}
	k := &lastgood.Accepted{Manifest: manifest, Sequence: a.sequence, Digest: hex.EncodeToString(a.digest[:])}
	if a.approved != ([sha256.Size]byte{}) {
		k.Approved = hex.EncodeToString(a.approved[:])
	}
	return k
}

// acceptedFrom converts the record in the last known good copy.
func acceptedFrom(kept *lastgood.Accepted) (a accepted) {
	if kept == nil {
		return a
	}
	a.sequence = kept.Sequence
	_, _ = hex.Decode(a.digest[:], clipDigest(kept.Digest))
	_, _ = hex.Decode(a.approved[:], clipDigest(kept.Approved))
	return a
}

// clipDigest limits a text to the length of a hexadecimal digest.
func clipDigest(text string) []byte { return []byte(text[:min(len(text), 2*sha256.Size)]) }
