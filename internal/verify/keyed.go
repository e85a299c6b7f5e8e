package verify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

// Keyed returns a keyed digest of a text, separated by purpose. Without a key it uses one of this
// process: its digests are comparable only within the process.
func Keyed(key []byte, purpose string, text []byte) []byte {
	if len(key) == 0 {
		key = processKey()
	}
	own := hmac.New(sha256.New, key)
	own.Write([]byte(purpose))
	mac := hmac.New(sha256.New, own.Sum(nil))
	mac.Write(text)
	return mac.Sum(nil)
}

var processKey = sync.OnceValue(func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never returns an error
	return key
})
