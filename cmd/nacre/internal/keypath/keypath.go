package keypath

import "strings"

// Split returns the parts of a path: hosts, [2] and port of "hosts[2].port". A quoted part is one
// part, whatever is in it.
func Split(path string) (parts []string) {
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

// IsIndex reports whether a part is an index of a list.
func IsIndex(part string) bool { return strings.HasPrefix(part, "[") }

// Match returns how many parts of a pattern the path has, if it has all of them, and 0 otherwise.
func Match(pattern, path []string) int {
	if len(pattern) > len(path) || len(pattern) == 0 {
		return 0
	}
	for i, part := range pattern {
		switch {
		case part == path[i], part == "*" && !IsIndex(path[i]), part == "[]" && IsIndex(path[i]):
		default:
			return 0
		}
	}
	return len(pattern)
}

// Related reports whether a path is that of a pattern, or is below it or above it: a change of one
// of them is a change of the other.
func Related(pattern, path string) bool {
	a, b := Split(pattern), Split(path)
	n := min(len(a), len(b))
	return n > 0 && Match(a[:n], b[:n]) == n
}
