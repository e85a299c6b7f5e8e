package engine

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// Sum returns the public digest of the state, which does not depend on secrets; see
// [verify.Published].
func (s *State) Sum() string {
	s.publish.Do(func() { s.published = verify.Published(s.Merged, s.schema.Shape) })
	return s.published
}

// KeyedSum returns a digest that distinguishes states that differ in secrets only, for users with
// the key of the copy. It returns "" if there is no key.
func (e *Engine) KeyedSum(s *State) string {
	if len(e.LastKnownGoodKey) == 0 {
		return ""
	}
	return hex.EncodeToString(keyed(e.LastKnownGoodKey, "nacre keyed sum 1", s.full[:])[:16])
}

// keyed returns a keyed digest of a text, separated by purpose.
func keyed(key []byte, purpose string, text []byte) []byte {
	own := hmac.New(sha256.New, key)
	own.Write([]byte(purpose))
	mac := hmac.New(sha256.New, own.Sum(nil))
	mac.Write(text)
	return mac.Sum(nil)
}

// processKey returns the key to use if no key is set. Its digests are comparable only within this
// process.
var processKey = sync.OnceValue(func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never returns an error
	return key
})

// keyedPrefix begins a revision that replaces one that may be a digest of a secret.
const keyedPrefix = "keyed-"

// keyedRevision returns the revision to show for a content with a secret. A number is a counter and
// is shown unchanged.
func (e *Engine) keyedRevision(rev source.Revision) source.Revision {
	if strings.Trim(string(rev), "0123456789") == "" {
		return rev
	}
	key := e.LastKnownGoodKey
	if len(key) == 0 {
		key = processKey()
	}
	return source.Revision(keyedPrefix + hex.EncodeToString(keyed(key, "nacre revision 1", []byte(rev))[:16]))
}

// shown returns the revision of a content as the engine shows it: the one of its source, or a keyed
// digest of it if the content has a secret or is not decoded yet, since the revision may be a
// digest of the secret.
func (e *Engine) shown(c *layerContent) source.Revision {
	if rev := c.shownRevision(); rev != "" {
		return rev
	}
	return e.keyedRevision(c.Revision)
}

// shownRevision returns the revision to show, or "" if it is not known yet.
func (c *layerContent) shownRevision() source.Revision { return cmp.Or(c.decoded().shown, c.shownAs) }
