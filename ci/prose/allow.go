package main

// allowance lets one file have one wording, for a reason.
type allowance struct {
	// file is the path of the file; wording is what the report shows between quotes, in lower case.
	file, wording string
	why           string
}

// allowances are exceptions from the rules. One that is not needed fails the check.
var allowances = []allowance{}

// skipped are files that hold the refused wordings themselves.
var skipped = []string{"ci/prose/words.go", "ci/prose/prose_test.go"}
