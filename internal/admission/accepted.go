package admission

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/internal/pipeline"
)

// Accepted records the signed releases that were live in this process, and in earlier processes
// that saved a copy.
type Accepted struct {
	sequence uint64            // the highest sequence number
	digest   [sha256.Size]byte // of the release with that sequence number
	approved [sha256.Size]byte // of the release that an operator approved despite its sequence number; zero for none
}

// Record records the release in a content of a layer that becomes live.
func (a *Accepted) Record(l *pipeline.Layer, c *pipeline.Content) {
	if c == nil || c.Decoded().Manifest == nil || !l.Signed() {
		return
	}
	m := c.Decoded().Manifest
	switch digest := m.Digest(); {
	case m.Sequence > a.sequence:
		*a = Accepted{sequence: m.Sequence, digest: digest}
	case digest != a.digest && c.Approved:
		a.approved = digest
	}
}

// Stored returns the record for the last known good copy, or nil for none. The argument is the key
// of the layer with the manifest.
func (a *Accepted) Stored(manifest string) *lastgood.Accepted {
	if a.sequence == 0 {
		return nil
	}
	k := &lastgood.Accepted{Manifest: manifest, Sequence: a.sequence, Digest: hex.EncodeToString(a.digest[:])}
	if a.approved != ([sha256.Size]byte{}) {
		k.Approved = hex.EncodeToString(a.approved[:])
	}
	return k
}

// AcceptedFrom converts the record in the last known good copy.
func AcceptedFrom(kept *lastgood.Accepted) (a Accepted) {
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
