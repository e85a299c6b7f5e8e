package check

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
)

// keyPosition returns where a document has the key whose value begins at a line and column, or the
// position of the value if the key is not found before it. A service reports a key that it does not
// know at the key; what is known here is the place of the value.
func keyPosition(content []byte, path string, line, column int) (int, int) {
	parts := keypath.Split(path)
	if len(parts) == 0 || keypath.IsIndex(parts[len(parts)-1]) {
		return line, column
	}
	name := strings.Trim(parts[len(parts)-1], `"`)
	lines := strings.Split(string(content), "\n")
	for at := min(line, len(lines)); at > 0; at-- {
		text := []rune(lines[at-1])
		if at == line {
			text = text[:max(0, min(column-1, len(text)))] // what is before the value
		}
		if start, found := lastKey(text, name); found {
			return at, start + 1
		}
	}
	return line, column
}

// lastKey returns where the last key with that name begins in a text: the name, in quotes or not,
// before a separator.
func lastKey(text []rune, name string) (start int, found bool) {
	want := []rune(name)
	for i := len(text) - len(want); i >= 0; i-- {
		if !slices.Equal(text[i:i+len(want)], want) {
			continue
		}
		start, rest := i, strings.TrimSpace(string(text[i+len(want):]))
		if i > 0 && (text[i-1] == '"' || text[i-1] == '\'') {
			start--
			rest = strings.TrimSpace(strings.TrimLeft(rest, `"'`))
		}
		if start > 0 && (unicode.IsLetter(text[start-1]) || unicode.IsDigit(text[start-1]) || strings.ContainsRune("_-", text[start-1])) {
			continue // the end of another name
		}
		if rest == "" || strings.ContainsAny(rest[:1], ":=") {
			return start, true
		}
	}
	return 0, false
}
