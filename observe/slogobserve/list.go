package slogobserve

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxShown is how many keys or problems a line names; it counts the rest.
const maxShown = 8

// list is an attribute of several texts. A handler of JSON writes an array; a handler of text
// writes one text, in which sentences are numbered, since they have punctuation of their own.
type list struct {
	items     []string
	sentences bool
}

// MarshalJSON returns an array.
func (l list) MarshalJSON() ([]byte, error) {
	if l.items == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(l.items)
}

// MarshalText returns "a; b", or for sentences "[1] a [2] b".
func (l list) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// String returns what MarshalText does, for handlers that print a value.
func (l list) String() string {
	if !l.sentences || len(l.items) < 2 {
		return strings.Join(l.items, "; ")
	}
	var b strings.Builder
	for i, item := range l.items {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "[%d] %s", i+1, item)
	}
	return b.String()
}

// keys is a list of short texts, such as keys and documents.
func keys(items []string) list { return list{items: shorten(items)} }

// sentences is a list of longer texts, such as problems and reasons.
func sentences(items []string) list { return list{items: shorten(items), sentences: true} }

func shorten(items []string) []string {
	if rest := len(items) - maxShown; rest > 0 {
		return append(items[:maxShown:maxShown], fmt.Sprintf("and %d more", rest))
	}
	return items
}
