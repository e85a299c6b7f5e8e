package declaration

import "strings"

// Find returns the key of the service that a path of a document belongs to, such as "hosts[].port"
// for "hosts[2].port", by its own name or an old one. A change of a map or list as a whole belongs
// to the key of the map or list, and a change within a value that the service takes as a whole
// belongs to that value.
func (d *Declaration) Find(path string) (Key, bool) {
	parts := split(path)
	best, depth := -1, 0
	for i, k := range d.Keys {
		for _, name := range append([]string{k.Path}, aliasPaths(k)...) {
			if n := match(split(name), parts); n > depth {
				best, depth = i, n
			}
		}
	}
	if best < 0 {
		return Key{}, false
	}
	return d.Keys[best], true
}

// Below returns the keys of the service below a path, such as db.pool below db.
func (d *Declaration) Below(path string) (all []Key) {
	parts := split(path)
	for _, k := range d.Keys {
		if name := split(k.Path); len(name) > len(parts) && match(name[:len(parts)], parts) == len(parts) {
			all = append(all, k)
		}
	}
	return all
}

// aliasPaths returns the old names of a key as paths: an alias is another name for the last part.
func aliasPaths(k Key) (all []string) {
	cut := strings.LastIndexByte(k.Path, '.') + 1
	for _, alias := range k.Aliases {
		all = append(all, k.Path[:cut]+alias)
	}
	return all
}

// match returns how many parts of a name the path has, if it has all of them, and 0 otherwise.
func match(name, path []string) int {
	if len(name) > len(path) || len(name) == 0 {
		return 0
	}
	for i, part := range name {
		switch {
		case part == path[i], part == "*" && !isIndex(path[i]), part == "[]" && isIndex(path[i]):
		default:
			return 0
		}
	}
	return len(name)
}

func isIndex(part string) bool { return strings.HasPrefix(part, "[") }

// split returns the parts of a path: hosts, [2] and port of "hosts[2].port". A quoted part is one
// part, whatever is in it.
func split(path string) (parts []string) {
	for path != "" {
		switch path[0] {
		case '.':
			path = path[1:]
		case '"':
			end := closing(path)
			parts, path = append(parts, path[:end]), path[end:]
		case '[':
			end := strings.IndexByte(path, ']') + 1
			if end == 0 {
				end = len(path)
			}
			parts, path = append(parts, path[:end]), path[end:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			parts, path = append(parts, path[:end]), path[end:]
		}
	}
	return parts
}

// closing returns where a quoted part ends.
func closing(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
