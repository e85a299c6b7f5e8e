package archtest

import (
	"slices"
	"strings"
)

// checkReach looks for the shortest way from a package to a package that it must never bring into a
// program.
func checkReach(m *Module, r *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, rule := range r.Reach {
		for _, g := range m.Graphs {
			for _, from := range m.matching(g, rule.From) {
				hit, way := m.firstReached(g, from, rule)
				if hit == "" || ex.allow("reach", m.rel(from)) {
					continue
				}
				found = append(found, Finding{
					Rule: "reach", Where: m.rel(from),
					What: "reaches " + short(m, hit) + " by " + strings.Join(way, " → "), Why: rule.Why,
				})
			}
		}
	}
	return append(found, m.unknownPackages(r)...)
}

// firstReached walks breadth first, so that the way it returns is the shortest one.
func (m *Module) firstReached(g Graph, from string, rule Reach) (hit string, way []string) {
	cameFrom := map[string]string{from: ""}
	queue := []string{from}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		name := p
		if own := m.rel(p); own != "" {
			name = own
		}
		// The standard library has packages below internal/ as well.
		if p != from && !g.Packages[p].Standard && anyMatches(rule.Never, name) {
			for at := p; at != ""; at = cameFrom[at] {
				way = append(way, short(m, at))
			}
			slices.Reverse(way)
			return p, way
		}
		for _, next := range g.Packages[p].Imports {
			if _, seen := cameFrom[next]; !seen {
				cameFrom[next] = p
				queue = append(queue, next)
			}
		}
	}
	return "", nil
}

// checkBudgets counts the packages of other modules that a program compiles.
func checkBudgets(m *Module, r *Rules, _ *exceptions) []Finding {
	var found []Finding
	for _, b := range r.Budgets {
		for _, g := range m.Graphs {
			if third := m.Foreign(g, b.From...); len(third) > b.Max {
				found = append(found, Finding{
					Rule: "budget", Where: strings.Join(b.From, " + "),
					What: "compiles " + plural(len(third), "package") + " of other modules on " + g.Platform + ": " + strings.Join(third, " "),
					Why:  b.Why,
				})
			}
		}
	}
	return found
}

// Foreign returns the packages of other modules that are compiled into a program that imports all
// of from, in order.
func (m *Module) Foreign(g Graph, from ...string) []string {
	seen := map[string]bool{}
	var third []string
	var walk func(string)
	walk = func(p string) {
		if seen[p] {
			return
		}
		seen[p] = true
		n := g.Packages[p]
		if !n.Standard && m.rel(p) == "" && p != "C" && p != "unsafe" {
			third = append(third, p)
		}
		for _, next := range n.Imports {
			walk(next)
		}
	}
	for _, pkg := range m.matching(g, from) {
		walk(pkg)
	}
	slices.Sort(third)
	return third
}

// matching returns the module's packages in the graph that match one of the patterns, by full path
// and in order.
func (m *Module) matching(g Graph, patterns []string) []string {
	var all []string
	for p := range g.Packages {
		if own := m.rel(p); own != "" && anyMatches(patterns, own) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}

// unknownPackages reports rules about a package that does not exist.
func (m *Module) unknownPackages(r *Rules) []Finding {
	var paths []string
	for _, rule := range r.Reach {
		paths = append(paths, rule.From...)
	}
	for _, b := range r.Budgets {
		paths = append(paths, b.From...)
	}
	var found []Finding
	for _, pkg := range paths {
		here := slices.ContainsFunc(m.Graphs, func(g Graph) bool { return len(m.matching(g, []string{pkg})) > 0 })
		if !here {
			found = append(found, Finding{
				Rule: "reach", Where: pkg, What: "is named by a rule and is not a package of this module",
				Why: "a rule that names a wrong package checks nothing",
			})
		}
	}
	return found
}
