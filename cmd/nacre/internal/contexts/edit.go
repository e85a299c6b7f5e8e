package contexts

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// encode returns the file as YAML: the document that was read, with what has changed since. So
// comments stay, except in a context that was deleted.
func (f *File) encode() ([]byte, error) {
	var now yaml.Node
	if err := now.Encode(f); err != nil {
		return nil, err
	}
	root := &now
	if f.node != nil && len(f.node.Content) == 1 && f.node.Content[0].Kind == yaml.MappingNode {
		update(f.node.Content[0], root)
		root = f.node
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// update makes a mapping say what another one says.
func update(old, now *yaml.Node) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(old.Content); i += 2 {
		key, value := old.Content[i], old.Content[i+1]
		to := lookup(now, key.Value)
		switch {
		case to == nil:
			continue
		case value.Kind == yaml.MappingNode && to.Kind == yaml.MappingNode:
			update(value, to)
		case !same(value, to):
			to.HeadComment, to.LineComment, to.FootComment = value.HeadComment, value.LineComment, value.FootComment
			value = to
		}
		kept = append(kept, key, value)
	}
	for i := 0; i+1 < len(now.Content); i += 2 {
		if lookup(old, now.Content[i].Value) == nil {
			kept = append(kept, now.Content[i], now.Content[i+1])
		}
	}
	old.Content = kept
}

func lookup(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// same reports whether two nodes mean the same, however they are written.
func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}
