package layer

import (
	"slices"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// Unresolved looks for references in a document whose layer has no resolver. resolved reports
// whether another layer has one for a scheme.
//
// A text that surely is a reference becomes a problem, and a null in the tree: it is the whole
// value, and another layer resolves its scheme, or its field is a secret or does not take plain
// text. likely has the key and the position of each other text that may be a reference and is used
// as it is: it is the whole value, or another layer or one of nacre's own options resolves its
// scheme.
func Unresolved(root *tree.Node, shape *tree.Shape, resolved func(scheme string) bool) (out *tree.Node, problems source.Problems, likely []string) {
	if !mayRefer(root) {
		return root, nil, nil
	}
	scalar := func(at tree.Path, in bound, n *tree.Node) *tree.Node {
		text, _, ok := textIn(n)
		if !ok {
			return n
		}
		whole := isReference(text)
		for _, scheme := range schemes(text) {
			switch {
			case whole && (resolved(scheme) || in.secret || !isText(in.shape)):
				own := wording.Own("is a reference of the scheme " + scheme + ", and its layer has no resolver - give nacre.Layer the option ResolveEnv, ResolveFiles or Resolve")
				problems = append(problems, own.On(&source.Problem{Kind: source.Invalid, Position: n.Position(), Key: at.String()}))
				return n.AsNull() // this avoids more problems of it
			case whole || resolved(scheme) || slices.Contains(ownSchemes, scheme):
				p := &source.Problem{Position: n.Position(), Key: at.String(), Message: "has a reference of the scheme " + scheme + ", for which its layer has no resolver"}
				likely = append(likely, p.Error())
				return n
			}
		}
		return n
	}
	out = rewriteTexts(nil, bound{shape: shape}, root, bound.below, scalar)
	return out, problems, likely
}

// mayRefer reports whether a text at or below n may have a reference.
func mayRefer(n *tree.Node) bool {
	if n.Kind == tree.Scalar {
		_, _, ok := textIn(n)
		return ok
	}
	return n.Fact(tree.HasReference, nil, false, func() bool {
		return slices.ContainsFunc(n.Items, mayRefer) || slices.ContainsFunc(n.Entries, func(e tree.Entry) bool { return mayRefer(e.Value) })
	})
}

// ownSchemes are those of ResolveEnv and ResolveFiles.
var ownSchemes = []string{"env", "file"}

// bound is a shape, and whether it or a shape above it is secret.
type bound struct {
	shape  *tree.Shape
	secret bool
}

func (b bound) below(segment string) bound {
	b.shape = b.shape.At(segment)
	b.secret = b.secret || b.shape != nil && b.shape.Secret
	return b
}

// schemes returns the schemes of the references in a text.
func schemes(text string) (all []string) {
	for {
		_, scheme, _, after, found := tree.CutReference(text)
		if !found {
			return all
		}
		all, text = append(all, scheme), after
	}
}
