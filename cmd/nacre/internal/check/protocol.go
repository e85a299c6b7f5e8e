package check

import (
	"context"

	"github.com/nacre-go/nacre/source"
)

// Checker checks documents.
type Checker interface {
	Check(ctx context.Context, r Request) (Report, error)
}

// schemaVersion is that of the protocol with programs of nacre.CheckMain.
const schemaVersion = 1

// Request is what to check, in the form that nacre.CheckMain reads.
type Request struct {
	SchemaVersion int      `json:"schema_version"`
	Checks        []Layers `json:"checks"` // independent of each other
	// MissingOK are the required keys that a service has from elsewhere, as patterns in which * is
	// any text: "db.password", "tls.*".
	MissingOK []string `json:"missing_ok,omitempty"`
}

// Layers are the documents of one environment, the lowest layer first.
type Layers struct {
	Name   string  `json:"name"`
	Layers []Layer `json:"layers"`
}

// Layer is one document.
type Layer struct {
	Document string `json:"document"`         // its name in problems
	Format   string `json:"format,omitempty"` // empty: that of the name
	Content  []byte `json:"content"`
	Shared   bool   `json:"shared,omitempty"` // other services read it too: unknown keys are warnings
}

// Report is the result of all checks, in the order of the request.
type Report struct {
	SchemaVersion int      `json:"schema_version"`
	Checks        []Result `json:"checks"`
}

// Result is that of one environment.
type Result struct {
	Name     string    `json:"name"`
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Severity string `json:"severity"` // "error" or "warning"
	Kind     string `json:"kind"`     // such as "unknown key"
	Document string `json:"document,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Key      string `json:"key,omitempty"`
	Text     string `json:"text"` // the whole sentence, with the position
}

// ProblemOf returns a problem for which a service would reject a document.
func ProblemOf(p *source.Problem) Problem {
	return Problem{
		Severity: "error", Kind: p.Kind.Error(), Document: p.Position.Document, Line: p.Position.Line, Column: p.Position.Column, Key: p.Key, Text: p.Error(),
	}
}

// IsError reports whether a service would reject the documents for the problem.
func (p Problem) IsError() bool { return p.Severity != "warning" }

// Errors counts the problems for which a service would reject the documents.
func (r Report) Errors() (n int) {
	for _, c := range r.Checks {
		for _, p := range c.Problems {
			if p.IsError() {
				n++
			}
		}
	}
	return n
}
