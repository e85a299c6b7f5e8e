package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Sum returns the canonical SHA-256 of a tree. Two trees have the same sum if and only if they bind
// to the same value. The order of keys, documents, positions and formats do not matter (5 in YAML
// is 5 in JSON). Types matter: "5", 5 and 5.0 differ, and so does the text of an environment
// variable, because it is bound differently. A time is encoded as its instant, -0.0 as 0.0, and all
// NaN are equal. A nil tree equals an empty map.
//
// Each value is encoded with a tag and a length, so that different trees have different encodings.
// A map is encoded as the digest of its own encoding, so that Full and Published compute the digest
// of a map that several trees share only once.
func Sum(root *tree.Node) [32]byte {
	return new(summer).root(root, place{})
}

// Tags. They are part of the sum and frozen with it: sums are compared between instances and kept
// on disk.
const (
	tagNull   = 'n'
	tagFalse  = 'f'
	tagTrue   = 't'
	tagInt    = 'i' // 8 bytes, two's complement
	tagUint   = 'u' // 8 bytes, above the range of int64 only
	tagFloat  = 'd' // 8 bytes, IEEE 754
	tagString = 's' // length, bytes
	tagText   = 'x' // length, bytes
	tagTime   = 'm' // 8 bytes of seconds since 1970, 4 of nanoseconds
	tagList   = 'l' // number, items
	tagMap    = 'o' // the 32 bytes of the digest of: 'O', number, then key and value, sorted by key
	tagOther  = '?'
	tagRef    = 'r' // after a scalar whose value references gave: length, text of the references; in Full and Published
	tagHidden = '*' // a scalar of Published whose value is left out: number of references, each a length and its bytes
)

// summer keeps buffers between maps. It uses the place of a node only if published is true.
type summer struct {
	free      [][]byte
	refs      bool // include references, besides the values
	published bool // leave out values that must not be shown
}

func (s *summer) root(root *tree.Node, at place) [32]byte {
	if root == nil {
		return s.fold(nil, at)
	}
	if root.Kind == tree.Map {
		return s.mapping(root, at)
	}
	return sha256.Sum256(s.append(nil, root, at))
}

// mapping returns the digest of a map, and keeps it for the next tree that shares the map.
func (s *summer) mapping(n *tree.Node, at place) [32]byte {
	kind := tree.FullDigest
	switch {
	case s.published:
		kind = tree.PublishedDigest
	case !s.refs:
		return s.fold(n.Entries, at)
	}
	sum, ok := n.Digest(kind, at.shape, at.secret)
	if !ok {
		sum = s.fold(n.Entries, at)
		n.KeepDigest(kind, at.shape, at.secret, sum)
	}
	return sum
}

func (s *summer) fold(entries []tree.Entry, at place) [32]byte {
	var b []byte
	if n := len(s.free); n > 0 {
		b, s.free = s.free[n-1][:0], s.free[:n-1]
	}
	b = slices.Grow(b, entrySize*len(entries))
	order := make([]*tree.Entry, len(entries))
	for i := range entries {
		order[i] = &entries[i]
	}
	slices.SortFunc(order, func(a, b *tree.Entry) int { return cmp.Compare(a.Key, b.Key) })
	b = append(b, 'O')
	b = binary.BigEndian.AppendUint64(b, uint64(len(order)))
	for _, e := range order {
		b = s.append(text(b, tagString, e.Key), e.Value, s.below(at, e.Key))
	}
	sum := sha256.Sum256(b)
	s.free = append(s.free, b)
	return sum
}

// entrySize is the length of the encoding of a map's entry with a short key and a short value.
const entrySize = 64

func (s *summer) append(b []byte, n *tree.Node, at place) []byte {
	switch n.Kind {
	case tree.Null:
		return append(b, tagNull)
	case tree.List:
		b = binary.BigEndian.AppendUint64(append(b, tagList), uint64(len(n.Items)))
		for i, item := range n.Items {
			b = s.append(b, item, s.item(at, i))
		}
		return b
	case tree.Map:
		sum := s.mapping(n, at)
		return append(append(b, tagMap), sum[:]...)
	}
	if s.published && (at.hides() || n.Ref != "") {
		return hidden(b, n, at)
	}
	b = scalar(b, n.Value)
	if s.refs && n.Ref != "" {
		b = text(b, tagRef, n.Ref)
	}
	return b
}

func scalar(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return text(b, tagString, v)
	case source.Text:
		return text(b, tagText, string(v))
	case bool:
		if v {
			return append(b, tagTrue)
		}
		return append(b, tagFalse)
	case int64:
		return binary.BigEndian.AppendUint64(append(b, tagInt), uint64(v))
	case uint64:
		if v <= math.MaxInt64 {
			return binary.BigEndian.AppendUint64(append(b, tagInt), v)
		}
		return binary.BigEndian.AppendUint64(append(b, tagUint), v)
	case float64:
		switch {
		case v == 0:
			v = 0 // no sign
		case math.IsNaN(v):
			v = math.NaN()
		}
		return binary.BigEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v))
	case time.Time:
		b = binary.BigEndian.AppendUint64(append(b, tagTime), uint64(v.Unix()))
		return binary.BigEndian.AppendUint32(b, uint32(v.Nanosecond()))
	}
	return append(b, tagOther) // not possible: a tree has no other types
}

func text(b []byte, tag byte, s string) []byte {
	b = binary.BigEndian.AppendUint64(append(b, tag), uint64(len(s)))
	return append(b, s...)
}
