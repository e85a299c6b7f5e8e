package tree

import "strings"

// SplitText splits the text of a list, from a format without types, at its commas, and trims the
// blanks around each part. `\,` is a literal comma and `\\` a backslash; any other backslash is
// literal. An empty text has no parts.
func SplitText(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if !strings.Contains(text, `\`) {
		parts := strings.Split(text, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts
	}
	var parts []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == ',' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case text[i] == ',':
			parts = append(parts, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			b.WriteByte(text[i])
		}
	}
	return append(parts, strings.TrimSpace(b.String()))
}
