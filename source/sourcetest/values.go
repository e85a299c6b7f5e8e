package sourcetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// Values is a document of the suite: keys of small letters, and values of letters, digits and "-".
type Values map[string]string

// Encode returns the document in a format of package source; no values are zero bytes. In formats
// made of lines, each key has a line, so that a document that is cut can still be decoded and only
// its checksum reveals the damage. Encode panics if it does not know the format.
func (v Values) Encode(format string) []byte {
	if len(v) == 0 {
		return []byte{}
	}
	if format == source.FormatJSON {
		b, err := json.Marshal(v)
		if err != nil {
			panic("sourcetest: a map of strings is always JSON: " + err.Error())
		}
		return b
	}
	line, ok := lines[format]
	if !ok {
		panic("sourcetest: cannot write format " + strconv.Quote(format))
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(v)) {
		b.WriteString(line(k, v[k]))
	}
	return []byte(b.String())
}

// formatEnviron is the format of providers/env, which only the engine and that source know.
const formatEnviron = "environ"

var lines = map[string]func(k, v string) string{
	source.FormatYAML:       func(k, v string) string { return k + ": \"" + v + "\"\n" },
	source.FormatTOML:       func(k, v string) string { return k + " = \"" + v + "\"\n" },
	source.FormatDotenv:     func(k, v string) string { return k + "=" + v + "\n" },
	source.FormatProperties: func(k, v string) string { return k + "=" + v + "\n" },
	formatEnviron: func(k, v string) string {
		k = strings.ToUpper(k)
		return k + "<APP_" + k + "=" + v + "\x00"
	},
}

// Tree returns the document as a decoded one.
func (v Values) Tree() map[string]any {
	tree := make(map[string]any, len(v))
	for k, text := range v {
		tree[k] = text
	}
	return tree
}

var errUndecodable = errors.New("cannot be decoded")

// decode reads what Encode or Tree returned, as far as it is whole.
func decode(d source.Document) (Values, error) {
	v := Values{}
	if d.Tree != nil {
		for k, value := range d.Tree {
			v[k] = fmt.Sprint(value)
		}
		return v, nil
	}
	if len(d.Data) == 0 {
		return v, nil
	}
	sep, end := "=", "\n"
	switch d.Format {
	case source.FormatJSON:
		if json.Unmarshal(d.Data, &v) != nil {
			return nil, errUndecodable
		}
		return v, nil
	case source.FormatYAML:
		sep = ":"
	case formatEnviron:
		end = "\x00"
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(d.Data), end), end) {
		k, value, ok := strings.Cut(line, sep)
		if !ok {
			return nil, errUndecodable
		}
		if d.Format == formatEnviron {
			k, _, _ = strings.Cut(k, "<")
		}
		v[strings.ToLower(strings.TrimSpace(k))] = strings.Trim(strings.TrimSpace(value), `"'`)
	}
	return v, nil
}

// canary is in every document of the suite and must not appear anywhere else.
const canary = "canary-5f1c0de"

// stamped returns document number n of the suite, which contains its number and its own checksum.
// Its length varies with n, so that a mixture of two documents does not fit.
func stamped(n, size int) Values {
	fill := strings.Repeat(string(rune('a'+n%26)), 1+int(uint64(n)*2654435761%uint64(size)))
	seq := strconv.Itoa(n)
	return Values{"seq": seq, "canary": canary, "fill": fill, "sum": checksum(seq, fill)}
}

// stampedKeys are the keys of stamped.
var stampedKeys = []string{"seq", "canary", "fill", "sum"}

func checksum(seq, fill string) string {
	sum := sha256.Sum256([]byte(seq + "/" + fill))
	return hex.EncodeToString(sum[:8])
}

// none is the number of an absent document, empty that of an empty one.
const (
	none  = -1
	empty = 0
)

// number returns the number of the document in a content.
func number(c source.Content) (int, error) {
	merged, present := Values{}, false
	for _, d := range c.Documents {
		if d.Absent || d.Selects {
			continue
		}
		present = true
		v, err := decode(d)
		if err != nil {
			return 0, fmt.Errorf("document %s %w", d.Name, err)
		}
		maps.Copy(merged, v)
	}
	switch {
	case !present:
		return none, nil
	case len(merged) == 0:
		return empty, nil
	}
	n, err := strconv.Atoi(merged["seq"])
	if err != nil || merged["canary"] != canary || merged["sum"] != checksum(merged["seq"], merged["fill"]) {
		for k := range merged {
			if !slices.Contains(stampedKeys, k) {
				return 0, errors.New("its checksum does not hold, and it has a key that Put did not write; is there another document in the origin?")
			}
		}
		return 0, errors.New("its checksum does not hold")
	}
	return n, nil
}
