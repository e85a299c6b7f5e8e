package env

import (
	"slices"
	"strings"
	"unicode"
)

// prefix holds the spellings with which the names of a source's variables begin, each with the "_"
// at its end. The first is the one to show. Without a spelling, it is the whole environment.
type prefix []string

// separators are the characters that are equal in a name.
var separators = strings.NewReplacer("-", "_", ".", "_")

// newPrefix returns the spellings of a prefix: in upper case, as it is given, and as given with "_"
// for "-" and ".".
func newPrefix(given string) prefix {
	if given == "" {
		return nil
	}
	if end := len(given) - 1; strings.IndexByte("_-.", given[end]) >= 0 {
		given = given[:end]
	}
	plain := separators.Replace(given)
	all := prefix{strings.ToUpper(plain) + "_"}
	for _, spelling := range []string{given + "_", plain + "_"} {
		if !slices.Contains(all, spelling) {
			all = append(all, spelling)
		}
	}
	return all
}

func (p prefix) empty() bool { return len(p) == 0 }

// String returns the prefix as variables have it.
func (p prefix) String() string {
	if p.empty() {
		return ""
	}
	return p[0]
}

// check returns an error for a prefix that no variable can have.
func (p prefix) check() error {
	if p.empty() {
		return nil
	}
	given := p[0]
	if strings.ContainsFunc(given, func(r rune) bool {
		return r == unicode.ReplacementChar || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return invalidArgument("", "the prefix has a character that no variable's name can have",
			"a prefix has letters, digits, '_', '-' and '.'")
	}
	if strings.Trim(given, "_") == "" {
		return invalidArgument("", "the prefix has neither a letter nor a digit", `give "" for the whole environment`)
	}
	return nil
}

// cut returns the part of a name that follows the prefix. same returns the form in which names are
// compared.
func (p prefix) cut(name string, same func(string) string) (key string, ok bool) {
	if p.empty() {
		return name, true
	}
	for _, spelling := range p {
		if key, ok = strings.CutPrefix(name, same(spelling)); ok {
			return key, true
		}
	}
	return "", false
}
