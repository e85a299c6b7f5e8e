package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/verify"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// State is one version. It is immutable once it is in a cell, except for its resources.
type State struct {
	// Values has the result of Bind for each section, in the order of the schema. A state from
	// before a section was attached has no value of it. States with the same configuration share
	// them.
	Values  []any
	Version int64
	At      time.Time
	Causes  []observe.Cause
	// Merged is the tree that Values were bound from.
	Merged *tree.Node

	// full is the digest of Merged with its secrets, which shows whether anything has changed. It
	// never leaves the process.
	full      [32]byte
	publish   sync.Once
	published string // set by Sum

	schema   *schema.Schema
	contents []*layerContent
	roots    []*tree.Node
	pending  []pendingKey // restart-only fields with another value in the contents
	// built has the resources built from Values, or nil once another version is live. Only the
	// writer stores it.
	built atomic.Pointer[resource.Set]
}

// Value returns the value of a section, or nil if the state is older than the section.
func (s *State) Value(index int) any {
	if index >= len(s.Values) {
		return nil
	}
	return s.Values[index]
}

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

// Sum returns the public digest of the state, which does not depend on secrets; see
// [verify.Published].
func (s *State) Sum() string {
	s.publish.Do(func() { s.published = verify.Published(s.Merged, s.schema.Shape) })
	return s.published
}

// number returns the version of the state, or 0 for nil.
func (s *State) number() int64 {
	if s == nil {
		return 0
	}
	return s.Version
}

// withoutTrees returns a copy of the state of an old version, without its trees.
func (s *State) withoutTrees() *State {
	return &State{Values: s.Values, Version: s.Version, At: s.At, Causes: s.Causes, full: s.full, schema: s.schema, contents: s.contents}
}

// withoutTrees returns what it takes to decode a content to the same again.
func (d *decoded) withoutTrees() *decoded {
	return &decoded{referred: d.referred, plain: d.plain, secrets: d.secrets, shown: d.shown}
}

// pendingKey is a restart-only key, with the position of the value that waits for the restart.
type pendingKey struct {
	key string
	at  source.Position
}

// pendingTexts returns each key with its position: "server.addr config.yaml:3:9".
func pendingTexts(keys []pendingKey) (texts []string) {
	for _, k := range keys {
		texts = append(texts, k.key+" "+k.at.String())
	}
	return texts
}

// pendingKeys returns the restart-only keys at paths with the positions of their wanted values.
func pendingKeys(wanted *tree.Node, paths []tree.Path) (all []pendingKey) {
	for _, p := range paths {
		all = append(all, pendingKey{p.String(), nearestPosition(wanted, p)})
	}
	return all
}

// nearestPosition returns the position of a key, or of the nearest key above it.
func nearestPosition(root *tree.Node, p tree.Path) source.Position {
	for {
		if n := root.Lookup(p); n != nil || len(p) == 0 {
			return n.Position()
		}
		p = p[:len(p)-1]
	}
}

// releaseTrees makes a content hold no trees; they are decoded again when it is used.
func (c *layerContent) releaseTrees() { c.result.Store(c.decoded().withoutTrees()) }
