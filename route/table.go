package route

import (
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// The limits of a routing document.
const (
	maxSize      = 1 << 20 // bytes
	maxRules     = 1000
	maxDocuments = 100 // of a set
	maxVersions  = 32  // of a rule
)

// Table is a routing document that was checked. It is immutable.
type Table struct {
	name     string
	services values            // declared
	labels   map[string]values // declared, with their values
	common   []template
	rules    []rule
}

// rule is one rule of a table.
type rule struct {
	number    int // from 1
	name      string
	line      int
	match     match
	documents []template
}

// template is one document of a rule, as it is written.
type template struct {
	line, column             int
	namespace, group, dataID string
	format                   string
	optional, allowUnknown   bool
}

// label returns "rule 2" or "rule 2 (canary)".
func (r *rule) label() string {
	if r.name == "" {
		return fmt.Sprintf("rule %d", r.number)
	}
	return fmt.Sprintf("rule %d (%s)", r.number, r.name)
}

// reason returns the rule and its conditions.
func (r *rule) reason() string {
	conditions := r.match.conditions()
	if len(conditions) == 0 {
		return r.label() + ": every instance"
	}
	return r.label() + ": " + strings.Join(conditions, ", ")
}

// Route returns the documents of an instance. Two calls with equal instances return equal sets. An
// error is a [source.Problems], each of which names a line of the routing document: no rule matches
// (NotFound), a template has a variable that the instance does not have, or a document occurs
// twice, (InvalidArgument).
func (t *Table) Route(in Instance) (Set, error) {
	var misses []string
	for i := range t.rules {
		r := &t.rules[i]
		miss, err := r.match.misses(in)
		if err != nil {
			return Set{}, source.Problems{t.problem(source.InvalidArgument, r.line, r.label()+" "+err.Error())}
		}
		if miss == "" {
			set, err := t.set(r, func(text string) (string, error) { return Expand(text, in) })
			if err == nil {
				set.Misses = misses
			}
			return set, err
		}
		misses = append(misses, r.label()+": "+miss)
	}
	if more := len(misses) - maxMisses; more > 0 {
		misses = append(misses[:maxMisses], fmt.Sprintf("and %d more rules", more))
	}
	return Set{}, source.Problems{t.problem(source.NotFound, 0, "no rule matches the instance; "+strings.Join(misses, "; "))}
}

// maxMisses is the number of rules in the error of an instance that no rule matches.
const maxMisses = 10

// set returns the documents of an instance that a rule matches; expand replaces variables.
func (t *Table) set(r *rule, expand func(text string) (string, error)) (Set, error) {
	set := Set{Rule: r.number, Reason: r.reason()}
	var problems source.Problems
	seen := map[Document]int{}
	for i, from := range [2][]template{t.common, r.documents} {
		for _, d := range from {
			doc, err := d.expand(expand)
			if err != nil {
				problems = append(problems, t.problem(source.InvalidArgument, d.line, err.Error()))
				continue
			}
			id := Document{Namespace: doc.Namespace, Group: doc.Group, DataID: doc.DataID}
			if first := seen[id]; first != 0 {
				problems = append(problems, t.problem(source.InvalidArgument, d.line, again(first)))
				continue
			}
			seen[id] = d.line
			if doc.Reason = set.Reason; i == 0 {
				doc.Reason = "common to all rules"
			}
			set.Documents = append(set.Documents, doc)
		}
	}
	if len(problems) > 0 {
		return Set{}, problems
	}
	return set, nil
}

// expand returns the document of an instance.
func (d *template) expand(expand func(text string) (string, error)) (Document, error) {
	doc := Document{Format: d.format, Optional: d.optional, AllowUnknown: d.allowUnknown, Line: d.line}
	for _, p := range []struct {
		key, from string
		to        *string
	}{{"data_id", d.dataID, &doc.DataID}, {"group", d.group, &doc.Group}, {"namespace", d.namespace, &doc.Namespace}} {
		text, err := expand(p.from)
		if err != nil {
			return Document{}, fmt.Errorf("%s has %w", p.key, err)
		}
		*p.to = text
	}
	return doc, nil
}

func (t *Table) problem(kind source.Kind, line int, message string) *source.Problem {
	return &source.Problem{Kind: kind, Position: source.Position{Document: t.name, Line: line}, Message: message}
}
