package provider

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The bounds of the attributes of metrics. They are those of promobserve, so that both have the
// same series.
const (
	maxNames   = 100 // different values of one attribute
	maxLabel   = 64  // bytes
	otherNames = "other"
	unnamed    = "unnamed"
)

// Default is the name of a config or client that has none.
const Default = "default"

// Label returns a name as the attribute of a metric: at most 64 bytes, all of them printable.
func Label(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name[:min(len(name), 4*maxLabel)])
	if len(name) > maxLabel {
		end := maxLabel
		for !utf8.RuneStart(name[end]) {
			end--
		}
		name = name[:end]
	}
	if strings.TrimSpace(name) == "" {
		return unnamed
	}
	return name
}

// Names are the values of one attribute. Further names share the value "other".
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
	if len(n.kept) >= maxNames {
		return otherNames
	}
	if n.kept == nil {
		n.kept = map[string]struct{}{}
	}
	n.kept[name] = struct{}{}
	return name
}
