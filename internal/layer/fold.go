package layer

// fold makes texts comparable that mean the same key: ASCII letters in lower case, '-' and '.' as '_'. It keeps the length, so
// that a place in the result is one in s.
func fold(s string) string { return mapped(s, true) }

// lower makes ASCII letters lower case.
func lower(s string) string { return mapped(s, false) }

func mapped(s string, separators bool) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case separators && (c == '-' || c == '.'):
			b[i] = '_'
		}
	}
	return string(b)
}
