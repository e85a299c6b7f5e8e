package metric

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxNames is the number of different values that one label has at most, besides Other.
	MaxNames = 100
	// Other is the value for all further names.
	Other = "other"
	// maxBytes is the length of a label's value.
	maxBytes = 64
)

// Label returns a name as the value of a label: valid UTF-8 that is printable, at most 64 bytes
// long, and not empty, since an empty value means that there is no such label.
func Label(name string) string {
	if len(name) > 4*maxBytes {
		name = name[:4*maxBytes]
	}
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name)
	if len(name) > maxBytes {
		end := maxBytes
		for !utf8.RuneStart(name[end]) {
			end--
		}
		name = name[:end]
	}
	if strings.TrimSpace(name) == "" {
		return "unnamed"
	}
	return name
}

// Names turns names into the values of one label. It keeps the first MaxNames of them; all others
// become Other. A name keeps its value for good, so that a counter never moves to another one.
type Names struct {
	mu   sync.Mutex
	kept map[string]struct{}
}

// Label returns the value for a name.
func (n *Names) Label(name string) string {
	name = Label(name)
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.kept[name]; ok {
		return name
	}
	if len(n.kept) >= MaxNames {
		return Other
	}
	if n.kept == nil {
		n.kept = map[string]struct{}{}
	}
	n.kept[name] = struct{}{}
	return name
}
