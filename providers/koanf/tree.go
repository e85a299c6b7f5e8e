package koanf

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// unflatten splits the keys of the outermost map. It skips empty parts of a key, and a key without
// a value that ends in the delimiter, which marks a folder.
func unflatten(flat map[string]any, delimiter string) (map[string]any, error) {
	tree := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(flat)) {
		value := flat[key]
		if value == "" && strings.HasSuffix(key, delimiter) {
			continue
		}
		path := slices.DeleteFunc(strings.Split(key, delimiter), func(part string) bool { return part == "" })
		if len(path) == 0 {
			path = []string{key}
		}
		if !insert(tree, path, value) {
			return nil, fmt.Errorf("%q: another key has the same path, or a path above it", key)
		}
	}
	return tree, nil
}

// insert sets value at path, and joins maps. It reports false if the path has another value.
func insert(tree map[string]any, path []string, value any) bool {
	for _, part := range path[:len(path)-1] {
		child, there := tree[part]
		if !there {
			child = map[string]any{}
			tree[part] = child
		}
		m, ok := child.(map[string]any)
		if !ok {
			return false
		}
		tree = m
	}
	last := path[len(path)-1]
	old, there := tree[last]
	if !there {
		tree[last] = value
		return true
	}
	into, ok := old.(map[string]any)
	from, same := value.(map[string]any)
	if !ok || !same {
		return false
	}
	for key, child := range from {
		if !insert(into, []string{key}, child) {
			return false
		}
	}
	return true
}

// asText turns every string into a source.Text, in place.
func asText(v any) any {
	switch v := v.(type) {
	case string:
		return source.Text(v)
	case map[string]any:
		for key, child := range v {
			v[key] = asText(child)
		}
	case []any:
		for i, child := range v {
			v[i] = asText(child)
		}
	}
	return v
}
