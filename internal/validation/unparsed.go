package validation

import (
	"errors"
	"fmt"
	"strings"
)

// unparsed returns what is wrong with a tag that validator cannot parse. Validator's own error does
// not name the field.
func (c *checker) unparsed(err error) error {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "validator: Undefined validation function '"); ok {
		name, _, _ := strings.Cut(rest, "'")
		if near := c.nearestRule(name); near != "" {
			return fmt.Errorf("there is no rule %s, did you mean %s?", name, near)
		}
		return fmt.Errorf("there is no rule %s; write one with validate.Tag", name)
	}
	if strings.HasPrefix(text, "validator: Invalid validation tag") {
		return errors.New("a rule between two commas or bars has no name")
	}
	return err
}

// nearestRule returns the rule with the nearest name; empty if none is near.
func (c *checker) nearestRule(name string) string {
	best, least := "", 1+len(name)/4
	consider := func(rule string) {
		if d := edits(strings.ToLower(name), rule); d < least || d == least && (best == "" || rule < best) {
			best, least = rule, d
		}
	}
	for rule := range words {
		consider(rule)
	}
	for rule := range c.messages {
		consider(rule)
	}
	for rule := range structural {
		if len(rule) > 1 {
			consider(rule)
		}
	}
	return best
}

// edits returns how many letters must be added, dropped or changed to turn a into b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
