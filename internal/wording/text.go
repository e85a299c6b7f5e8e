package wording

import "strings"

// Text is a message that knows the author of each part. It is immutable and safe for concurrent
// use.
type Text struct{ parts []part }

type part struct {
	text    string
	foreign bool
}

// Own returns a text from nacre: constants, keys, names of documents, layers and Go types. It must
// not contain anything that foreign code makes at run time.
func Own(text string) Text { return Text{[]part{{text, false}}} }

// Foreign returns a text from foreign code.
func Foreign(text string) Text { return Text{[]part{{text, true}}} }

// Join returns the texts one after another.
func Join(texts ...Text) Text {
	var all []part
	for _, t := range texts {
		all = append(all, t.parts...)
	}
	return Text{all}
}

// String returns the text unchanged, including secrets.
func (t Text) String() string { return t.Redact(func(foreign string) string { return foreign }) }

// Redact returns the text with clean applied to its foreign parts.
func (t Text) Redact(clean func(foreign string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.foreign {
			p.text = clean(p.text)
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// Mark returns a foreign text with marks around it, for messages that are built as strings; see
// Parse. It replaces marks within the text.
func Mark(text string) string {
	return begin + strings.NewReplacer(begin, "\ufffd", end, "\ufffd").Replace(text) + end
}

// Noncharacters of Unicode, which no text has.
const begin, end = "\ufdd0", "\ufdd1"

// Parse returns the text of a string with marks. Unmarked parts are nacre's own.
func Parse(marked string) Text {
	var t Text
	for marked != "" {
		own, rest, found := strings.Cut(marked, begin)
		t.parts = append(t.parts, part{own, false})
		if !found {
			break
		}
		foreign, after, _ := strings.Cut(rest, end)
		t.parts, marked = append(t.parts, part{foreign, true}), after
	}
	return t
}
