package declaration

import (
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
)

// Find returns the key of the service that a path of a document belongs to, such as "hosts[].port"
// for "hosts[2].port", by its own name or an old one. A change of a map or list as a whole belongs
// to the key of the map or list, and a change within a value that the service takes as a whole
// belongs to that value.
func (d *Declaration) Find(path string) (Key, bool) {
	parts := keypath.Split(path)
	best, depth := -1, 0
	for i, k := range d.Keys {
		for _, name := range append([]string{k.Path}, aliasPaths(k)...) {
			if n := keypath.Match(keypath.Split(name), parts); n > depth {
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
	parts := keypath.Split(path)
	for _, k := range d.Keys {
		if name := keypath.Split(k.Path); len(name) > len(parts) && keypath.Match(name[:len(parts)], parts) == len(parts) {
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
