package file

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/nacre-go/nacre/source"
)

// identify adds a document to the checksum of a content: its name, whether it is absent, and the
// checksum of its bytes. Lengths are fixed or come first, so that two lists of documents never give
// the same sequence of bytes.
func identify(h hash.Hash, sh shot) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(sh.name)))
	h.Write(length[:])
	h.Write([]byte(sh.name))
	if sh.absent() {
		h.Write([]byte{0})
		return
	}
	h.Write([]byte{1})
	sum := sha256.Sum256(sh.data)
	h.Write(sum[:])
}

func revision(h hash.Hash) source.Revision {
	return source.Revision(hex.EncodeToString(h.Sum(nil)))
}
