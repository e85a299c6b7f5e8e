package binding

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// aliasTag returns the old names of a key: the tag alias, with commas between them. It records the
// mistakes in this tag and in the deprecated tag.
func (c *compiler) aliasTag(sf reflect.StructField, key string) (aliases []string) {
	if text, ok := sf.Tag.Lookup("deprecated"); ok && strings.TrimSpace(text) == "" {
		c.mistake("the deprecated tag must say what to use instead")
	}
	tag, ok := sf.Tag.Lookup("alias")
	if !ok {
		return nil
	}
	for alias := range strings.SplitSeq(tag, ",") {
		switch alias = strings.TrimSpace(alias); {
		case alias == "":
			c.mistake("the alias tag must have old names of the key, with commas between them")
		case alias == key:
			c.mistake("the alias tag has the key itself; it must have old names only")
		case slices.Contains(aliases, alias):
			c.mistake(fmt.Sprintf("the alias tag has %s twice", alias))
		default:
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

// renameless records the tags of a field without a key that only a key can have.
func (c *compiler) renameless(sf reflect.StructField) {
	for _, tag := range []string{"alias", "deprecated"} {
		if _, tagged := sf.Tag.Lookup(tag); tagged {
			c.mistake("a field without a key of its own cannot have the " + tag + " tag")
		}
	}
}

// aliases indexes the old names of the fields. A name must not mean two fields.
func (c *compiler) aliases(k *codec, f *fields) {
	owner := make(map[string]*field)
	for i := range f.list {
		owner[f.list[i].key] = &f.list[i]
	}
	for i := range f.list {
		field := &f.list[i]
		for _, alias := range field.aliases {
			if had := owner[alias]; had != nil {
				message := "has the alias " + alias + ", which is the key of " + had.goName
				if had.key != alias {
					message = "has the alias " + alias + ", and so has " + had.goName
				}
				c.enter(field.key)
				c.mistakes = append(c.mistakes, mistake{c.path.String(), field.goName, message})
				c.leave()
				continue
			}
			owner[alias] = field
			if f.byAlias == nil {
				f.byAlias, k.shape.Aliases = map[string]int{}, map[string]string{}
			}
			f.byAlias[alias], k.shape.Aliases[alias] = i, field.key
		}
	}
}

// isOther is the result of findAlias for an old name whose value is not bound, because the tree has
// the key too.
const isOther = -2

// findAlias returns the index of the field whose old name e has, or -1. Decoding replaces the old
// names of documents; trees of callers and of hooks may have some. It records that the tree has two
// names of one key with different values.
func (f *fields) findAlias(r *run, n *tree.Node, e *tree.Entry) int {
	at, ok := f.byAlias[e.Key]
	switch {
	case !ok:
		return -1
	case e.Verdict == tree.Refused:
		return isOther // reported with the document
	}
	for _, name := range append([]string{f.list[at].key}, f.list[at].aliases...) {
		other := n.Entry(name)
		if other == nil {
			continue
		}
		if name == e.Key {
			return at // the first of the names
		}
		if !tree.Equal(other.Value, e.Value) {
			r.key(e.Key)
			r.note(source.DuplicateKey, e.Position(), "is an old name of "+f.list[at].key+", which has another value; keep one of them", nil)
			r.up()
		}
		return isOther
	}
	return -1
}

// takes reports whether the field for all other keys takes this one. Keys for tools and people,
// such as $schema, are only for fields that take any value.
func (f *field) takes(key string) bool {
	elem := f.codec.shape.Elem
	return !tree.Passes(key) || elem == nil || elem.Kind == tree.Any
}
