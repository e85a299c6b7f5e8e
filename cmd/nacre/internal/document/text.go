package document

import (
	"context"
	"regexp"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Unified returns the difference of two documents as a unified diff, with secrets hidden. A secret
// that differs is still a line that differs.
func Unified(ctx context.Context, oldName, newName, kind string, old, now []byte) string {
	before, raw := masked(ctx, oldName, kind, old, nil)
	after, _ := masked(ctx, newName, kind, now, raw)
	return udiff.Unified(oldName, newName, before, after)
}

// assigned is a line that gives a name a value, or with an x at its end, one that names a map or
// list.
var assigned = regexp.MustCompile(`^(\s*(?:[#;/-]+\s*)?(?:export\s+)?["']?)([\w .\[\]/-]+?)(["']?\s*[:=]\s*)(\S.*)$`)

// masked returns a document without its secrets, and its lines that have one. A line that is not
// among those of the other document differs from it.
func masked(ctx context.Context, name, kind string, data []byte, other map[string]bool) (text string, raw map[string]bool) {
	lines := strings.SplitAfter(string(data), "\n")
	hide := hiddenFrom(ctx, name, kind, data, lines)
	raw = map[string]bool{}
	for i, line := range lines {
		body := strings.TrimRight(line, "\r\n")
		ending := line[len(body):]
		from, secret := hide[i]
		if at := valueOfSecret(body); at >= 0 {
			if !secret || at < from {
				from, secret = at, true
			}
		} else if !secret && SecretValue(strings.TrimSpace(body)) {
			from, secret = 0, true
		}
		if !secret || strings.TrimSpace(body) == "" {
			continue
		}
		raw[body] = true
		mask := Hidden
		if other != nil && !other[body] {
			mask += " (changed)"
		}
		lines[i] = body[:min(from, len(body))] + mask + ending
	}
	return strings.Join(lines, ""), raw
}

// named is a name and what separates it from a value, anywhere in a line: in a document of any
// format, in XML as an element or attribute, in the query of a URL, in a comment.
var named = regexp.MustCompile(`([A-Za-z_][\w.-]*)["']?\s*(?:=>|[:=>])\s*`)

// valueOfSecret returns where the value of the first secret in a line begins; -1 for none.
func valueOfSecret(line string) int {
	for _, m := range named.FindAllStringSubmatchIndex(line, -1) {
		if value := line[m[1]:]; strings.TrimSpace(value) != "" && !isScope(value) && SecretName(line[m[2]:m[3]]) {
			return m[1]
		}
	}
	return -1
}

// isScope reports whether a value only begins a map, list or block, whose lines are judged by
// themselves.
func isScope(value string) bool {
	value = strings.TrimSpace(value)
	return value == "{" || value == "["
}

// hiddenFrom returns the columns, from 0, from which lines are hidden: where the value of a secret
// begins, and the lines up to the next key, which may be part of the value.
func hiddenFrom(ctx context.Context, name, kind string, data []byte, lines []string) map[int]int {
	hide := map[int]int{}
	keys, err := Decode(ctx, name, kind, data)
	if err != nil {
		return hide
	}
	starts := map[int]bool{}
	for _, k := range keys {
		starts[k.Line-1] = true
	}
	for _, k := range keys {
		if !k.Secret || k.Line == 0 || k.Line > len(lines) {
			continue
		}
		i := k.Line - 1
		from := min(max(k.Column-1, 0), len(lines[i]))
		if was, found := hide[i]; !found || from < was {
			hide[i] = from
		}
		value := strings.TrimSpace(lines[i][from:])
		block := strings.ContainsAny(value[:min(1, len(value))], `|>"'[{`)
		for i++; i < len(lines) && !starts[i]; i++ {
			if !block && assigned.MatchString(lines[i]+"x") && !strings.HasPrefix(strings.TrimSpace(lines[i]), "#") {
				break // the name of a map or list that follows
			}
			hide[i] = len(lines[i]) - len(strings.TrimLeft(lines[i], " \t"))
		}
	}
	return hide
}
