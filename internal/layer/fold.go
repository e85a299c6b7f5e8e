package layer

// fold makes texts that mean the same key equal: it converts ASCII letters to lower case, and '-'
// and '.' to '_'. It keeps the length, so offsets in the result are offsets in s.
func fold(s string) string { return mapped(s, true) }

// lower converts ASCII letters to lower case.
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
