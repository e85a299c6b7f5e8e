package sourcetest

import (
	"fmt"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// ruleID is the number of a rule in the package comment of package source. Rule 0 is one that the
// harness breaks, not the source.
type ruleID int

var rules = map[ruleID]string{
	0:  "the rule of the harness: it does what it says, and declares what it cannot do.",
	1:  "Subscribe first, then read, then compare, and only then block.",
	2:  "Return when the state differs from what was last returned.",
	3:  "Absent is not empty, and an error is neither.",
	4:  "Content is whole",
	5:  "Two contents that differ have revisions that differ.",
	6:  "Next returns ctx.Err() promptly when ctx ends, and starts no goroutine that Close does not end.",
	7:  "Errors carry a Kind and name the document and the cause, never a value.",
	8:  "Content does not change after Next has returned it, and describes itself correctly",
	9:  "Name always returns the same short name",
	10: "Close ends the source, whatever came before",
	11: "The zero revision, and one that the source never returned, ask for the current content.",
	12: "An ability does what its comment says",
}

// String returns the rule with its number: "rule 3 of package source: Absent is not empty, and an
// error is neither."
func (r ruleID) String() string {
	if r == 0 {
		return rules[0]
	}
	return "rule " + strconv.Itoa(int(r)) + " of package source: " + rules[r]
}

// violation is a rule that a source breaks.
type violation struct {
	// Case is the name of the case that found it, as in Harness.Cannot.
	Case string
	Rule ruleID
	// What says what the suite saw and what it expected, without any value of the document.
	What string
	// At is the file and line of the suite that found it.
	At string
}

// String returns all of the violation.
func (v violation) String() string {
	return fmt.Sprintf("%s: %s\n\tbreaks %s\n\tfound at %s", v.Case, v.What, v.Rule, v.At)
}

// here returns the file and line of the case that reports, not of a helper.
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
