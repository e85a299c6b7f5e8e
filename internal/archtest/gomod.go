package archtest

import (
	"slices"
	"strconv"
	"strings"
)

// checkGoMod holds go.mod against the traps that are known.
func checkGoMod(m *Module, r *Rules, _ *exceptions) []Finding {
	var found []Finding
	report := func(what, why string) {
		found = append(found, Finding{Rule: "go.mod", Where: "go.mod", What: what, Why: why})
	}
	for _, p := range m.Replaces {
		report("replaces "+p, "a module that requires this one ignores its replaces: the code would be tested with one thing and used with another")
	}
	for _, q := range m.Requires {
		if why, never := r.GoMod.Never[q.Path]; never {
			report("requires "+q.Path+" "+q.Version, why)
		}
	}
	for p, least := range r.GoMod.AtLeast {
		i := slices.IndexFunc(m.Requires, func(q Require) bool { return q.Path == p })
		switch {
		case i < 0:
			report("does not require "+p, r.GoMod.Why)
		case below(m.Requires[i].Version, least):
			report("requires "+p+" "+m.Requires[i].Version+", below "+least, r.GoMod.Why)
		}
	}
	return found
}

// checkDescribed wants a reason in docs/dependencies.md for each direct requirement, and none for
// what is not required.
func checkDescribed(m *Module, _ *Rules, _ *exceptions) []Finding {
	const doc = "docs/dependencies.md"
	var found []Finding
	for _, q := range m.Requires {
		if !q.Indirect && !slices.Contains(m.Described, q.Path) {
			found = append(found, Finding{
				Rule: "dependencies", Where: "go.mod", What: "requires " + q.Path + ", which " + doc + " does not give a reason for",
				Why: "a dependency is taken on purpose: everyone who uses this module has it in their graph",
			})
		}
	}
	for _, p := range m.Described {
		if !slices.ContainsFunc(m.Requires, func(q Require) bool { return q.Path == p }) {
			found = append(found, Finding{
				Rule: "dependencies", Where: doc, What: "gives a reason for " + p + ", which go.mod does not require",
				Why: "a list that is wrong in one line is believed in none",
			})
		}
	}
	return found
}

// below reports whether a version is older than a released one: "v2.3.5" is below "v2.3.10", and a
// pre-release or a commit before a release ("v2.3.5-rc1") below that release.
func below(version, least string) bool {
	core, pre, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	have, want := strings.Split(core, "."), strings.Split(strings.TrimPrefix(least, "v"), ".")
	for i := range min(len(have), len(want)) {
		x, _ := strconv.Atoi(have[i])
		y, _ := strconv.Atoi(want[i])
		if x != y {
			return x < y
		}
	}
	return pre != ""
}
