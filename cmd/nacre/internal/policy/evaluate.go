package policy

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// Change is what a release would do.
type Change struct {
	// At is when it would be made; zero: at no certain time, so that no freeze applies.
	At        time.Time
	Documents []Document
}

// Document is a document that changes.
type Document struct {
	Name    string // its data ID
	Deleted bool
	Keys    []Key
	// Opaque is true if its keys are not known: every protected key may be among them.
	Opaque bool
}

// Key is a key that changes.
type Key struct {
	Path    string
	Removed bool
}

// Violation is a rule that a change breaks.
type Violation struct {
	Rule     string `json:"rule"` // the name by which it can be overridden
	Document string `json:"document,omitempty"`
	Key      string `json:"key,omitempty"`
	Text     string `json:"text"`
}

// String returns a sentence.
func (v Violation) String() string {
	where := v.Document
	if v.Key != "" {
		where += " " + v.Key
	}
	if where != "" {
		where += ": "
	}
	return where + v.Text + " (rule " + v.Rule + ")"
}

// Evaluate returns the rules that a change breaks, in the order of the file. A nil policy has none.
func (p *Policy) Evaluate(c Change) []Violation {
	if p == nil || len(c.Documents) == 0 {
		return nil
	}
	var all []Violation
	for _, f := range p.Freezes {
		if !c.At.IsZero() && f.active(c.At) {
			all = append(all, Violation{Rule: f.Name, Text: "nothing is changed now"})
		}
	}
	for _, r := range p.Protected {
		for _, d := range c.Documents {
			all = append(all, r.violations(d)...)
		}
	}
	return append(all, p.Limits.violations(c)...)
}

func (r Protected) violations(d Document) (all []Violation) {
	named := keypath.Like(r.Documents, d.Name)
	if len(r.Documents) > 0 && !named {
		return nil
	}
	broken := func(key, text string) {
		if r.Why != "" {
			text += "; " + r.Why
		}
		all = append(all, Violation{Rule: r.Name, Document: d.Name, Key: key, Text: text})
	}
	switch {
	case named && d.Deleted:
		broken("", "the document is protected, and would be deleted")
	case len(r.Keys) == 0:
		broken("", "the document is protected")
	case d.Opaque:
		broken("", "its keys are not known, and one may be protected")
	default:
		for _, k := range d.Keys {
			if keypath.Like(r.Keys, k.Path) {
				broken(k.Path, "the key is protected")
			}
		}
	}
	return all
}

func (l Limits) violations(c Change) (all []Violation) {
	keys, removed, deleted := 0, 0, 0
	for _, d := range c.Documents {
		keys += len(d.Keys)
		if d.Deleted {
			removed++
			deleted++
		}
		for _, k := range d.Keys {
			if k.Removed {
				removed++
			}
		}
	}
	exceeds := func(rule string, n int, most *int, noun, one, more string) {
		if most != nil && n > *most {
			all = append(all, Violation{Rule: rule, Text: fmt.Sprintf("%s %s, and at most %d may", plural.Count(n, noun), plural.Verb(n, one, more), *most)})
		}
	}
	exceeds(maxDocuments, len(c.Documents), l.Documents, "document", "changes", "change")
	exceeds(maxKeys, keys, l.Keys, "key", "changes", "change")
	exceeds(removedKeys, removed, l.RemovedKeys, "key or document", "is removed", "are removed")
	exceeds(deletions, deleted, l.Deletions, "document", "is deleted", "are deleted")
	return all
}

// Override returns the violations that are left, and the names that override none: a typing
// mistake, or a rule that is not broken.
func Override(all []Violation, names []string) (left []Violation, unused []string) {
	used := map[string]bool{}
	for _, v := range all {
		overridden := false
		for _, name := range names {
			if name == v.Rule {
				overridden, used[name] = true, true
			}
		}
		if !overridden {
			left = append(left, v)
		}
	}
	for _, name := range names {
		if !used[name] {
			unused = append(unused, name)
		}
	}
	return left, unused
}
