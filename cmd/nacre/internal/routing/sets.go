package routing

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// Is reports whether a document of a repository is a routing document.
func Is(d repository.Document) bool { return d.Kind == repository.KindRoutes }

// Format returns the format in which instances read a routing document: by its data ID, or else by
// its type.
func Format(dataID, typ string) string {
	if f := source.FormatOf(dataID); f != "" {
		return f
	}
	return source.FormatOf("x." + strings.ToLower(typ))
}

// Parse parses a routing document of a repository. The error is a [source.Problems] with lines of
// its file.
func Parse(d repository.Document) (*route.Table, error) {
	return route.Parse(cmp.Or(d.File, d.DataID), Format(d.DataID, d.Type), d.Content)
}

// maxSets is the number of sets of a routing document that are looked at.
const maxSets = 10000

// Sets are what the rules of a routing document can select.
type Sets struct {
	All []route.Set
	// Problems are combinations for which an instance has no route.
	Problems source.Problems
	// Truncated reports that there are more sets than are looked at.
	Truncated bool
}

// SetsOf returns what the rules can select for instances of which the fields of in are known.
func SetsOf(t *route.Table, in route.Instance) (s Sets) {
	for set, err := range t.Sets(in) {
		if len(s.All) == maxSets {
			s.Truncated = true
			break
		}
		if all, ok := errors.AsType[source.Problems](err); ok {
			s.add(all)
			continue
		}
		s.All = append(s.All, set)
	}
	return s
}

// add adds problems that are not there yet.
func (s *Sets) add(all source.Problems) {
	for _, p := range all {
		same := func(q *source.Problem) bool { return q.Position == p.Position && q.Message == p.Message }
		if !slices.ContainsFunc(s.Problems, same) {
			s.Problems = append(s.Problems, p)
		}
	}
}

// Rule returns "rule 2 (canary)" of the reason "rule 2 (canary): version v2.3.*".
func Rule(reason string) string {
	if rule, _, named := strings.Cut(reason, "): "); named {
		return rule + ")"
	}
	rule, _, _ := strings.Cut(reason, ": ")
	return rule
}

// conditions returns "version v2.3.*" of the reason "rule 2 (canary): version v2.3.*".
func conditions(reason string) string {
	return strings.TrimPrefix(reason, Rule(reason)+": ")
}

// name returns "canary" of the reason "rule 2 (canary): version v2.3.*", and "" for a rule without
// a name.
func name(reason string) string { return nameIn(Rule(reason)) }

// nameIn returns "canary" of "rule 2 (canary)".
func nameIn(rule string) string {
	_, named, _ := strings.Cut(rule, " (")
	return strings.TrimSuffix(named, ")")
}

// IsOff reports whether the rule of a set has a percentage of 0, so that it selects nothing now.
func IsOff(set route.Set) bool {
	c := conditions(set.Reason)
	return c == "0 %" || strings.HasSuffix(c, ", 0 %")
}
