package tree

import (
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Secrets calls yield with the text of every scalar that is secret by shape, except booleans. For
// the text of a list or map of secrets, it also calls yield with each part.
func Secrets(n *Node, shape *Shape, yield func(string)) { secrets(n, shape, false, yield) }

func secrets(n *Node, shape *Shape, within bool, yield func(string)) {
	if !hasSecret(n, shape, within) {
		return
	}
	within = within || shape != nil && shape.Secret
	switch n.Kind {
	case Scalar:
		var text string
		switch v := n.Value.(type) {
		case string:
			text = v
		case source.Text:
			text = string(v)
		case int64:
			text = strconv.FormatInt(v, 10)
		case uint64:
			text = strconv.FormatUint(v, 10)
		case float64:
			text = strconv.FormatFloat(v, 'g', -1, 64)
		case time.Time:
			text = v.Format(time.RFC3339Nano)
		default:
			return // a search for true and false in texts is of no use
		}
		if !within && !shape.HidesText() {
			return
		}
		yield(text)
		if shape == nil || shape.Kind != ListOf && shape.Kind != MapOf {
			return
		}
		for _, part := range SplitText(text) {
			yield(part)
			if _, value, ok := strings.Cut(part, "="); ok && shape.Kind == MapOf {
				yield(strings.TrimSpace(value))
			}
		}
	case List:
		for i, item := range n.Items {
			secrets(item, shape.At(Item(i)), within, yield)
		}
	case Map:
		for i := range n.Entries {
			secrets(n.Entries[i].Value, shape.At(n.Entries[i].Key), within, yield)
		}
	}
}

// hasSecret reports whether a value that is not null is within a secret, or may be one by its
// shape.
func hasSecret(n *Node, shape *Shape, within bool) bool {
	if n == nil || shape == nil && !within {
		return false
	}
	within = within || shape != nil && shape.Secret
	if n.Kind == Scalar {
		return within || shape.HidesText()
	}
	return n.Fact(HasSecret, shape, within, func() bool {
		for i, item := range n.Items {
			if hasSecret(item, shape.At(Item(i)), within) {
				return true
			}
		}
		for i := range n.Entries {
			if hasSecret(n.Entries[i].Value, shape.At(n.Entries[i].Key), within) {
				return true
			}
		}
		return false
	})
}
