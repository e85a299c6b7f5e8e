package archtest

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is one place that breaks a rule.
type Finding struct {
	// Rule is the rule's short name: "imports", "reach", "package doc".
	Rule string
	// Where is a file, a package or go.mod.
	Where string
	// Line counts from 1; 0 where there is none.
	Line int
	// What is wrong there.
	What string
	// Why is the reason that the rule has.
	Why string
}

// String returns "binder/bind.go:7: imports internal/layer (imports): the steps do not know their
// neighbours".
func (f Finding) String() string {
	where := f.Where
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, f.Line)
	}
	return fmt.Sprintf("%s: %s (%s): %s", where, f.What, f.Rule, f.Why)
}

// Check returns everything in the module that breaks a rule, in the order of places. It changes
// neither.
func Check(m *Module, r *Rules) []Finding {
	checks := []func(*Module, *Rules, *exceptions) []Finding{
		checkBroken, checkImports, checkAmbient, checkReach, checkBudgets,
		checkPackageDocs, checkNames, checkExported, checkSizes, checkSideEffects, checkSleeps, checkLeaks, checkWording,
		checkGoMod, checkDescribed, checkLinks,
	}
	used := newExceptions(r.Exceptions)
	var all []Finding
	for _, check := range checks {
		all = append(all, check(m, r, used)...)
	}
	all = append(all, used.unused()...)
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.What, b.What))
	})
	return slices.Compact(all)
}
