package document

import (
	"fmt"
	"strings"
)

// Op says what a change does to a key.
type Op string

// The changes of a key.
const (
	Added   Op = "added"
	Removed Op = "removed"
	Changed Op = "changed"
)

// Change is a key that differs between two documents. Old and New are zero where the key is
// missing.
type Change struct {
	Op       Op
	Path     string
	Old, New Key
}

// Secret reports whether the value is hidden: if it is a secret on one side, it is one on both.
func (c Change) Secret() bool { return c.Old.Secret || c.New.Secret }

// Compare returns the keys that differ, sorted by path.
func Compare(old, now Keys) (all []Change) {
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		switch {
		case j == len(now) || i < len(old) && old[i].Path < now[j].Path:
			all = append(all, Change{Op: Removed, Path: old[i].Path, Old: old[i]})
			i++
		case i == len(old) || now[j].Path < old[i].Path:
			all = append(all, Change{Op: Added, Path: now[j].Path, New: now[j]})
			j++
		default:
			if old[i].text != now[j].text || old[i].Type != now[j].Type {
				all = append(all, Change{Op: Changed, Path: now[j].Path, Old: old[i], New: now[j]})
			}
			i++
			j++
		}
	}
	return all
}

// OldText and NewText return the values before and after, [Hidden] for a secret, with the types
// where they differ.
func (c Change) OldText() string { return c.side(c.Old) }

// NewText returns the value after the change; see [Change.OldText].
func (c Change) NewText() string { return c.side(c.New) }

func (c Change) side(k Key) string {
	text := short(k.text)
	if k.Type == "string" && (text == "" || text != strings.TrimSpace(text) || c.otherType()) {
		text = fmt.Sprintf("%q", text)
	}
	if c.Secret() {
		text = Hidden
	}
	if c.otherType() {
		text += " (" + k.Type + ")"
	}
	return text
}

func (c Change) otherType() bool { return c.Op == Changed && c.Old.Type != c.New.Type }

// short returns the beginning of a long text.
func short(text string) string {
	const most = 80
	text = strings.ReplaceAll(text, "\n", `\n`)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Line returns a change as a line without color: "~ db.pool: 20 → 50   4:9".
func (c Change) Line() string {
	switch c.Op {
	case Added:
		return "+ " + c.Path + ": " + c.NewText() + where(c.New)
	case Removed:
		return "- " + c.Path + ": " + c.OldText() + where(c.Old)
	}
	if c.Secret() {
		return "~ " + c.Path + ": changed (secret)" + where(c.New)
	}
	return "~ " + c.Path + ": " + c.OldText() + " → " + c.NewText() + where(c.New)
}

func where(k Key) string {
	if k.Line == 0 {
		return ""
	}
	return fmt.Sprintf("   %d:%d", k.Line, k.Column)
}
