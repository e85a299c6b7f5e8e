package sourcetest

import (
	"fmt"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// Rule is the number of a rule in the package comment of package source. Rule 0 is broken by the harness, not by the source.
type Rule int

var rules = map[Rule]string{
	0:  "The harness does what it says, and declares what it cannot do.",
	1:  "Subscribe first, then read, then compare, and only then block.",
	2:  "Return when the state differs from what was last returned.",
	3:  "Absent is not empty, and trouble is neither.",
	4:  "Content is whole",
	5:  "Two contents that differ have revisions that differ.",
	6:  "Next returns ctx.Err() promptly when ctx ends and leaves no goroutine that its Close does not end.",
	7:  "Errors carry a Kind and name the document and the cause, never a value.",
	8:  "Content is not changed once it was returned, and what it says of itself is true",
	9:  "Name is one short word, the same always",
	10: "Close ends the source, whatever came before",
	11: "The zero revision, and one that the source never gave, ask for whatever is there now.",
	12: "An ability does what its comment says",
}

// String returns the rule with its number: "rule 3 of package source: Absent is not empty, and trouble is neither."
func (r Rule) String() string {
	if r == 0 {
		return rules[0]
	}
	return "rule " + strconv.Itoa(int(r)) + " of package source: " + rules[r]
}

// Violation is one broken rule.
type Violation struct {
	// Case is the name of the case that found it, as in Harness.Cannot.
	Case string
	Rule Rule
	// What says what was seen and what was due, without any value of the document.
	What string
	// At is the file and line of the suite that found it.
	At string
}

// String returns all of it in one text.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s\n\tbreaks %s\n\tfound at %s", v.Case, v.What, v.Rule, v.At)
}

// here returns the caller's place: the case that found something, not the helper that says so.
func here() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !isHelper(f.Function) || !more {
			return shortFile(f.File) + ":" + strconv.Itoa(f.Line)
		}
	}
}

func isHelper(function string) bool {
	name := function[strings.LastIndexByte(function, '/')+1:]
	return name == "sourcetest.here" || strings.HasPrefix(name, "sourcetest.(*check).") || strings.HasPrefix(name, "sourcetest.(*probe).") ||
		strings.HasPrefix(name, "sourcetest.(*call).")
}

func shortFile(file string) string { return "sourcetest/" + path.Base(file) }
