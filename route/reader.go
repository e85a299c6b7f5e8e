package route

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// reader reads the tree of a routing document, and collects what is wrong with it.
type reader struct {
	name     string
	problems source.Problems
}

// report adds a problem of the value n, which may be nil, with the key at.
func (r *reader) report(n *tree.Node, at string, kind source.Kind, message string) {
	r.suggest(n, at, kind, message, "")
}

// suggest is report with what was probably meant, or "".
func (r *reader) suggest(n *tree.Node, at string, kind source.Kind, message, meant string) {
	p := &source.Problem{Kind: kind, Key: at, Message: message, Suggest: meant, Position: source.Position{Document: r.name}}
	if n != nil {
		p.Position.Line, p.Position.Column = int(n.Line), int(n.Column)
	}
	r.problems = append(r.problems, p)
}

// isMap reports whether n is a map with no keys but these; without keys, every key is allowed.
func (r *reader) isMap(n *tree.Node, at string, keys ...string) bool {
	if n.Kind != tree.Map {
		r.report(n, at, source.WrongType, "must be a map")
		return false
	}
	for _, e := range n.Entries {
		if len(keys) > 0 && !slices.Contains(keys, e.Key) && !tree.Passes(e.Key) {
			key := tree.NewScalar(nil, e.Line, e.Column, e.Key)
			r.suggest(key, strings.TrimPrefix(at+"."+e.Key, "."), source.UnknownKey, "", r.nearest(e.Key, keys))
		}
	}
	return true
}

// text returns a text that is not empty.
func (r *reader) text(n *tree.Node, at string) string {
	s, ok := n.Value.(string)
	switch {
	case n.Kind != tree.Scalar:
		r.report(n, at, source.WrongType, "must be a text")
	case !ok:
		r.report(n, at, source.WrongType, "must be a text; put it in quotes")
	case s == "":
		r.report(n, at, source.Invalid, "is empty")
	case len(s) > maxText:
		r.report(n, at, source.TooLarge, fmt.Sprintf("has more than %d bytes", maxText))
	default:
		return s
	}
	return ""
}

// maxText is the number of bytes of a name, a value or a template.
const maxText = 512

// texts returns a list of texts, which may also be a single text. It returns nil for nothing.
func (r *reader) texts(n *tree.Node, at string, mayBeEmpty bool) []string {
	switch {
	case n == nil:
		return nil
	case n.Kind == tree.Scalar:
		return []string{r.text(n, at)}
	case n.Kind != tree.List:
		r.report(n, at, source.WrongType, "must be a text or a list of texts")
		return nil
	case len(n.Items) == 0 && !mayBeEmpty:
		r.report(n, at, source.Invalid, "is an empty list, which nothing matches; leave the key away to match everything")
		return nil
	}
	all, seen := []string{}, make(map[string]bool, len(n.Items))
	for i, item := range n.Items {
		text := r.text(item, fmt.Sprintf("%s[%d]", at, i))
		if text != "" && seen[text] {
			r.report(item, fmt.Sprintf("%s[%d]", at, i), source.Invalid, "is in the list twice")
		}
		seen[text] = true
		all = append(all, text)
	}
	return all
}

func (r *reader) boolean(n *tree.Node, at string) bool {
	if n == nil {
		return false
	}
	b, ok := n.Value.(bool)
	if !ok {
		r.report(n, at, source.WrongType, "must be true or false")
	}
	return b
}

// among reports the values that are not declared.
func (r *reader) among(n *tree.Node, at string, used, declared values, where string) {
	for i, v := range used.list {
		if v == "" || declared.set[v] {
			continue
		}
		item, at := r.item(n, at, i)
		r.suggest(item, at, source.Invalid, "is not among "+where, r.nearest(v, declared.list))
	}
}

// item returns an item of a list with its key, or a single text, which stands for a list of one.
func (r *reader) item(n *tree.Node, at string, i int) (item *tree.Node, key string) {
	if n.Kind != tree.List {
		return n, at
	}
	return n.Items[i], fmt.Sprintf("%s[%d]", at, i)
}

// undeclared reports a label that is not declared.
func (r *reader) undeclared(n *tree.Node, at, label string, d declared) {
	var names []string
	if len(r.problems) < maxSuggested {
		names = slices.Sorted(maps.Keys(d.labels))
	}
	r.suggest(n, at, source.Invalid, "has a label that is not declared under labels", r.nearest(label, names))
}

// maxSuggested is the number of problems for which the reader looks for what was meant.
const maxSuggested = 20

// nearest returns the name that was probably meant, or "".
func (r *reader) nearest(name string, names []string) string {
	if len(r.problems) >= maxSuggested {
		return ""
	}
	best, least := "", tree.Slack(name)+1
	for _, n := range names {
		if d := tree.Edits(strings.ToLower(name), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// shadowed reports rules that never match, because an earlier one matches all of their instances.
func (r *reader) shadowed(rules []rule) {
	for j := range rules {
		late := &rules[j]
		if late.match.drawn && late.match.share == 0 { // it is switched off
			continue
		}
		for i := range rules[:j] {
			early := &rules[i]
			if !early.match.covers(&late.match) {
				continue
			}
			message := fmt.Sprintf("%s never matches: %s, in line %d, matches all of its instances", late.label(), early.label(), early.line)
			if late.match.covers(&early.match) {
				message = fmt.Sprintf("%s ties with %s, in line %d: both match the same instances", late.label(), early.label(), early.line)
			}
			r.problems = append(r.problems, &source.Problem{Kind: source.Invalid, Message: message, Position: source.Position{Document: r.name, Line: late.line}})
			break
		}
	}
}

// twice reports documents that a set has twice whatever the instance is, and sets that are too
// large.
func (r *reader) twice(t *Table) {
	common := map[[3]string]int{}
	r.distinct(t.common, common)
	for i := range t.rules {
		rule := &t.rules[i]
		r.distinct(rule.documents, maps.Clone(common))
		if len(t.common)+len(rule.documents) > maxDocuments {
			r.problems = append(r.problems, &source.Problem{Kind: source.TooLarge, Position: source.Position{Document: r.name, Line: rule.line},
				Message: fmt.Sprintf("%s has more than %d documents, with the common ones", rule.label(), maxDocuments)})
		}
	}
}

// distinct adds documents to seen, which has the line of each, and reports those that are there.
func (r *reader) distinct(documents []template, seen map[[3]string]int) {
	for _, d := range documents {
		id := [3]string{d.namespace, d.group, d.dataID}
		if first, ok := seen[id]; ok {
			r.problems = append(r.problems, &source.Problem{Kind: source.Invalid, Position: source.Position{Document: r.name, Line: d.line, Column: d.column}, Message: again(first)})
			continue
		}
		seen[id] = d.line
	}
}

// again says that a document is in a set twice.
func again(first int) string {
	return fmt.Sprintf("is the document of line %d again, so that its place in the order is not clear", first)
}
