package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
)

// DeclaredForm is the prefix of a digest of a struct. It changes with the encoding.
const DeclaredForm = "s1-"

// Declared returns a digest of what a struct declares, as DeclaredForm and 12 hexadecimal digits.
// Structs have the same digest if they bind documents alike, as far as their declarations tell: it
// covers keys, old names, types, defaults, rules, and the tags secret, live and merge. It does not
// depend on the order of the fields, on names in Go and on texts for people, and not on the default
// of a secret.
func Declared(shape *tree.Shape) string {
	d := declarer{done: map[*tree.Shape][sha256.Size]byte{}}
	sum, _ := d.sum(shape)
	return DeclaredForm + hex.EncodeToString(sum[:6])
}

// declarer computes the digest of a shape from those of the shapes below it.
type declarer struct {
	above []*tree.Shape // on the way from the root
	done  map[*tree.Shape][sha256.Size]byte
}

// closed is the level of a shape that does not refer to a shape above it.
const closed = math.MaxInt

// sum returns the digest of a shape. level is that of the highest shape above it that the shape
// refers to, since a type can contain itself; 0 is the root.
func (d *declarer) sum(s *tree.Shape) (sum [sha256.Size]byte, level int) {
	if s == nil {
		return sha256.Sum256(nil), closed
	}
	if sum, ok := d.done[s]; ok {
		return sum, closed
	}
	b := &declaration{}
	b.tags(s)
	level = closed
	if i := slices.IndexFunc(d.above, func(a *tree.Shape) bool { return sameType(a, s) }); i >= 0 {
		b.text("contains itself")
		b.number(len(d.above) - i) // not i, so that it is the same wherever the type is used
		level = i
	} else {
		d.above = append(d.above, s)
		below := func(s *tree.Shape) {
			sum, up := d.sum(s)
			b.WriteString(string(sum[:]))
			level = min(level, up)
		}
		for _, key := range slices.Sorted(maps.Keys(s.Fields)) {
			b.text(key)
			below(s.Fields[key])
		}
		b.text("others")
		below(s.Elem)
		d.above = d.above[:len(d.above)-1]
		if level >= len(d.above) {
			level = closed // it refers to itself at most
		}
	}
	sum = sha256.Sum256([]byte(b.String()))
	if level == closed {
		d.done[s] = sum
	}
	return sum, level
}

// sameType reports whether a shape has the structure of another, and may differ from it in the tags
// of its field only.
func sameType(a, b *tree.Shape) bool {
	if a == b {
		return true
	}
	t := structType(a)
	return t != nil && t == structType(b)
}

// structType returns the type of a struct with a name, behind pointers; nil for another shape.
func structType(s *tree.Shape) reflect.Type {
	if s.Kind != tree.StructOf && s.Kind != tree.RemainderOf {
		return nil
	}
	t := s.Go
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Name() == "" {
		return nil
	}
	return t
}

// declaration is the text whose digest is that of a shape.
type declaration struct{ strings.Builder }

// text adds a text with its length, so that texts do not run together.
func (b *declaration) text(text string) {
	b.number(len(text))
	b.WriteString(text)
}

func (b *declaration) number(n int) { b.WriteString(strconv.Itoa(n) + ":") }

// tags adds what a shape declares, without the shapes below it.
func (b *declaration) tags(s *tree.Shape) {
	b.number(int(s.Kind))
	b.text(s.Type)
	for _, is := range []bool{s.Secret, s.Reserved, s.Static, s.Pointer, s.Defaulted} {
		b.WriteString(strconv.FormatBool(is))
	}
	if !s.Secret {
		b.text(s.Default)
	}
	b.text(s.Rules)
	b.text(s.Merge.String())
	needs := make([]string, len(s.Needs))
	for i, keys := range s.Needs {
		needs[i] = strings.Join(slices.Sorted(slices.Values(keys)), "\x00")
	}
	slices.Sort(needs)
	b.text(strings.Join(needs, "\x01"))
	b.number(len(s.Aliases))
	for _, old := range slices.Sorted(maps.Keys(s.Aliases)) {
		b.text(old)
		b.text(s.Aliases[old])
	}
}
