package plural

import (
	"strconv"
	"strings"
)

// Count returns "1 document" or "2 documents". A "y" after a consonant becomes "ies", and of "key
// or document" both words change.
func Count[N int | int64](n N, noun string) string {
	text := strconv.FormatInt(int64(n), 10) + " "
	if n == 1 {
		return text + noun
	}
	words := strings.Split(noun, " or ")
	for i, w := range words {
		words[i] = w + "s"
		if before := len(w) - 2; strings.HasSuffix(w, "y") && before >= 0 && !strings.ContainsRune("aeiou", rune(w[before])) {
			words[i] = w[:len(w)-1] + "ies"
		}
	}
	return text + strings.Join(words, " or ")
}

// Of returns "1 of 3 instances".
func Of(n, total int, noun string) string { return strconv.Itoa(n) + " of " + Count(total, noun) }

// Verb returns the verb for n: "refuses" for 1, and "refuse" for 0 or more than 1.
func Verb(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
