package route

import (
	"crypto/sha256"
	"encoding/binary"
)

// buckets is the number of buckets: a percentage has two digits after the point.
const buckets = 10000

// Bucket returns the bucket of an instance, from 0 to 9999: the first eight bytes of the SHA-256 of
// the salt, a zero byte and the ID, as a big-endian number, modulo 10000. A rule with a percentage
// of p matches the buckets below 100 × p. So an instance that is in at 10 % is in at 20 %, and
// rules with different salts choose different instances.
func Bucket(salt, id string) int {
	h := sha256.New()
	_, _ = h.Write([]byte(salt))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(id))
	return int(binary.BigEndian.Uint64(h.Sum(nil)) % buckets) //nolint:gosec // below 10000
}
