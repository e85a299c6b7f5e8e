package tree

import "strings"

// LeadingZero reports whether s consists of several digits of which the first is 0, with or without
// a sign and underscores: 0644, 08, -07. Some parsers read it as octal and some as decimal, so no
// format and no field accepts it as a number.
func LeadingZero(s string) bool {
	s = unsigned(s)
	return len(s) > 1 && s[0] == '0' && strings.Trim(s, "0123456789_") == ""
}

// IsOctal reports whether s is written as an octal number: 0o644, with or without a sign.
func IsOctal(s string) bool {
	s = unsigned(s)
	return len(s) > 2 && s[0] == '0' && (s[1] == 'o' || s[1] == 'O')
}

func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}
