package keypath

import (
	"path"
	"strings"
)

// Split returns the parts of a path: hosts, [2] and port of "hosts[2].port". A quoted part is one
// part, whatever is in it.
func Split(key string) (parts []string) {
	for key != "" {
		switch key[0] {
		case '.':
			key = key[1:]
		case '"':
			end := closing(key)
			parts, key = append(parts, key[:end]), key[end:]
		case '[':
			end := strings.IndexByte(key, ']') + 1
			if end == 0 {
				end = len(key)
			}
			parts, key = append(parts, key[:end]), key[end:]
		default:
			end := strings.IndexAny(key, ".[")
			if end < 0 {
				end = len(key)
			}
			parts, key = append(parts, key[:end]), key[end:]
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

// Like reports whether a text, such as a key or the name of a document, is like one of the patterns
// that people write, in which * is any text.
func Like(patterns []string, text string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, text); ok && err == nil {
			return true
		}
	}
	return false
}
