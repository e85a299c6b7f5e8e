package binding

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// keyReader parses a key of the tree as the key of a Go map.
type keyReader func(key string, into reflect.Value) error

var errKey = errors.New("no such key")

// buildMap binds maps.
func (c *compiler) buildMap(k *codec) {
	c.enter("*")
	elem := c.codec(k.typ.Elem())
	k.nilable = true
	read, want := c.keyReader(k.typ.Key())
	c.leave()
	k.shape.Kind = tree.MapOf
	k.shape.Elem = elem.shape
	c.shapes = append(c.shapes, func() { k.shape.Type = "map of " + elem.shape.Type })
	if read == nil {
		c.mistake(fmt.Sprintf("a %s cannot be the key of a map", k.typ.Key()))
		return
	}
	k.readKey = read
	k.elem, k.renew = elem, k.renewMap
	k.textKeys = c.areTextKeys(k.typ.Key())
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		entries, ok := r.entries(n)
		if !ok {
			return
		}
		v.Set(reflect.MakeMapWithSize(k.typ, len(entries)))
		into := mapping{v, reflect.New(k.typ.Key()).Elem(), reflect.New(elem.typ).Elem(), elem, read, want}
		for i := range entries {
			r.entry(&entries[i], into)
		}
	}
}

// mapping is a map that is being filled. All entries share key and value, because the map copies
// them.
type mapping struct {
	m, key, value reflect.Value
	elem          *codec
	read          keyReader
	want          string
}

// entry puts one entry of a tree into a map. It skips an entry that is null, which counts as
// absent.
func (r *run) entry(e *tree.Entry, to mapping) {
	if e.Value == nil || e.Value.Kind == tree.Null {
		return
	}
	r.key(e.Key)
	defer r.up()
	to.key.SetZero()
	var err error
	if !r.guard(e.Value, "reading a key", func() { err = to.read(e.Key, to.key) }) {
		return
	}
	if err != nil || !to.key.Comparable() {
		r.note(source.WrongType, e.Position(), "the key must be "+to.want, nil)
		return
	}
	to.value.SetZero()
	to.elem.bind(r, e.Value, to.value)
	before := to.m.Len()
	to.m.SetMapIndex(to.key, to.value)
	if to.m.Len() == before {
		r.note(source.DuplicateKey, e.Position(), "another key of this map has the same value", nil)
	}
}

// entries returns the entries of a map, or of text such as "a=1,b=2" or JSON.
func (r *run) entries(n *tree.Node) ([]tree.Entry, bool) {
	if n = r.fromText(n, tree.MapOf); n == nil {
		return nil, false
	}
	if n.Kind == tree.Map {
		return n.Entries, true
	}
	r.wrong(n, "a map")
	return nil, false
}

// areTextKeys reports whether keys of type t are the keys of the tree, each of them another one.
func (c *compiler) areTextKeys(t reflect.Type) bool {
	_, parsed := c.settings.parsers[t]
	return t.Kind() == reflect.String && !parsed && !reflect.PointerTo(t).Implements(textType)
}

// utf8Key refuses a key that is not UTF-8.
func utf8Key(key string) error {
	if !utf8.ValidString(key) {
		return errKey
	}
	return nil
}

// keyReader returns the reader for keys of type t, and what a key must be, in words. The reader is
// nil if t cannot be a key.
func (c *compiler) keyReader(t reflect.Type) (keyReader, string) {
	if parse, ok := c.settings.parsers[t]; ok {
		return keyReader(parse), "a " + t.String()
	}
	if reflect.PointerTo(t).Implements(textType) {
		want := "a " + t.String()
		if words, ok := wordsOf(t); ok {
			want = words[1]
		}
		return func(key string, into reflect.Value) error {
			return into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(key))
		}, want
	}
	var read keyReader
	want := wantInt
	switch t.Kind() {
	case reflect.String:
		read, want = func(key string, into reflect.Value) error { into.SetString(key); return utf8Key(key) }, "UTF-8 text"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		read = func(key string, into reflect.Value) error {
			i, err := strconv.ParseInt(key, 10, t.Bits())
			if into.SetInt(i); tree.LeadingZero(key) {
				return errKey
			}
			return err
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		read = func(key string, into reflect.Value) error {
			u, err := strconv.ParseUint(key, 10, t.Bits())
			if into.SetUint(u); tree.LeadingZero(key) {
				return errKey
			}
			return err
		}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			read, want = func(key string, into reflect.Value) error { into.Set(reflect.ValueOf(key)); return utf8Key(key) }, "UTF-8 text"
		}
	}
	if len(c.settings.hooks) > 0 {
		read = hookedKey(c.settings.hooks, t, read)
	}
	return read, want
}
