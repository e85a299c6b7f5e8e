package route

import "strings"

// values is the texts of which a condition allows each. The zero value allows every text.
type values struct {
	list []string // as written
	set  map[string]bool
}

func newValues(list []string) values {
	v := values{list: list, set: make(map[string]bool, len(list))}
	for _, text := range list {
		v.set[text] = true
	}
	return v
}

func (v values) allows(text string) bool { return len(v.list) == 0 || v.set[text] }

// covers reports whether v allows everything that other allows.
func (v values) covers(other values) bool {
	if len(v.list) == 0 {
		return true
	}
	for _, text := range other.list {
		if !v.set[text] {
			return false
		}
	}
	return len(other.list) > 0
}

// String returns "a or b".
func (v values) String() string { return strings.Join(v.list, " or ") }
