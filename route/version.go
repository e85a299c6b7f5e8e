package route

import (
	"errors"
	"strings"
)

// Pattern is a pattern of versions: numbers with dots between them, of which each may be a star. It
// may begin with a v, which means nothing.
//
//	v2.3.1        v2.3.1 and v2.3.1+build, not v2.3.1-rc.1
//	v2.3          v2.3 and v2.3.0
//	v2.3.*        every version that begins with 2.3, with v2.3 and v2.3.1-rc.1
//	v2.*.1        v2.0.1 and v2.7.1
//	v2.3.1-rc.1   v2.3.1-rc.1
//	*             every version, whatever its form
//
// A star in the middle is one number; at the end it is the rest, which may be empty. A number that
// a version lacks at its end is 0. A pattern without a star matches a version with the same suffix
// after "-"; one with a star matches any.
type Pattern struct {
	text  string
	parts []string // without the star at the end
	open  bool     // ends in a star
	stars bool     // has one anywhere
	pre   string
}

var errPattern = errors.New(`must be numbers with dots between them, of which each may be *, such as "v2.3.*"`)

// maxNumbers is the largest number of numbers in a version.
const maxNumbers = 8

// ParsePattern parses a pattern. Its error does not contain the text.
func ParsePattern(text string) (Pattern, error) {
	numbers, pre, ok := cutVersion(text)
	if !ok || strings.Contains(text, "+") {
		return Pattern{}, errPattern
	}
	p := Pattern{text: text, pre: pre, parts: numbers}
	for _, n := range numbers {
		if n == "*" {
			p.stars = true
		} else if !isNumber(n) {
			return Pattern{}, errPattern
		}
	}
	if p.stars && pre != "" {
		return Pattern{}, errors.New("has both a star and a suffix; a pattern with a star matches every suffix")
	}
	if last := len(numbers) - 1; numbers[last] == "*" {
		p.parts, p.open = numbers[:last], true
	}
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Matches reports whether a version matches. The empty version, and one that does not consist of
// numbers, match "*" alone; the empty one does not match that either.
func (p Pattern) Matches(version string) bool {
	if p.open && len(p.parts) == 0 {
		return version != ""
	}
	numbers, pre, ok := cutVersion(version)
	if !ok {
		return false
	}
	for _, n := range numbers {
		if !isNumber(n) {
			return false
		}
	}
	if !p.stars && pre != p.pre {
		return false
	}
	return p.covers(numbers, false)
}

// Covers reports whether p matches every version that q matches.
func (p Pattern) Covers(q Pattern) bool {
	switch {
	case p.open && len(p.parts) == 0:
		return true
	case q.open && len(q.parts) == 0: // it matches versions of any form
		return false
	case !p.stars && (q.stars || q.pre != p.pre):
		return false
	}
	return p.covers(q.parts, q.open)
}

// covers reports whether the numbers of p cover those of a version, or of a pattern that is open at
// its end.
func (p Pattern) covers(numbers []string, open bool) bool {
	for i, want := range p.parts {
		switch {
		case want == "*":
		case i >= len(numbers):
			if open || want != "0" {
				return false
			}
		case !sameNumber(want, numbers[i]):
			return false
		}
	}
	if p.open {
		return true
	}
	if open {
		return false
	}
	for _, n := range numbers[min(len(p.parts), len(numbers)):] {
		if !sameNumber(n, "0") {
			return false
		}
	}
	return true
}

// cutVersion returns the numbers of a version, which are not checked, and what is between "-" and
// "+".
func cutVersion(text string) (numbers []string, pre string, ok bool) {
	text, _, _ = strings.Cut(text, "+")
	text, pre, dash := strings.Cut(text, "-")
	if dash && pre == "" {
		return nil, "", false
	}
	if len(text) > 1 && (text[0] == 'v' || text[0] == 'V') {
		text = text[1:]
	}
	numbers = strings.SplitN(text, ".", maxNumbers+1)
	return numbers, pre, len(numbers) <= maxNumbers && text != ""
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// sameNumber reports whether two parts are the same number, or both a star.
func sameNumber(a, b string) bool { return trimZeros(a) == trimZeros(b) }

func trimZeros(n string) string {
	if n == "*" {
		return n
	}
	return strings.TrimLeft(n, "0")
}
