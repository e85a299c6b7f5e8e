package tree

import (
	"encoding"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Field is the place of a field of a struct in a tree, from its tags. Binding and validation both
// use it, so that their errors name the same key.
type Field struct {
	// Key is the field's key; empty for one that is Skip, Squash or Remain.
	Key string
	// Skip reports that the field has no place in the tree.
	Skip bool
	// Squash reports that the keys of the struct in this field are in the map of the struct around
	// it.
	Squash bool
	// Remain reports that this field, a map, takes the keys without another field.
	Remain bool
}

// FieldOf parses the tag `config:"key,squash|remain"`, or without one, `mapstructure:"…"`. The key
// of a field without either is its name in snake case. An embedded struct without either is
// squashed, as in encoding/json. The error says what is wrong with the tag.
func FieldOf(f reflect.StructField) (Field, error) {
	tag, own := f.Tag.Lookup("config")
	if !own {
		tag = f.Tag.Get("mapstructure")
	}
	if tag == "-" {
		return Field{Skip: true}, nil
	}
	key, options, _ := strings.Cut(tag, ",")
	out := Field{Key: key}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "squash":
			out.Squash = true
		case "remain":
			out.Remain = true
		case "":
		default:
			if own { // mapstructure has options for encoding
				return Field{Skip: true}, fmt.Errorf("the config tag has no option %q, only squash and remain", option)
			}
		}
	}
	if out.Squash && out.Remain || key != "" && own && (out.Squash || out.Remain) {
		return Field{Skip: true}, fmt.Errorf("the config tag must have one of a key, squash and remain")
	}
	if out.Squash || out.Remain {
		out.Key = ""
	}
	if f.Anonymous && out == (Field{}) && squashed(f.Type) {
		out.Squash = true
	}
	if !f.IsExported() && !(f.Anonymous && out.Squash && f.Type.Kind() == reflect.Struct) {
		if own || out.Squash {
			return Field{Skip: true}, fmt.Errorf("the field must be exported")
		}
		return Field{Skip: true}, nil
	}
	if out == (Field{}) {
		out.Key = SnakeCase(f.Name)
	}
	return out, nil
}

// squashed reports whether an embedded field of type t is squashed: it is a struct, but not a
// single value such as a time.
func squashed(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && !OneValue(t)
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	oneValue        = map[reflect.Type]bool{
		reflect.TypeFor[time.Location](): true, reflect.TypeFor[url.URL](): true, reflect.TypeFor[net.IPNet](): true,
	}
)

// OneValue reports whether a struct type is a single value, whose fields are not keys: it has an
// UnmarshalText method, or is a type of the standard library with a text form.
func OneValue(t reflect.Type) bool {
	return oneValue[t] || reflect.PointerTo(t).Implements(textUnmarshaler)
}

// SnakeCase returns the key of a field that has none in its tag: MaxConns is max_conns, HTTPServer
// http_server, UserID user_id, BaseURLs base_urls, S3Bucket s3_bucket, IPv4Only ipv4_only.
func SnakeCase(name string) string {
	r := []rune(name)
	var b strings.Builder
	for i, c := range r {
		if i > 0 && startsWord(r, i) && r[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// startsWord reports whether a word of a camel-case name starts at i, which is not the first rune.
func startsWord(r []rune, i int) bool {
	if !unicode.IsUpper(r[i]) {
		return false
	}
	if !unicode.IsUpper(r[i-1]) {
		return true // xY, 3Y
	}
	// Inside a run of capitals, the last one starts a word if a small letter follows: HTTPServer. A
	// plural s and the v of a version belong to the run: BaseURLs, IPv4.
	if i+1 >= len(r) || !unicode.IsLower(r[i+1]) {
		return false
	}
	end := i+2 >= len(r) || unicode.IsUpper(r[i+2])
	version := r[i+1] == 'v' && i+2 < len(r) && unicode.IsDigit(r[i+2])
	return !(r[i+1] == 's' && end) && !version
}
