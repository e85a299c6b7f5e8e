package engine

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/source"
)

// Sum is what the state is called wherever it is shown: a digest that does not depend on secrets; see [verify.Published].
func (s *State) Sum() string {
	s.publish.Do(func() { s.published = verify.Published(s.Merged, s.schema.shape) })
	return s.published
}

// KeyedSum tells states apart that differ in secrets alone, for who has the key of the copy; it is empty without one.
func (e *Engine) KeyedSum(s *State) string {
	if len(e.LastKnownGoodKey) == 0 {
		return ""
	}
	return hex.EncodeToString(keyed(e.LastKnownGoodKey, "nacre keyed sum 1", s.full[:])[:16])
}

// keyed is a digest that only who has the key can compute: of a text, for a purpose.
func keyed(key []byte, purpose string, text []byte) []byte {
	own := hmac.New(sha256.New, key)
	own.Write([]byte(purpose))
	mac := hmac.New(sha256.New, own.Sum(nil))
	mac.Write(text)
	return mac.Sum(nil)
}

// processKey is the key of who has given none: digests of this process compare with each other, and with no others.
var processKey = sync.OnceValue(func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it does not fail
	return key
})

// veil begins a revision that is shown in place of one that may be a digest of a secret.
const keyedPrefix = "keyed-"

// veiled is what is shown in place of the revision of a content with a secret in it. A revision that is a number counts, and stays.
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

// shown is the revision of a content wherever it is shown: that of its origin, unless a secret stands in a document, of which it may
// be a digest. Of a content that is not decoded nobody knows.
func (e *Engine) shown(c *layerContent) source.Revision {
	if rev := c.shown.Load(); rev != nil {
		return *rev
	}
	return e.keyedRevision(c.Revision)
}

// setShown decides how the revision of a content is shown, which has just been decoded as plan says, and names it so in what was found.
func (e *Engine) setShown(s *schema, l *layerState, c *layerContent) {
	rev := c.Revision
	hides := !l.Manifest && slices.ContainsFunc(c.problems, func(p *source.Problem) bool { return p.Kind != source.Unavailable })
	for _, root := range c.roots {
		hides = hides || verify.Hides(root, s.shape)
	}
	if hides {
		rev = e.keyedRevision(rev)
	}
	c.shown.Store(&rev)
	for _, root := range c.roots {
		if root.Doc != nil {
			root.Doc.Revision = rev
		}
	}
	for _, p := range c.problems {
		p.Position.Revision = rev
	}
}
