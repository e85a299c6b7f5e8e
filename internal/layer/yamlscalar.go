package layer

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// scalar returns the value of a scalar, of the type of its tag, or of the type that yaml.v3 gives
// to a plain scalar.
func (y *yamlReader) scalar(n *yaml.Node, line, column int32) (any, bool) {
	plain := n.Style == 0
	tag := n.ShortTag()
	switch tag {
	case "!!null":
		if plain || nullWords[n.Value] {
			return nil, true
		}
	case "!!bool":
		if b, ok := boolWords[n.Value]; ok {
			return b, true
		}
	case "!!int", "!!float":
		if tree.LeadingZero(n.Value) {
			if plain { // without a tag
				return n.Value, true
			}
			y.report(source.Malformed, line, column, taggedZero)
			return nil, false
		}
		if v, ok := yamlInt(n.Value); ok && tag == "!!int" {
			return v, true
		} else if tag == "!!int" {
			break
		}
		if wholeNumber.MatchString(n.Value) {
			if plain {
				y.report(source.Malformed, line, column, tree.TooWide)
				return nil, false
			}
		}
		if v, ok := yamlFloat(n.Value); ok {
			return v, true
		}
	case "!!str", "!!timestamp", "!!merge": // a field of type string takes the text of a date as written
		return n.Value, true
	case "!!binary":
		if text, ok := fromBase64(n.Value); ok {
			return text, true
		}
		y.report(source.Malformed, line, column, "is tagged !!binary and is not base64")
		return nil, false
	default:
		y.report(source.Malformed, line, column, customTag)
		return nil, false
	}
	y.report(source.Malformed, line, column, "does not have the type of its YAML tag")
	return nil, false
}

var (
	nullWords = map[string]bool{"": true, "~": true, "null": true, "Null": true, "NULL": true}
	boolWords = map[string]bool{
		"true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false,
	}
	floatWords = map[string]float64{
		".nan": math.NaN(), ".NaN": math.NaN(), ".NAN": math.NaN(),
		".inf": math.Inf(1), ".Inf": math.Inf(1), ".INF": math.Inf(1),
		"+.inf": math.Inf(1), "+.Inf": math.Inf(1), "+.INF": math.Inf(1),
		"-.inf": math.Inf(-1), "-.Inf": math.Inf(-1), "-.INF": math.Inf(-1),
	}
	wholeNumber = regexp.MustCompile(`^[-+]?[0-9][0-9_]*$`)
)

// taggedZero is the message for !!int 0644. Without a tag, 0644 is text.
const taggedZero = "is tagged as a number and starts with 0; write 0o in front of an octal number, and nothing in front of a decimal one"

func fromBase64(text string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return string(b), err == nil
}

// yamlKey returns the text of a key, or what is wrong with it. A key is the text as written; only
// !!binary is decoded.
func yamlKey(n *yaml.Node) (key, fault string) {
	if n.Kind != yaml.ScalarNode {
		return "", "has a key that is a map or a list; keys are texts"
	}
	if n.Style&yaml.TaggedStyle == 0 {
		return n.Value, ""
	}
	switch n.ShortTag() {
	case "!!binary":
		text, ok := fromBase64(n.Value)
		switch {
		case !ok:
			return "", "has a key that is tagged !!binary and is not base64"
		case !utf8.ValidString(text):
			return "", "has a key that is not UTF-8 after decoding; keys are text"
		}
		return text, ""
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
		return n.Value, ""
	}
	return "", "has a key with a YAML tag that is not supported"
}

// yamlInt parses decimal, 0x, 0o and 0b, with underscores, as yaml.v3 does.
func yamlInt(s string) (any, bool) {
	s = strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return i, true
	}
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return u, true
	}
	return nil, false
}

func yamlFloat(s string) (any, bool) {
	if f, ok := floatWords[s]; ok {
		return f, true
	}
	s = strings.ReplaceAll(s, "_", "")
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
