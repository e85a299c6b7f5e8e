package tree

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// FoldKey removes the differences between keys that people make most often: case, and the
// separators between words.
func FoldKey(key string) string { return separators.Replace(strings.ToLower(key)) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// Speller finds what misspelled keys of a struct mean. It is immutable and safe for concurrent use.
type Speller struct {
	shape *Shape
	names []spelled
}

// spelled is a key or an alias, prepared for comparisons.
type spelled struct {
	key                   string // the key that it stands for
	lower, folded, undigi string
	words                 []string
}

func spell(name, key string) spelled {
	folded := FoldKey(name)
	return spelled{key, strings.ToLower(name), folded, withoutDigits(folded), words(name)}
}

// NewSpeller returns the Speller of a shape.
func NewSpeller(s *Shape) *Speller {
	p := &Speller{shape: s}
	if s == nil || s.Kind != StructOf {
		return p
	}
	for _, key := range s.Order {
		p.names = append(p.names, spell(key, key))
	}
	for _, alias := range slices.Sorted(maps.Keys(s.Aliases)) {
		p.names = append(p.names, spell(alias, s.Aliases[alias]))
	}
	return p
}

// Meant returns the key that a key without a field most likely means, in the same map; empty if it
// resembles none. A key of several segments means the key at that path: "db.pool". sets reports
// whether the document has a key of the struct in that map: a document that has it does not mean it
// by another name.
//
// Two keys of the same number of words resemble each other only if each pair of words does, so that
// min_conns is not a misspelled max_conns. Keys that differ in digits only, such as ipv4 and ipv6,
// are different keys.
func (p *Speller) Meant(key string, sets func(key string) bool) string {
	best, least := "", longestKey
	if len(p.names) == 0 {
		return best
	}
	have := spell(key, "")
	for i := range p.names {
		if d := have.likeness(&p.names[i]); d < least && !sets(p.names[i].key) {
			best, least = p.names[i].key, d
		}
	}
	if best != "" {
		return best
	}
	if dotted, ok := ParsePath(key); ok && len(dotted) > 1 {
		if at, _ := p.shape.Lookup(dotted); at != nil {
			return dotted.String()
		}
	}
	return ""
}

// likeness returns how many letters a misspelled key differs in from a known one, or longestKey for
// another key.
func (s *spelled) likeness(known *spelled) int {
	if s.folded == known.folded {
		return 0
	}
	most := Slack(s.lower)
	if d := len(s.lower) - len(known.lower); d > most || -d > most || s.undigi == known.undigi {
		return longestKey
	}
	d := Edits(s.lower, known.lower)
	if d > most {
		return longestKey
	}
	if len(s.words) == len(known.words) {
		for i, word := range s.words {
			if of := known.words[i]; word != of && (Edits(word, of) > Slack(word) || withoutDigits(word) == withoutDigits(of)) {
				return longestKey
			}
		}
	}
	return d
}

// words returns the words of a key in lower case: of maxConns, max-conns and max_conns the same.
func words(key string) []string {
	return strings.FieldsFunc(SnakeCase(key), func(c rune) bool { return strings.ContainsRune("_-. ", c) })
}

func withoutDigits(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return -1
		}
		return c
	}, text)
}

// Slack returns how many edits a key may need to count as a typo.
func Slack(key string) int {
	switch n := len(key); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	case n < 10:
		return 2
	}
	return 3
}

// longestKey is the length from which keys are not compared: the cost is the square of the length.
const longestKey = 64

// Edits returns how many letters must be added, dropped, changed or swapped with the next one to
// turn a into b.
func Edits(a, b string) int {
	if len(a) > longestKey || len(b) > longestKey {
		return longestKey
	}
	if a == b {
		return 0
	}
	var rows [3][longestKey + 1]int
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(b)]
}
