package env

import (
	"slices"
	"strings"
	"unicode"
)

// prefix is what the names of a source's variables begin with, each spelling with the "_" at its end;
// the first is the one that people are shown. None is the whole environment.
type prefix []string

// separators are the same in a name.
var separators = strings.NewReplacer("-", "_", ".", "_")

// newPrefix returns the spellings of a prefix: in upper case, as it is given, and that with "_" for "-"
// and ".".
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

// String returns the prefix as a variable has it.
func (p prefix) String() string {
	if p.empty() {
		return ""
	}
	return p[0]
}

// check refuses a prefix that no variable can have.
func (p prefix) check() error {
	if p.empty() {
		return nil
	}
	given := p[0]
	if strings.ContainsFunc(given, func(r rune) bool {
		return r == unicode.ReplacementChar || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return invalidArgument("", "the prefix has a character that no variable's name has",
			"a prefix has letters, digits, '_', '-' and '.'")
	}
	if strings.Trim(given, "_") == "" {
		return invalidArgument("", "the prefix has neither a letter nor a digit", `give "" for the whole environment`)
	}
	return nil
}

// cut returns what of a name follows the prefix; same makes equal what compares as equal.
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
