package layer

import (
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Expand replaces the references "${scheme:name}" in the texts of a document. "$${" is a literal
// "${". look returns the text of a reference; its error becomes a problem of the key, with the same
// text. Other dollars are literal. A text that is a reference as a whole becomes a text without a
// type, which its field reads. The result shares nodes without references.
func Expand(root *tree.Node, look func(scheme, name string) (string, error)) (*tree.Node, source.Problems) {
	return ExpandWithin(nil, root, nil, look)
}

// ExpandWithin is Expand with limits on the places of references. A reference that is not allowed
// is a problem, and look is not called for it, unless its scheme is free.
func ExpandWithin(within *Embedding, root *tree.Node, free func(scheme string) bool, look func(scheme, name string) (string, error)) (*tree.Node, source.Problems) {
	e := expander{look: look, free: free}
	return e.node(nil, within.root(), root), e.problems
}

type expander struct {
	free     func(scheme string) bool
	look     func(scheme, name string) (string, error)
	problems source.Problems
}

func (e *expander) node(at tree.Path, in []spot, n *tree.Node) *tree.Node {
	return rewriteTexts(at, in, n, below, e.scalar)
}

// rewriteTexts returns n with other scalars. in is what is known about the place of n, and below
// leads to the places below it. The result shares nodes without a change.
func rewriteTexts[P any](at tree.Path, in P, n *tree.Node, below func(P, string) P, scalar func(tree.Path, P, *tree.Node) *tree.Node) *tree.Node {
	if !mayRefer(n) {
		return n
	}
	switch n.Kind {
	case tree.Scalar:
		return scalar(at, in, n)
	case tree.List:
		items := make([]*tree.Node, len(n.Items))
		changed := false
		for i, item := range n.Items {
			items[i] = rewriteTexts(at.Join(tree.Item(n.Place(i))), below(in, tree.Item(i)), item, below, scalar)
			changed = changed || items[i] != item
		}
		if changed {
			return n.WithItems(items)
		}
	case tree.Map:
		entries := make([]tree.Entry, len(n.Entries))
		changed := false
		for i, entry := range n.Entries {
			entries[i] = entry
			entries[i].Value = rewriteTexts(at.Join(entry.Key), below(in, entry.Key), entry.Value, below, scalar)
			changed = changed || entries[i].Value != entry.Value
		}
		if changed {
			return tree.NewMap(n.Doc, n.Line, n.Column, entries)
		}
	}
	return n
}

// textIn returns the text of a scalar if it may have a reference.
func textIn(n *tree.Node) (text string, typeless, ok bool) {
	switch v := n.Value.(type) {
	case string:
		text = v
	case source.Text:
		text, typeless = string(v), true
	}
	return text, typeless, strings.Contains(text, "${")
}

func (e *expander) scalar(at tree.Path, in []spot, n *tree.Node) *tree.Node {
	text, typeless, ok := textIn(n)
	if !ok {
		return n
	}
	if p := refuses(in, at, n, text, e.free); p != nil {
		e.problems = append(e.problems, p)
		return n.AsNull() // it is refused; this avoids more problems of it
	}
	expanded, referred := e.text(at, n, text)
	if expanded == text {
		return n
	}
	var value any = expanded
	if typeless || referred && (isReference(text) || allFree(text, e.free)) { // what was referred to has no type
		value = source.Text(expanded)
	}
	made := tree.NewScalar(n.Doc, n.Line, n.Column, value)
	if referred {
		made.Ref = text
	}
	return made
}

// text expands one text, and reports whether it contains a reference.
func (e *expander) text(at tree.Path, n *tree.Node, text string) (string, bool) {
	var b strings.Builder
	for referred := false; ; referred = true {
		before, scheme, name, after, found := tree.CutReference(text)
		b.WriteString(before)
		if !found {
			return b.String(), referred
		}
		if strings.Contains(name, "${") {
			e.problems = append(e.problems, wording.Own("has a reference in a reference; references do not nest").
				On(&source.Problem{Kind: source.Invalid, Position: n.Position(), Key: at.String()}))
			text = after
			continue
		}
		value, err := e.look(scheme, name)
		if err != nil {
			shown := name
			if first, _, ok := strings.Cut(name, ":"); ok {
				shown = first + ":…" // the rest may be a default, which is a value
			}
			message := wording.Join(wording.Own("the reference ${"+scheme+":"+shown+"} cannot be resolved: "), wording.OfError(err))
			e.problems = append(e.problems, message.On(&source.Problem{Kind: source.Unavailable, Position: n.Position(), Key: at.String(), Err: err}))
		}
		b.WriteString(value)
		text = after
	}
}
