package checkmain

import (
	"errors"
	"path"

	"github.com/nacre-go/nacre/source"
)

// problems returns all problems of a check: those in the error of Open, and its warnings.
func problems(warnings source.Problems, err error, missingOK []string) []Problem {
	found := []Problem{}
	for _, p := range flatten(err, nil) {
		if p.Kind == source.Missing.Error() && matches(missingOK, p.Key) {
			continue
		}
		p.Severity = Error
		found = append(found, p)
	}
	for _, w := range warnings {
		p := problem(w)
		p.Severity = Warning
		found = append(found, p)
	}
	return found
}

// flatten returns the problems in an error, which may join errors of several layers.
func flatten(err error, found []Problem) []Problem {
	if err == nil {
		return found
	}
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case *source.Problem:
		return append(found, problem(e))
	case *source.Error:
		return append(found, Problem{Kind: e.Kind.Error(), Document: e.Document, Text: e.Error()})
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			found = flatten(one, found)
		}
		return found
	}
	if inner := errors.Unwrap(err); inner != nil {
		if more := flatten(inner, nil); len(more) > 0 {
			return append(found, more...)
		}
	}
	return append(found, Problem{Kind: source.KindOf(err).Error(), Text: err.Error()})
}

func problem(p *source.Problem) Problem {
	return Problem{Kind: p.Kind.Error(), Document: p.Position.Document, Line: p.Position.Line, Column: p.Position.Column, Key: p.Key, Text: p.Error()}
}

func matches(patterns []string, key string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, key); ok && err == nil {
			return true
		}
	}
	return false
}
