package routing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nacre-go/nacre/route"
)

// Change is what a new routing document does to one rule.
type Change struct {
	// Rule is "rule 2 (canary)": of the new document, or of the old one if the rule is removed.
	Rule string `json:"rule"`
	Op   string `json:"op"` // "added", "removed", "changed" or "moved"
	// From and To are the conditions: "service orders, 10 %", or "every instance". Empty: the rule
	// is not there.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Added and Removed are the documents that instances of the rule get and lose.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Reordered reports that the order of the documents, or what is said of one, differs.
	Reordered bool `json:"reordered,omitempty"`
}

// Name returns the name of the rule, which may be empty.
func (c Change) Name() string { return nameIn(c.Rule) }

// The kinds of changes.
const (
	opAdded   = "added"
	opRemoved = "removed"
	opChanged = "changed"
	opMoved   = "moved" // among the other rules
)

// rule is what the sets of one rule have in common.
type rule struct {
	number    int
	key       string // identifies the rule in two documents
	reason    string
	documents []string // names
	details   []string // names with everything that is said of them
}

// rulesOf returns the rules of a table, in order.
func rulesOf(t *route.Table, namespace string) (all []rule) {
	seen := map[string]int{}
	for _, set := range SetsOf(t, route.Instance{Namespace: namespace}).All {
		if n := len(all); n == 0 || set.Rule != all[n-1].number {
			// A rule without a name is known by its conditions, which several may have.
			key := cmp.Or(name(set.Reason), "\x00"+conditions(set.Reason))
			seen[key]++
			all = append(all, rule{number: set.Rule, key: fmt.Sprint(key, "\x00", seen[key]), reason: set.Reason})
		}
		r := &all[len(all)-1]
		for _, d := range set.Documents {
			name := DocumentName(d)
			if !slices.Contains(r.documents, name) {
				r.documents = append(r.documents, name)
			}
			r.details = append(r.details, fmt.Sprint(name, " ", d.Format, d.Optional, d.AllowUnknown))
		}
	}
	return all
}

// DocumentName returns the data ID of a document, after the group and before the namespace if the
// routing document names them.
func DocumentName(d route.Document) string {
	text := d.DataID
	if d.Group != "" {
		text = d.Group + "/" + text
	}
	if d.Namespace != "" {
		text += " in " + d.Namespace
	}
	return text
}

// Compare returns what a new routing document does to the rules of an old one: those that are
// removed, and then the others in the order of the new one. An absent document is nil.
func Compare(before, after *route.Table, namespace string) (all []Change) {
	was, is := rulesUnless(before, namespace), rulesUnless(after, namespace)
	find := func(in []rule, r rule) int { return slices.IndexFunc(in, func(o rule) bool { return o.key == r.key }) }
	for _, r := range was {
		if find(is, r) < 0 {
			all = append(all, Change{Rule: Rule(r.reason), Op: opRemoved, From: conditions(r.reason), Removed: r.documents})
		}
	}
	highest := -1 // place in the old document of the rules so far
	for _, r := range is {
		at := find(was, r)
		if at < 0 {
			all = append(all, Change{Rule: Rule(r.reason), Op: opAdded, To: conditions(r.reason), Added: r.documents})
			continue
		}
		c := Change{Rule: Rule(r.reason), From: conditions(was[at].reason), To: conditions(r.reason)}
		c.Added, c.Removed = without(r.documents, was[at].documents), without(was[at].documents, r.documents)
		c.Reordered = len(c.Added)+len(c.Removed) == 0 && !slices.Equal(was[at].details, r.details)
		switch {
		case c.From != c.To || len(c.Added)+len(c.Removed) > 0 || c.Reordered:
			c.Op = opChanged
		case at < highest:
			c.Op = opMoved
		}
		highest = max(highest, at)
		if c.Op != "" {
			all = append(all, c)
		}
	}
	return all
}

func rulesUnless(t *route.Table, namespace string) []rule {
	if t == nil {
		return nil
	}
	return rulesOf(t, namespace)
}

// without returns the texts of one list that another does not have.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}
