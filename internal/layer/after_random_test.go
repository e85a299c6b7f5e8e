package layer_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// partSteps is how many random edits TestRandomEdits makes in each format, and partSeed decides
// which they are.
var (
	partSteps = flag.Int("part-steps", 3000, "edits in each format")
	partSeed  = flag.Uint64("part-seed", 1, "seed of the edits")
)

var deprecatedLeaf = &tree.Shape{Kind: tree.Leaf, Type: "string", Deprecated: "no longer used"}

// partShape has a place for every kind of key that the random documents have.
var partShape = func() *tree.Shape {
	server := structOf("name", "port", "max_conns", "old_key", deprecatedLeaf)
	server.Aliases = map[string]string{"title": "name"}
	s := structOf("a", "b", "db", structOf("pool_size", "dsn", "hosts", listOf(leaf)), "servers", listOf(server), "labels", mapOf(leaf),
		"dbs", mapOf(structOf("dsn", "b")), "any", (*tree.Shape)(nil), "m", mapOf(mapOf(listOf(leaf))), "hosts", listOf(leaf), "max_conns", leaf, "pools", listOf(mapOf(structOf("dsn"))))
	s.Aliases = map[string]string{"database": "db", "alpha": "a", "tags": "labels"}
	return s
}()

var ways = []way{
	{name: "no shape"},
	{name: "strict", shape: fuzzShape},
	{name: "aliases", shape: partShape},
	{name: "shared", shape: partShape, policy: layer.Policy{Shared: true}},
	{name: "unknown allowed", shape: partShape, policy: layer.Policy{AllowUnknown: true}},
	{name: "paths allowed", shape: partShape, policy: layer.Policy{Shared: true, Allowed: []tree.Path{{"b"}, {"odd", "x"}, {"servers", "[1]", "extra"}, {"db", "extra", "y"}}}},
	{name: "relaxed", shape: partShape, o: layer.Decoder{Relaxed: true}, policy: layer.Policy{Shared: true}},
	{name: "relaxed and strict", shape: partShape, o: layer.Decoder{Relaxed: true, Stream: true}},
	{name: "under a key", shape: structOf("at", partShape), o: layer.Decoder{At: tree.Path{"at"}}, policy: layer.Policy{Shared: true}},
	{name: "under a map", shape: structOf("at", mapOf(partShape)), o: layer.Decoder{At: tree.Path{"at", "x"}}, policy: layer.Policy{AllowUnknown: true}},
}

// maker makes random documents and edits.
type maker struct{ *rand.Rand }

func pick[T any](r maker, of ...T) T { return of[r.IntN(len(of))] }

func (r maker) key() string {
	return pick(r, "a", "b", "db", "servers", "labels", "dbs", "any", "m", "hosts", "name", "port", "dsn", "pool_size", "x", "y", "eu", "title", "alpha",
		"database", "tags", "maxConns", "max_conns", "old_key", "odd", "extra", "x-owner", "servres", "prt", "pools", "k"+fmt.Sprint(r.IntN(20)))
}

func (r maker) scalar(format string) string {
	n := fmt.Sprint(r.IntN(1000))
	switch format {
	case "json":
		return pick(r, n, n+".5", "true", "null", `"text"`, `"é\n"`, `"{[,"`, `""`, `"a,b"`, "-0", "1e3", `"\ud83d\ude00"`)
	case "yaml":
		return pick(r, n, n, "0o17", "true", "", "~", "text", "two words", `"a: b # c"`, "'it''s'", "a#b", "x: y", "[1, 2]", "{a: 1, b}", "é ü", "|\n    text\n", ">-\n      more", "\"open\n    text\"", "1.5", ".inf",
			"plain\n      text", "<<", "why? x", "2024-01-01", "0644", "# only a comment", "x # comment", "a\\")
	}
	return pick(r, n, n, "text", "a,b", "a=1,b=2", `{"dsn":"x"}`, `["x","y"]`, "", "é", `\u00e9`, `a \`+"\n  b", "null", `\\`, "x # y", "{}")
}

// yaml returns the lines of a map.
func (r maker) yaml(indent string, depth int) string {
	var b strings.Builder
	used := map[string]bool{}
	for range 1 + r.IntN(5) {
		key := r.key()
		if used[key] && r.IntN(20) > 0 {
			continue
		}
		used[key] = true
		if r.IntN(8) == 0 {
			b.WriteString(pick(r, "", indent, indent+"  ") + pick(r, "# comment\n", "\n", "#\n\n"))
		}
		b.WriteString(indent + pick(r, key, key, key, key, `"`+key+`"`) + ":")
		switch kind := r.IntN(6); {
		case depth == 0 || kind < 3:
			b.WriteString(" " + r.scalar("yaml") + "\n")
		case kind < 5:
			b.WriteString(pick(r, "\n", "\n", " # comment\n", "\n\n") + r.yaml(indent+pick(r, " ", "  ", "  ", "    "), depth-1))
		default:
			b.WriteString("\n")
			in := indent + pick(r, "", "  ")
			for range 1 + r.IntN(3) {
				if r.IntN(2) == 0 {
					b.WriteString(in + "- " + r.scalar("yaml") + "\n")
				} else {
					b.WriteString(in + "- " + strings.TrimLeft(r.yaml(in+"  ", depth-1), " \n"))
				}
			}
		}
	}
	return b.String()
}

func (r maker) json(indent string, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		return r.scalar("json")
	}
	open, end := "{", "}"
	list := r.IntN(3) == 0 && depth < 3
	if list {
		open, end = "[", "]"
	}
	gap, in := "\n"+indent+"  ", "\n"+indent
	if r.IntN(4) == 0 {
		gap, in = pick(r, "", " "), ""
	}
	var parts []string
	used := map[string]bool{}
	for range r.IntN(5) {
		key := r.key()
		if used[key] {
			continue
		}
		used[key] = true
		value := r.json(indent+"  ", depth-1)
		if !list {
			value = fmt.Sprintf("%q:%s%s", key, pick(r, "", " "), value)
		}
		parts = append(parts, gap+value)
	}
	return open + strings.Join(parts, ",") + in + end
}

func (r maker) properties() string {
	var b strings.Builder
	for range 1 + r.IntN(9) {
		if r.IntN(6) == 0 {
			b.WriteString(pick(r, "# comment\n", "\n", "! x \\\n", "  # more\n"))
		}
		name := pick(r, "a", "b", "alpha", "db.pool_size", "db.dsn", "database.dsn", "db.pool-size", "db.hosts[0]", "db.hosts[1]", "db.hosts", "servers[0].name", "servers[0].title", "servers[0].port", "servers[1].port",
			"labels.x", "labels.y.z", "labels[q.r]", "labels", "tags.x", "dbs.eu.dsn", "dbs.us.dsn", "dbs[us].b", "dbs", "any.x", "any.y[0]", "any", "m.a.b", "m.a.b.0", "m.a.c", "hosts", "hosts.0", "hosts.1", "maxConns", "max_conns", "odd", "db.dns", "x-a",
			"k"+fmt.Sprint(r.IntN(9)), r.key()+"."+r.key())
		b.WriteString(name + pick(r, "=", " = ", ":", " ") + r.scalar("properties") + "\n")
	}
	return b.String()
}

func (r maker) doc(format string) string {
	switch format {
	case "yaml":
		return pick(r, "", "", "", "# head\n", "---\n", "\n", "%YAML 1.2\n---\n") + r.yaml("", 3)
	case "json":
		for {
			if text := r.json("", 4); text[0] == '{' {
				return text + pick(r, "", "\n")
			}
		}
	}
	return r.properties()
}

var tokens = []string{
	"&x ", "*x", "!t ", "!!str ", "\t", "é", "\r\n", "\r", "|\n", ">", "? ", "- ", "#", " #", ": ", ":", ",", "\n---\n", "\n...\n", "%", "\\", "\\\n", "\u2028", "\ufeff", "\ufffd", "\"", "'", "[", "]", "{", "}", "=", " ", "\n", "\n\n", "  ", "0", "x", "<<: ", "_: 0", "~",
	"\x00", "\xff", "\x01", "\u0085", "null", "\\u00e9", "- - ", "k: ", "\n# c\n", "\n  # c\n", "{\"", "a: {b: 1}", "...", "---", "@", "`", "\f",
}

// edit returns a text with one random edit.
func (r maker) edit(format, text string) string {
	lines := strings.SplitAfter(text, "\n")
	at := r.IntN(len(lines))
	line := lines[at]
	switch r.IntN(14) {
	case 0, 1, 2, 3: // another value
		cut := map[string]string{"yaml": ":", "json": ":"}[format]
		if cut == "" {
			cut = "="
		}
		before, after, ok := strings.Cut(line, cut)
		if !ok {
			return text
		}
		end := "\n"
		if format == "json" {
			end = after[len(strings.TrimRight(after, ",]}\n")):]
		}
		lines[at] = before + cut + pick(r, "", " ") + r.scalar(format) + end
	case 4: // a line less, or several
		lines[at] = ""
		for i := range r.IntN(3) {
			lines[min(at+i, len(lines)-1)] = ""
		}
	case 5: // the same line twice, here or elsewhere
		other := r.IntN(len(lines))
		lines[other] += line
	case 6, 7: // a new line in the column of another one
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		made := strings.TrimSuffix(r.properties(), "\n")
		switch format {
		case "yaml":
			made = indent + pick(r, r.key()+": "+r.scalar("yaml"), "- "+r.scalar("yaml"), r.key()+":")
		case "json":
			made = fmt.Sprintf("%s%q: %s,", indent, r.key(), r.scalar("json"))
		}
		lines[at] = made + "\n" + line
	case 8: // a comment
		lines[at] = strings.Repeat(" ", r.IntN(6)) + pick(r, "# c\n", "\n", "! c\n", "#\n#\n") + line
	case 9: // another indentation
		lines[at] = strings.Repeat(" ", r.IntN(6)) + strings.TrimLeft(line, " ")
	case 10, 11: // a token anywhere
		i := r.IntN(len(text) + 1)
		return text[:i] + tokens[r.IntN(len(tokens))] + text[i:]
	case 12: // a piece less
		if len(text) == 0 {
			return text
		}
		i := r.IntN(len(text))
		return text[:i] + text[min(len(text), i+1+r.IntN(6)):]
	case 13: // a line that the comments or the end of another one hide
		other := lines[r.IntN(len(lines))]
		lines[at], lines[r.IntN(len(lines))] = other, line
	}
	return strings.Join(lines, "")
}

// walk edits a document step by step, and checks each step. It returns how many steps led to a
// document without a problem, and how many of all were decoded in part.
func (r maker) walk(t testing.TB, w *way, format, text string, steps int) (parts, good int) {
	last := w.full(format, text)
	for i := 0; len(last.Problems) > 0 && i < 50; i++ {
		text = r.doc(format)
		last = w.full(format, text)
	}
	for range steps {
		now := r.edit(format, text)
		for r.IntN(5) == 0 {
			now = r.edit(format, now)
		}
		if r.IntN(500) == 0 {
			now = strings.ReplaceAll(now, "\n", "\r\n")
		}
		next := w.follows(t, &last, format, text, now)
		if len(next.Problems) > 0 && r.IntN(10) > 0 {
			continue // most edits are of a document that is right
		}
		if len(next.Problems) == 0 {
			good++
		}
		if layer.IsPart(&next) {
			parts++
		}
		last, text = next, now
		if len(text) > 4000 {
			break
		}
	}
	return parts, good
}

// Whatever is edited in whatever document, the text decodes to the same after the one before as
// alone.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"yaml", "json", "properties"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			r := maker{rand.New(rand.NewPCG(*partSeed, uint64(len(format))))}
			parts, good := 0, 0
			for done := 0; done < *partSteps; done += 30 {
				w := ways[r.IntN(len(ways))]
				p, g := r.walk(t, &w, format, r.doc(format), 30)
				parts, good = parts+p, good+g
			}
			t.Logf("%d of %d edits to documents without problems were decoded in part", parts, good)
			if parts < good/3 {
				t.Errorf("only %d of %d edits were decoded in part", parts, good)
			}
		})
	}
}
