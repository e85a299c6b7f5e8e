package pipeline

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

	// Full is the digest of Merged with its secrets, which shows whether anything has changed. It
	// never leaves the process.
	Full      [32]byte
	publish   sync.Once
	published string // set by Sum

	// Schema is the schema by which the state was made, Contents its contents by layer, with nil
	// for none, and Roots the trees of their documents, lowest first.
	Schema   *schema.Schema
	Contents []*Content
	Roots    []*tree.Node
	// Pending has the restart-only fields that have another value in the contents.
	Pending []PendingKey
	// Built has the resources built from Values, or nil once another version is live. Only the
	// writer stores it.
	Built atomic.Pointer[resource.Set]
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
	shape := s.Schema.Shape
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
	s.publish.Do(func() { s.published = verify.Published(s.Merged, s.Schema.Shape) })
	return s.published
}

// Number returns the version of the state, or 0 for nil.
func (s *State) Number() int64 {
	if s == nil {
		return 0
	}
	return s.Version
}

// WithoutTrees returns a copy of the state of an old version, without its trees and resources.
func (s *State) WithoutTrees() *State {
	return &State{Values: s.Values, Version: s.Version, At: s.At, Causes: s.Causes, Full: s.Full, Schema: s.Schema, Contents: s.Contents}
}

// withoutTrees returns what it takes to decode a content to the same again.
func (d *Decoded) withoutTrees() *Decoded {
	return &Decoded{Referred: d.Referred, plain: d.plain, Secrets: d.Secrets, shown: d.shown}
}

// PendingKey is a restart-only key, with the position of the value that waits for the restart.
type PendingKey struct {
	Key string
	at  source.Position
}

// PendingTexts returns each key with its position: "server.addr config.yaml:3:9".
func PendingTexts(keys []PendingKey) (texts []string) {
	for _, k := range keys {
		texts = append(texts, k.Key+" "+k.at.String())
	}
	return texts
}

// pendingKeys returns the restart-only keys at paths with the positions of their wanted values.
func pendingKeys(wanted *tree.Node, paths []tree.Path) (all []PendingKey) {
	for _, p := range paths {
		all = append(all, PendingKey{p.String(), nearestPosition(wanted, p)})
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

// ReleaseTrees makes a content hold no trees; they are decoded again when it is used.
func (c *Content) ReleaseTrees() { c.result.Store(c.Decoded().withoutTrees()) }
