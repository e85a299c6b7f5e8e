package layer

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// yamlReader decodes YAML 1.2 with yaml.v3. Keys are texts as written, also if they look like
// numbers. yes, no, on and off are texts. Timestamps remain texts, because only the field knows its
// type. Anchors, aliases and merge keys work. A second document in the same text is refused
// without stream, because one of the two would be lost.
type yamlReader struct {
	*reading
	columns  *runeColumns // computed on first use
	above    int32        // number of lines of the document above data
	anchored map[*yaml.Node]shared
	open     map[*yaml.Node]bool // anchored nodes around the current node
}

// shared is an anchored node that its aliases repeat.
type shared struct {
	node         *tree.Node
	size, height int
}

func (r *reading) yaml() []*tree.Node {
	y := &yamlReader{reading: r}
	if !y.oneWayToSeeLines() || !y.directives() {
		return nil
	}
	documents := yaml.NewDecoder(bytes.NewReader(r.data))
	var parsed []*yaml.Node
	for {
		var n yaml.Node
		err := documents.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			y.syntax(err)
			return nil
		}
		if len(n.Content) == 0 || emptyYAML(n.Content[0]) {
			continue
		}
		if len(parsed) > 0 && !r.stream {
			line, column := y.position(n.Content[0])
			r.report(source.Malformed, line, column, "is a second YAML document in one; nacre.MergeYAMLDocuments allows several")
			return nil
		}
		parsed = append(parsed, n.Content[0])
	}
	if len(parsed) == 0 {
		return one(tree.NewMap(r.doc, 0, 0, nil))
	}
	var roots []*tree.Node
	for _, root := range parsed {
		if !y.isRoot(root) {
			return nil
		}
		n, _, _ := y.convert(root, 0)
		if n != nil {
			roots = append(roots, n)
		}
	}
	return roots
}

// isRoot reports whether a document may have that root, and reports a problem if not.
func (y *yamlReader) isRoot(root *yaml.Node) bool {
	line, column := y.position(root)
	switch t := y.target(root); {
	case t.Kind == yaml.MappingNode:
	case t.Kind == yaml.ScalarNode && t.ShortTag() == "!!null":
		y.null(line, column)
		return false
	case len(y.under) > 0:
	case t.Kind == yaml.SequenceNode:
		y.notMap(line, column, "a list")
		return false
	default:
		y.notMap(line, column, "a single value")
		return false
	}
	return true
}

// emptyYAML reports whether a document is empty.
func emptyYAML(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" && n.Style == 0 && n.Anchor == ""
}

// target follows an alias.
func (y *yamlReader) target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// convert returns the tree of a node, its number of values with aliases expanded, and its height.
// It returns nil for a node with a problem.
func (y *yamlReader) convert(n *yaml.Node, depth int) (made *tree.Node, size, height int) {
	line, column := y.position(n)
	if !y.deep(depth, line, column) {
		return nil, 0, 0
	}
	y.entire = y.entire || hasHandle(n)
	if n.Kind == yaml.AliasNode {
		return y.alias(n, line, column, depth)
	}
	if s, ok := y.anchored[n]; ok { // an alias converted it before
		return y.repeat(s, line, column, depth)
	}
	if !y.count(1, line, column) {
		return nil, 0, 0
	}
	if n.Anchor != "" {
		if y.open == nil {
			y.open, y.anchored = map[*yaml.Node]bool{}, map[*yaml.Node]shared{}
		}
		y.open[n] = true
		defer func() {
			delete(y.open, n)
			y.anchored[n] = shared{made, size, height}
		}()
	}
	switch n.Kind {
	case yaml.MappingNode:
		if n.ShortTag() != "!!map" {
			y.report(source.Malformed, line, column, customTag)
			return nil, 1, 0
		}
		return y.mapping(n, line, column, depth)
	case yaml.SequenceNode:
		if n.ShortTag() != "!!seq" {
			y.report(source.Malformed, line, column, customTag)
			return nil, 1, 0
		}
		return y.sequence(n, line, column, depth)
	}
	v, ok := y.scalar(n, line, column)
	if !ok {
		return nil, 1, 0
	}
	made = tree.NewScalar(y.doc, line, column, v)
	_, whole := v.(int64)
	made.Octal = whole && tree.IsOctal(n.Value)
	return made, 1, 0
}

// hasHandle reports whether what a node means depends on other parts of the text: an alias, an
// anchor, a tag or a merge key.
func hasHandle(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!merge"
}

const customTag = "has a YAML tag that is not supported"

func (y *yamlReader) alias(n *yaml.Node, line, column int32, depth int) (*tree.Node, int, int) {
	t := y.target(n)
	if y.open[t] {
		y.report(source.Malformed, line, column, "is an alias of a value that contains it")
		return nil, 0, 0
	}
	if s, ok := y.anchored[t]; ok {
		return y.repeat(s, line, column, depth)
	}
	return y.convert(t, depth) // the anchor is at a key, or in a merge key, which is converted last
}

// repeat returns what an anchored node was converted to, for one more place.
func (y *yamlReader) repeat(s shared, line, column int32, depth int) (*tree.Node, int, int) {
	if s.node == nil { // reported at the anchor
		return nil, 0, 0
	}
	if !y.count(s.size, line, column) || !y.deep(depth+s.height, line, column) {
		return nil, 0, 0
	}
	return s.node, s.size, s.height
}

func (y *yamlReader) sequence(n *yaml.Node, line, column int32, depth int) (*tree.Node, int, int) {
	items := make([]*tree.Node, 0, len(n.Content))
	size, height := 1, 0
	for i, c := range n.Content {
		y.enter(tree.Item(i))
		item, s, h := y.convert(c, depth+1)
		y.leave()
		if y.stopped {
			return nil, 0, 0
		}
		if item != nil {
			items, size, height = append(items, item), size+s, max(height, h+1)
		}
	}
	return tree.NewList(y.doc, line, column, items), size, height
}

func (y *yamlReader) mapping(n *yaml.Node, line, column int32, depth int) (*tree.Node, int, int) {
	es := entries{list: make([]tree.Entry, 0, len(n.Content)/2)}
	size, height := 1, 0
	var merges []*yaml.Node
	var mergeLine int32
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		kl, kc := y.position(k)
		y.entire = y.entire || hasHandle(k)
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			if mergeLine != 0 {
				y.enter("<<")
				y.twice(kl, kc, mergeLine)
				y.leave()
			}
			merges, mergeLine = append(merges, v), kl
			continue
		}
		key, fault := yamlKey(y.target(k))
		if fault != "" {
			y.report(source.Malformed, kl, kc, fault)
			continue
		}
		y.enter(key)
		value, s, h := y.convert(v, depth+1)
		if y.stopped {
			return nil, 0, 0
		}
		if first := es.find(key); first != nil {
			y.twice(kl, kc, first.Line)
		} else if value != nil {
			es.add(tree.Entry{Key: key, Value: value, Line: kl, Column: kc})
			size, height = size+s, max(height, h+1)
		}
		y.leave()
	}
	for _, m := range merges {
		s, h := y.mergeInto(&es, m, depth)
		if y.stopped {
			return nil, 0, 0
		}
		size, height = size+s, max(height, h)
	}
	return tree.NewIndexedMap(y.doc, line, column, es.list, es.seen), size, height
}

// mergeInto adds the entries of a merge key: a map, or a list of maps of which an earlier one takes
// precedence. The map's own entries take precedence over all of them.
func (y *yamlReader) mergeInto(es *entries, n *yaml.Node, depth int) (size, height int) {
	line, column := y.position(n)
	parts := []*yaml.Node{n}
	if t := y.target(n); t.Kind == yaml.SequenceNode {
		if !y.deep(depth, line, column) || y.open[t] {
			return 0, 0
		}
		parts = t.Content
	}
	for _, part := range parts {
		line, column := y.position(part)
		if y.target(part).Kind != yaml.MappingNode {
			y.report(source.Malformed, line, column, "merges (<<) a value that is not a map")
			continue
		}
		m, s, h := y.convert(part, depth)
		if y.stopped {
			return 0, 0
		}
		if m == nil {
			continue
		}
		size, height = size+s, max(height, h)
		for _, e := range m.Entries {
			if es.find(e.Key) == nil {
				es.add(e)
			}
		}
	}
	return size, height
}
