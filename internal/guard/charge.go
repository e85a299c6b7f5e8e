package guard

import (
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Charge is what one document takes away of what a configuration loses.
type Charge struct {
	Keys int
	// Nulls are the nulls of the document that take something away, and that it did not have before.
	Nulls []Null
}

// Null is a null, or a key without a value, with what it takes away.
type Null struct {
	Place
	At source.Position
}

// Charge returns what a document takes away of what is gone, which was old and is next; nil for a document that was or is not there. It
// looks at each key of the document once, however much is gone.
func (g *Gone) Charge(old, next *tree.Node) (c Charge) {
	if g.lacks == nil {
		g.lacks = &lack{}
		for _, p := range g.Places {
			g.lacks.add(p)
		}
	}
	c.walk(nil, g.lacks, old, next)
	return c
}

// lack is a place at which, or below which, something is gone.
type lack struct {
	keys int // that are gone, with those below
	leaf bool
	at   map[string]*lack
}

func (l *lack) add(p Place) {
	l.keys += p.Keys
	for _, segment := range p.Path {
		next := l.at[segment]
		if next == nil {
			next = &lack{}
			if l.at == nil {
				l.at = map[string]*lack{}
			}
			l.at[segment] = next
		}
		l = next
		l.keys += p.Keys
	}
	l.leaf = true
}

func (c *Charge) walk(at tree.Path, gone *lack, old, next *tree.Node) {
	switch {
	case gone == nil || old == next:
	case next != nil && (next.Kind != tree.Map || next.Bare) && (old == nil || old.Kind != next.Kind || old.Bare != next.Bare):
		// it stands in the place of what is gone
		c.Keys += gone.keys
		if TakesAway(next) && !TakesAway(old) {
			c.Nulls = append(c.Nulls, Null{Place{append(tree.Path(nil), at...), gone.keys}, next.Position()})
		}
	case gone.leaf:
		c.Keys += min(gone.keys, Missing(old, next).Lost)
	default:
		if old != nil {
			for i := range old.Entries {
				e := &old.Entries[i]
				c.walk(append(at, e.Key), gone.at[e.Key], e.Value, next.Child(e.Key))
			}
		}
		if next != nil {
			for i := range next.Entries {
				if e := &next.Entries[i]; old.Entry(e.Key) == nil {
					c.walk(append(at, e.Key), gone.at[e.Key], nil, e.Value)
				}
			}
		}
	}
}

// TakesAway reports whether a node is there to take away what lower layers say: a null, or a key without a value.
func TakesAway(n *tree.Node) bool { return n != nil && (n.Kind == tree.Null || n.Bare) }

// Unsaid is how many keys of a document that is not there any more nobody says now: they are neither in the documents that its layer has, nor
// has the configuration, as it will be, the same value there. So a document can be renamed, and move to another layer.
func Unsaid(document, own, config *tree.Node) int {
	switch {
	case document == nil || document.Kind == tree.Null:
		return 0
	case own != nil && own.Kind != tree.Null && (own.Kind != tree.Map || document.Kind != tree.Map):
		return shrunk(document, own)
	case document.Kind != tree.Map:
		if own == nil && tree.Same(document, config) {
			return 0
		}
		return leaves(document)
	}
	n := 0
	for i := range document.Entries {
		e := &document.Entries[i]
		n += Unsaid(e.Value, own.Child(e.Key), config.Child(e.Key))
	}
	return n
}
