package tree

import "strings"

// CutReference cuts text around its first reference, "${scheme:name}". In before, "$${" is replaced
// by "${". Without a reference, before is the whole text.
func CutReference(text string) (before, scheme, name, after string, found bool) {
	var b strings.Builder
	for {
		literal, rest, ok := strings.Cut(text, "${")
		if !ok {
			b.WriteString(text)
			return b.String(), "", "", "", false
		}
		if unescaped, escaped := strings.CutSuffix(literal, "$"); escaped {
			b.WriteString(unescaped)
			b.WriteString("${")
			text = rest
			continue
		}
		b.WriteString(literal)
		inside, after, closed := strings.Cut(rest, "}")
		if scheme, name, ok := strings.Cut(inside, ":"); closed && ok && isScheme(scheme) {
			return b.String(), scheme, name, after, true
		}
		b.WriteString("${") // literal
		text = rest
	}
}

// References returns the references of a text as written, without the text around them.
func References(text string) (all []string) {
	for {
		_, scheme, name, after, found := CutReference(text)
		if !found {
			return all
		}
		all, text = append(all, "${"+scheme+":"+name+"}"), after
	}
}

// isScheme reports whether a text is a scheme: lower-case letters, digits and hyphens, beginning
// with a letter.
func isScheme(s string) bool {
	for i, c := range s {
		if c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '-') {
			continue
		}
		return false
	}
	return s != ""
}
