package guard

import (
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Charge is the part of a loss of the configuration that one document causes.
type Charge struct {
	Keys int
	// Nulls are the new nulls of the document that remove something.
	Nulls []Null
}

// Null is a null, or a key without a value, with what it removes.
type Null struct {
	Place
	At source.Position
}

// Charge returns the part of the loss that a document causes by changing from old to next; a nil
// tree is a document that did not or does not exist. It looks at each key of the document once,
// however large the loss is.
func (g *Gone) Charge(old, next *tree.Node) (c Charge) {
	if g.lacks == nil {
		g.lacks = &lack{}
		for _, p := range g.Places {
			g.lacks.add(p)
		}
	}
	c.walk(nil, g.lacks, old, next, g.shape)
	return c
}

// lack is a place at which, or below which, keys are gone.
type lack struct {
	keys int // that are gone here and below
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

func (c *Charge) walk(at tree.Path, gone *lack, old, next *tree.Node, shape *tree.Shape) {
	switch {
	case gone == nil || old == next:
	case next != nil && (next.Kind != tree.Map || next.Bare) && (old == nil || old.Kind != next.Kind || old.Bare != next.Bare):
		// it replaces what is gone
		c.Keys += gone.keys
		if TakesAway(next) && !TakesAway(old) {
			c.Nulls = append(c.Nulls, Null{Place{append(tree.Path(nil), at...), gone.keys}, next.Position()})
		}
	case gone.leaf:
		c.Keys += min(gone.keys, Missing(old, next, shape).Lost)
	default:
		if old != nil {
			for i := range old.Entries {
				e := &old.Entries[i]
				c.walk(append(at, e.Key), gone.at[e.Key], e.Value, next.Child(e.Key), below(shape, e.Key))
			}
		}
		if next != nil {
			for i := range next.Entries {
				if e := &next.Entries[i]; old.Entry(e.Key) == nil {
					c.walk(append(at, e.Key), gone.at[e.Key], nil, e.Value, below(shape, e.Key))
				}
			}
		}
	}
}

// TakesAway reports whether a node removes what lower layers set: a null, or a key without a value.
func TakesAway(n *tree.Node) bool { return n != nil && (n.Kind == tree.Null || n.Bare) }

// Unsaid returns how many keys of a removed document nothing sets now: the other documents of its
// layer do not have them, and the next configuration does not have their values. So a document can
// be renamed, or move to another layer, without a loss.
func Unsaid(document, own, config *tree.Node, shape *tree.Shape) int {
	switch {
	case document == nil || document.Kind == tree.Null:
		return 0
	case own != nil && own.Kind != tree.Null && (own.Kind != tree.Map || document.Kind != tree.Map):
		return shrunk(document, own, shape)
	case document.Kind != tree.Map:
		if own == nil && tree.Same(document, config) {
			return 0
		}
		return leaves(document, shape)
	}
	n := 0
	for i := range document.Entries {
		e := &document.Entries[i]
		n += Unsaid(e.Value, own.Child(e.Key), config.Child(e.Key), below(shape, e.Key))
	}
	return n
}
