package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/observe"
)

// PartSum returns a digest of the values at the paths, as Sum does of all values. It does not
// depend on the order of the paths, nor on repeated ones. If the schema does not know a path,
// PartSum returns it.
func (s *State) PartSum(paths []tree.Path) (sum string, unknown tree.Path) {
	shape := s.schema.Shape
	keys := map[string][32]byte{}
	for _, p := range paths {
		p = p.Canonical(shape)
		if at, _ := shape.Lookup(p); at == nil {
			return "", p
		}
		keys[p.String()] = verify.PublishedPart(s.Merged, shape, p)
	}
	all := make([]string, 0, len(keys))
	for key := range keys {
		all = append(all, key)
	}
	slices.SortFunc(all, cmp.Compare)
	h := sha256.New()
	for _, key := range all {
		sum := keys[key]
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(key))))
		h.Write([]byte(key))
		h.Write(sum[:])
	}
	return verify.Form + hex.EncodeToString(h.Sum(nil)), nil
}

// RemoteDocuments returns the documents of the layers that are not local, in the order of the
// layers, without those that are absent.
func (e *Engine) RemoteDocuments(s *State) (all []observe.Cause) {
	for i, c := range s.contents {
		if c == nil || e.layers[i].local {
			continue
		}
		for j := range c.Documents {
			if d := &c.Documents[j]; !d.Absent {
				all = append(all, e.cause(e.layers[i], c, d))
			}
		}
	}
	return all
}

// Redact returns the text of an error without the secrets that the engine knows.
func (e *Engine) Redact(err error) string { return e.redactor.Err(err).Error() }
