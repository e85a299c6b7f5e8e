package sourcetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// atOnce bounds how many cases run at the same time in a process. It exceeds the number of
// processors on purpose: cases wait most of the time, and go test's -parallel does not count them.
const atOnce = 8

var slots = make(chan struct{}, atOnce)

// Run tests a source in subtests, one for each case, and returns when all of them have ended. It
// calls newHarness once for each case, with the t of that case, on which newHarness may register
// cleanups.
//
// Up to 8 cases run at the same time. newHarness must therefore be safe for concurrent calls, and
// each harness needs an origin of its own.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	var all sync.WaitGroup
	for _, k := range cases {
		slots <- struct{}{} // before the goroutine, so that cases begin in their order
		all.Go(func() {
			defer func() { <-slots }()
			t.Run(k.name, func(t *testing.T) { k.subtest(t, newHarness) })
		})
	}
	all.Wait()
}

func (k testCase) subtest(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	found, reason := k.run(newHarness(t))
	for _, v := range found {
		t.Error(v)
	}
	if reason != "" && len(found) == 0 {
		t.Skip("the harness cannot: " + reason)
	}
}

// violations runs every case, or the named ones, and returns the rules that the source breaks.
func violations(newHarness func() Harness, names ...string) []violation {
	var all []violation
	for _, name := range names {
		if !known(name) {
			all = append(all, violation{Case: name, What: "there is no such case; there are " + strings.Join(caseNames(), ", "), At: here()})
		}
	}
	for _, k := range cases {
		if len(names) > 0 && !slices.Contains(names, k.name) {
			continue
		}
		found, _ := k.run(newHarness())
		all = append(all, found...)
	}
	return all
}

// caseNames returns the names of the cases, in the order in which they run.
func caseNames() []string {
	names := make([]string, len(cases))
	for i, k := range cases {
		names[i] = k.name
	}
	return names
}

func known(name string) bool { return slices.Contains(caseNames(), name) }

// testCase is one case. need lists the abilities of the harness that it needs. rule is the rule
// that it checks; a source may break another rule in it.
type testCase struct {
	name string
	rule ruleID
	need []string
	try  func(*check)
}

// lacks returns the first of the abilities need that h lacks, or "".
func lacks(h Harness, need []string) string {
	has := map[string]bool{
		"Delete": h.Delete != nil, "Break": h.Break != nil && h.Repair != nil, "Spoil": h.Spoil != nil,
		"Wakeups": h.Wakeups != nil,
	}
	for _, n := range need {
		if !has[n] {
			return n
		}
	}
	return ""
}

// run runs the case. It returns the violations, or the reason why the harness cannot run it.
func (k testCase) run(h Harness) (found []violation, excused string) {
	h = h.withDefaults()
	c := &check{Harness: h, name: k.name, ctx: context.Background(), told: map[string]bool{}}
	defer func() { found = c.found }()
	for _, name := range slices.Sorted(maps.Keys(h.Cannot)) {
		if !known(name) {
			c.report(0, "Cannot names %q, which is not a case", name)
		}
	}
	reason, declared := h.Cannot[k.name]
	if declared && strings.TrimSpace(reason) == "" {
		c.report(0, "Cannot gives no reason")
	}
	if h.Source == nil || h.Put == nil {
		c.report(0, "a harness needs Source and Put")
		return nil, ""
	}
	if missing := lacks(h, k.need); !declared && missing != "" {
		c.report(0, "the harness has no %s; name the case in Cannot, with the reason", missing)
		return nil, ""
	}
	if declared {
		c.end()
		return nil, reason
	}
	func() {
		defer func() {
			if r := recover(); r != nil && r != (stop{}) {
				panic(r)
			}
		}()
		k.try(c)
	}()
	c.end()
	return nil, ""
}

// stop is the value that a check panics with to end the case.
type stop struct{}

// report records a violation, once for each text.
func (c *check) report(rule ruleID, format string, args ...any) {
	v := violation{Case: c.name, Rule: rule, What: fmt.Sprintf(format, args...), At: here()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.told[v.What] {
		c.told[v.What] = true
		c.found = append(c.found, v)
	}
}

// fail reports a violation and ends the case.
func (c *check) fail(rule ruleID, format string, args ...any) {
	c.report(rule, format, args...)
	panic(stop{})
}
