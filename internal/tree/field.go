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

// Field is what the tags of a struct's field say about its place in a tree. Binding and validation both go by it, so
// that an error of either names the same key.
type Field struct {
	// Key is the field's key; empty for one that is Skip, Squash or Remain.
	Key string
	// Skip says that the field has no place in the tree.
	Skip bool
	// Squash says that the keys of the struct in this field stand in the map of the struct around it.
	Squash bool
	// Remain says that this field, a map, takes the keys that no other field has.
	Remain bool
}

// FieldOf reads the tag `config:"key,squash|remain"`, or where there is none, `mapstructure:"…"`. A field without a
// key in either has its name in snake case; an embedded struct without one is squashed, as encoding/json does. The error
// says what is wrong with the tag.
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
			if own { // mapstructure has options that only matter for encoding
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

// squashed reports whether an embedded field of type t lends its keys to the struct around it: a struct that is not one
// value, such as a time.
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

// OneValue reports whether a struct type stands for a single value, so that its fields are no keys: it reads itself
// from text, or is one of the standard library's that do not, but could.
func OneValue(t reflect.Type) bool {
	return oneValue[t] || reflect.PointerTo(t).Implements(textUnmarshaler)
}

// SnakeCase returns the key of a field that has none in its tag: MaxConns is max_conns, HTTPServer http_server, UserID
// user_id, BaseURLs base_urls, S3Bucket s3_bucket, IPv4Only ipv4_only.
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
	// Inside a run of capitals, the last one starts a word if a small letter follows: HTTPServer. A plural s and
	// the v of a version belong to the run: BaseURLs, IPv4.
	if i+1 >= len(r) || !unicode.IsLower(r[i+1]) {
		return false
	}
	end := i+2 >= len(r) || unicode.IsUpper(r[i+2])
	version := r[i+1] == 'v' && i+2 < len(r) && unicode.IsDigit(r[i+2])
	return !(r[i+1] == 's' && end) && !version
}
