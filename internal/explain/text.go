package explain

import (
	"fmt"
	"strings"
)

// Text returns the lines of k as text, each with a line break.
func Text(k Key) string {
	var b strings.Builder
	lines := Lines(k)
	b.WriteString(headline(k, lines[0]))
	for _, l := range lines[1:] {
		if l.Word == waits {
			l.Word = "waits for a restart:"
		}
		fmt.Fprintf(&b, "  %s %s%s\n", l.Word, l.Value, at(l.From))
	}
	if !k.Known && len(k.Values) > 0 {
		b.WriteString("  no field of the struct has this key\n")
	}
	if k.Deprecated != "" {
		b.WriteString("  deprecated: " + k.Deprecated + "\n")
	}
	return b.String()
}

func headline(k Key, l Line) string {
	switch {
	case l.Value != "" || l.From != "" && !k.Pending:
		return k.Key + " = " + l.Value + at(l.From) + "\n"
	case k.PartOf != nil:
		from := k.PartOf.Position.String()
		if from == "" {
			from = "default"
		}
		return k.Key + ": part of " + k.PartOf.Key + " = " + k.PartOf.Value + at(from) + "\n"
	case len(k.Values) > 0 || k.ParentMissing || k.RemovedBy != nil || k.Pending:
		return k.Key + ": " + notSet + at(l.From) + "\n"
	case k.Known:
		return k.Key + ": no layer sets it\n"
	}
	return k.Key + ": no such key\n"
}

// at separates a position from the text before it.
func at(from string) string {
	if from == "" {
		return ""
	}
	return "   " + from
}
