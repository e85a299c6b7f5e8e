package tree

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// Kind is the kind of a node.
type Kind uint8

// The kinds of node. A Null is an explicit null: in a merge, it removes the values of lower layers
// (RFC 7396).
const (
	Null Kind = iota
	Scalar
	List
	Map
)

// String returns "null", "scalar", "list" or "map".
func (k Kind) String() string { return [...]string{"null", "scalar", "list", "map"}[k] }

// Node is one value of a tree. It is immutable once built, and safe for concurrent use.
type Node struct {
	Kind Kind
	// Octal reports whether a number was written in octal, such as 0o644. Only file modes use it.
	Octal bool
	// Value is the value of a scalar: string, source.Text, bool, int64, uint64 (only above the
	// range of int64), float64 or time.Time.
	Value any
	// Ref is the original text of a scalar whose references were resolved. It may be shown; the
	// Value may not.
	Ref string
	// Items are the items of a list.
	Items []*Node
	// Entries are the entries of a map, in the order of the document (after a merge, of the lowest
	// layer first). Keys are unique.
	Entries []Entry
	// index finds an entry of a large map; nil for a small one.
	index map[string]int
	// Bare reports that an empty map or list is a key without a value, in a map of maps or lists.
	// In a merge it removes the values of lower layers, as a Null does. What is left is an entry
	// with all defaults.
	Bare bool
	// Places are the positions of the Items of a list that a document gives item by item, such as
	// HOSTS_1_PASS; they ascend, and may have gaps. They are nil for a list that is given as a
	// whole, and in a merged tree.
	Places []int
	// nulls reports whether a map at or below this node has a Null; see HasNulls. places reports
	// whether this node, or one below it, has Places.
	nulls, places bool
	// content identifies what a map or list says; see Alike. nil for a scalar.
	content *content

	Doc          *Doc // the document; nil for a node without one, such as an empty root
	Line, Column int32
}

// Entry is one key of a map.
type Entry struct {
	Key   string
	Value *Node
	// Line and Column are those of the key; the value may have another position.
	Line, Column int32
	// AnySpelling reports that Key is from the name of a variable, in which case and separators are
	// lost, so that it also means a key of a lower layer in another spelling.
	AnySpelling bool
	// Alias is the name by which the document has the key; empty if that is Key.
	Alias string
	// Verdict says whether the document may have a key that no field has.
	Verdict Verdict
}

// Verdict is the decision on a key of a document that no field has.
type Verdict uint8

// The verdicts.
const (
	Unjudged Verdict = iota // the document decides: see Doc.AllowUnknown
	Accepted                // the key is unused
	Refused                 // the key is a problem
)

// Worst returns the verdict on a key that has one in each of two documents.
func (v Verdict) Worst(other Verdict) Verdict {
	switch {
	case v == Refused || other == Refused:
		return Refused
	case v == Unjudged || other == Unjudged:
		return Unjudged
	}
	return Accepted
}

// Doc is the data that all nodes of a document share. It does not have the revision of the content,
// so that the same document can be a part of several contents: code that reports a position adds
// it.
type Doc struct {
	Layer string
	Name  string
	// AllowUnknown accepts keys that no field has. Shared accepts them too, unless they are
	// misspelled.
	AllowUnknown, Shared bool
	// Variables reports that the document consists of variables: its keys may have AnySpelling.
	Variables bool
	// Given has the Go values that the document was made from; nil for any other document.
	Given Given
}

// small is the number of entries up to which a linear search is as fast as a map.
const small = 8

// NewMap returns a map node of entries, whose keys must be unique.
func NewMap(doc *Doc, line, column int32, entries []Entry) *Node {
	var index map[string]int
	if len(entries) > small {
		index = make(map[string]int, len(entries))
		for i := range entries {
			index[entries[i].Key] = i
		}
	}
	return NewIndexedMap(doc, line, column, entries, index)
}

// NewIndexedMap returns a map node of entries whose keys the caller has indexed: index holds the
// position of each key, and the caller must not change it later. index may be nil for a few
// entries.
func NewIndexedMap(doc *Doc, line, column int32, entries []Entry, index map[string]int) *Node {
	n := &Node{Kind: Map, Entries: entries, Doc: doc, Line: line, Column: column, index: index, content: new(content)}
	n.take(entries)
	return n
}

// WithEntries returns a map node of entries that have the keys of n at the same positions. It
// shares the index of n.
func (n *Node) WithEntries(doc *Doc, line, column int32, entries []Entry) *Node {
	return NewIndexedMap(doc, line, column, entries, n.index)
}

// NewList returns a list node.
func NewList(doc *Doc, line, column int32, items []*Node) *Node {
	n := &Node{Kind: List, Items: items, Doc: doc, Line: line, Column: column, content: new(content)}
	for _, item := range items {
		n.nulls = n.nulls || item.nulls
		n.places = n.places || item.places
	}
	return n
}

// NewPartialList returns a list node of a document that gives the list item by item.
func NewPartialList(doc *Doc, line, column int32, items []*Node, places []int) *Node {
	n := NewList(doc, line, column, items)
	n.Places, n.places = places, true
	return n
}

// WithItems returns a list node with other items at the same places.
func (n *Node) WithItems(items []*Node) *Node {
	if n.Places != nil {
		return NewPartialList(n.Doc, n.Line, n.Column, items, n.Places)
	}
	return NewList(n.Doc, n.Line, n.Column, items)
}

// Place returns the position in its list of the i-th item of n.
func (n *Node) Place(i int) int {
	if n == nil || n.Places == nil {
		return i
	}
	return n.Places[i]
}

// HasPlaces reports whether any list at or below n has Places, without walking the tree.
func (n *Node) HasPlaces() bool { return n != nil && n.places }

// HasNulls reports whether any map at or below n contains a Null. A Null in a list does not count:
// it removes nothing. HasNulls does not walk the tree, so that a merge can share subtrees without
// nulls.
func (n *Node) HasNulls() bool { return n != nil && n.nulls }

// NewScalar returns a scalar node, or a Null for nil.
func NewScalar(doc *Doc, line, column int32, value any) *Node {
	n := &Node{Kind: Scalar, Value: value, Doc: doc, Line: line, Column: column}
	if value == nil {
		n.Kind = Null
	}
	return n
}

// NewBare returns a bare map or list in place of a Null.
func NewBare(kind Kind, null *Node) *Node {
	return &Node{Kind: kind, Bare: true, Doc: null.Doc, Line: null.Line, Column: null.Column}
}

// AsNull returns a Null in place of a node.
func (n *Node) AsNull() *Node { return NewScalar(n.Doc, n.Line, n.Column, nil) }

// Entry returns the entry of a map with that key, or nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil || n.Kind != Map {
		return nil
	}
	if i := n.Index(key); i >= 0 {
		return &n.Entries[i]
	}
	return nil
}

// Index returns the position of the entry of a map with that key, or -1.
func (n *Node) Index(key string) int {
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return i
		}
	}
	return -1
}

// Child returns the node for one segment of a path: the key of a map, or "[i]" of a list; nil if
// there is none.
func (n *Node) Child(segment string) *Node {
	if n == nil {
		return nil
	}
	if n.Kind == List {
		i, ok := index(segment)
		if ok && n.Places != nil {
			i, ok = slices.BinarySearch(n.Places, i)
		}
		if ok && i < len(n.Items) {
			return n.Items[i]
		}
		return nil
	}
	if e := n.Entry(segment); e != nil {
		return e.Value
	}
	return nil
}

// Lookup returns the node at a path, or nil.
func (n *Node) Lookup(p Path) *Node {
	for _, segment := range p {
		if n = n.Child(segment); n == nil {
			return nil
		}
	}
	return n
}

// Position returns the position of the node, without a revision.
func (n *Node) Position() source.Position {
	if n == nil {
		return source.Position{}
	}
	return position(n.Doc, n.Line, n.Column)
}

// Position returns the position of the key of e, in the document of its value.
func (e *Entry) Position() source.Position {
	if e.Line == 0 {
		return e.Value.Position()
	}
	return position(e.Value.Doc, e.Line, e.Column)
}

func position(d *Doc, line, column int32) source.Position {
	p := source.Position{Line: int(line), Column: int(column)}
	if d != nil {
		p.Layer, p.Document = d.Layer, d.Name
	}
	return p
}

// ItemIndex is the inverse of Item. It reports false for a segment that is not an item of a list.
func ItemIndex(segment string) (int, bool) { return index(segment) }

// index parses "[12]".
func index(segment string) (int, bool) {
	s, ok := strings.CutPrefix(segment, "[")
	if !ok {
		return 0, false
	}
	if s, ok = strings.CutSuffix(s, "]"); !ok {
		return 0, false
	}
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0
}
