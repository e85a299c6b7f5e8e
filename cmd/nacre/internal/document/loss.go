package document

import "github.com/nacre-go/nacre/cmd/nacre/internal/keypath"

// Loss is what a document loses by a change, counted as the change guard of a service does: each
// scalar at any depth and each item of a list is a key, and a null is none. It has no values.
type Loss struct {
	// Had is how many keys there were, Lost how many of them are gone, and Left how many there are.
	Had  int `json:"had"`
	Lost int `json:"lost"`
	Left int `json:"left"`
	// Retyped are the keys that are there before and after with another type.
	Retyped []Retyped `json:"retyped,omitempty"`
	// Nulls are the keys that become a null, which removes what lower layers have.
	Nulls []string `json:"nulls,omitempty"`
}

// Retyped is a key with the types before and after, such as "a number" and "a string".
type Retyped struct {
	Key string `json:"key"`
	Was string `json:"was"`
	Is  string `json:"is"`
}

// LossOf returns what the change from one content to another loses.
func LossOf(old, now Keys) Loss {
	var l Loss
	before, after := treeOf(old), treeOf(now)
	l.walk(before, after)
	l.Left = after.leaves()
	return l
}

// node is a value: a scalar of a type, or a map or list with items.
type node struct {
	kind  string
	order []string
	items map[string]*node
	path  string
}

const (
	nullKind = "null"
	mapKind  = "a map"
	listKind = "a list"
)

func treeOf(keys Keys) *node {
	root := &node{kind: mapKind}
	for _, k := range keys {
		at := root
		for _, part := range keypath.Split(k.Path) {
			at = at.child(part)
		}
		at.kind = map[string]string{"map": mapKind, "list": listKind, "null": nullKind, "int": "a number", "float": "a number"}[k.Type]
		if at.kind == "" {
			at.kind = "a " + k.Type
		}
		at.path = k.Path
	}
	return root
}

// child returns the value under a key or an index, which makes n a map or a list.
func (n *node) child(part string) *node {
	n.kind = mapKind
	if keypath.IsIndex(part) {
		n.kind = listKind
	}
	if c := n.items[part]; c != nil {
		return c
	}
	c := &node{path: n.path + "." + part}
	if n.path == "" || n.kind == listKind {
		c.path = n.path + part
	}
	if n.items == nil {
		n.items = map[string]*node{}
	}
	n.items[part], n.order = c, append(n.order, part)
	return c
}

func (n *node) leaves() int {
	switch {
	case n == nil, n.kind == nullKind:
		return 0
	case n.kind != mapKind && n.kind != listKind:
		return 1
	}
	count := 0
	for _, c := range n.items {
		if n.kind == listKind {
			count += max(1, c.leaves())
		} else {
			count += c.leaves()
		}
	}
	if n.kind == listKind {
		return max(1, count)
	}
	return count
}

func (l *Loss) walk(old, now *node) {
	if now != nil && now.kind == nullKind && (old == nil || old.kind != nullKind) {
		l.Nulls = append(l.Nulls, now.path)
	}
	switch {
	case old == nil || old.kind == nullKind:
		if now != nil && now.kind == mapKind {
			for _, part := range now.order { // a null may be anywhere in what is new
				l.walk(nil, now.items[part])
			}
		}
		return
	case now == nil || now.kind == nullKind:
		n := old.leaves()
		l.Had, l.Lost = l.Had+n, l.Lost+n
		return
	case old.kind != now.kind:
		l.Retyped = append(l.Retyped, Retyped{Key: old.path, Was: old.kind, Is: now.kind})
	}
	if old.kind != mapKind || now.kind != mapKind {
		had, has := old.leaves(), now.leaves()
		l.Had += had
		switch {
		case old.kind != listKind || now.kind != listKind || len(old.items) == 0:
		case len(now.items) == 0:
			l.Lost += had
		default:
			l.Lost += max(0, had-has)
		}
		return
	}
	for _, part := range old.order {
		l.walk(old.items[part], now.items[part])
	}
	for _, part := range now.order {
		if old.items[part] == nil {
			l.walk(nil, now.items[part])
		}
	}
}
