package sourcetest

// The suite's own tests look at what it finds.
type (
	Rule      = ruleID
	Violation = violation
)

var (
	Check = violations
	Cases = caseNames
)
