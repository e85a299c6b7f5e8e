package file

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/nacre-go/nacre/source"
)

// identify adds a document to the sum of a content: its name, whether it is there, and the sum of its bytes. Lengths
// are fixed or written first, so that no two lists of documents are one sequence of bytes.
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
