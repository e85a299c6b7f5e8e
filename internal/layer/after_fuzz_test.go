package layer_test

import (
	"math/rand/v2"
	"testing"
)

// FuzzDecodeAfter replaces a piece of a document, puts it back, and then goes on with random edits.
func FuzzDecodeAfter(f *testing.F) {
	formats := []string{"yaml", "json", "properties", "toml", "dotenv"}
	for i, seeds := range [][]string{yamlSeeds, jsonSeeds, propertiesSeeds, tomlSeeds} {
		for n, text := range seeds {
			f.Add(uint8(i), uint8(n), text, uint(n), uint(1), tokens[n%len(tokens)], uint64(n)) //nolint:gosec // small
		}
	}
	f.Fuzz(func(t *testing.T, format, which uint8, text string, at, cut uint, insert string, seed uint64) {
		if len(text)+len(insert) > 8<<10 {
			return // long names and long suggestions are the business of other tests
		}
		w, of := &ways[int(which)%len(ways)], formats[int(format)%len(formats)]
		start := at % uint(len(text)+1)
		end := start + cut%(uint(len(text))-start+1)
		last := w.full(of, text)
		now := text[:start] + insert + text[end:]
		next := w.follows(t, &last, of, text, now)
		back := w.follows(t, &next, of, now, text)
		r := maker{rand.New(rand.NewPCG(seed, 1))}
		for range 4 {
			now = r.edit(of, text)
			back, text = w.follows(t, &back, of, text, now), now
		}
	})
}
