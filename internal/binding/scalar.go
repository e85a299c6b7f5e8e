package binding

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Numbers and bools ignore the blanks around a text; strings keep them.

// notText is the message for bytes that are not text. Only []byte and types with UnmarshalText
// accept them.
const notText = "must be UTF-8 text; use a []byte field for other bytes"

func buildString(k *codec) {
	k.shape.Type, k.plain = "string", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		if s, ok := textOf(n); ok {
			if !utf8.ValidString(s) {
				r.wrongly(n, notText)
				return
			}
			v.SetString(s)
			return
		}
		r.quoteNeeded(n, "a string")
	}
}

// buildBytes binds the bytes of a string, unchanged.
func buildBytes(k *codec) {
	k.shape.Type, k.nilable = "string", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		if s, ok := textOf(n); ok {
			v.SetBytes([]byte(s))
			return
		}
		r.quoteNeeded(n, "a string")
	}
}

// textOf returns the text of a string, with a type or without.
func textOf(n *tree.Node) (string, bool) {
	switch s := n.Value.(type) {
	case string:
		return s, true
	case source.Text:
		return string(s), true
	}
	return "", false
}

// quoteNeeded records a value that must be a string and is of another type in its format.
func (r *run) quoteNeeded(n *tree.Node, want string) {
	message := must(n, want)
	if n.Kind == tree.Scalar {
		message += "; put it in quotes"
	}
	r.wrongly(n, message)
}

// unquoteNeeded records a string that must be of another type.
func (r *run) unquoteNeeded(n *tree.Node, want string) {
	if n.Kind == tree.Scalar && want != wantBool && leadingZero(n) {
		r.wrongly(n, "must be "+want+zeroLeads)
		return
	}
	message := must(n, want)
	if s, ok := n.Value.(string); ok && bareIsTyped(s) {
		message += "; remove the quotes"
	}
	r.wrongly(n, message)
}

// bareIsTyped reports whether a string would be a number or a bool without its quotes.
func bareIsTyped(s string) bool {
	if s == "true" || s == "false" {
		return true
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.ContainsAny(s, "0123456789") && !tree.LeadingZero(s) // inf and nan are text in YAML
}

const wantBool = "true or false"

func buildBool(k *codec) {
	k.shape.Type, k.plain = "bool", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		switch b := n.Value.(type) {
		case bool:
			v.SetBool(b)
			return
		case source.Text:
			switch strings.TrimSpace(string(b)) {
			case "true", "True", "TRUE", "1":
				v.SetBool(true)
				return
			case "false", "False", "FALSE", "0":
				return
			}
		}
		if s, ok := n.Value.(string); ok && oldBool(s) {
			r.wrongly(n, must(n, wantBool)+"; yes, no, on and off are text in YAML 1.2")
			return
		}
		r.unquoteNeeded(n, wantBool)
	}
}

// oldBool reports whether s is a bool in YAML 1.1.
func oldBool(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "no", "on", "off", "y", "n":
		return true
	}
	return false
}

const wantInt = "a whole number"

func buildInt(k *codec) {
	k.shape.Type, k.plain = k.typ.Kind().String(), true
	bits := k.typ.Bits()
	outside := "must be between " + strconv.FormatInt(-1<<(bits-1), 10) + " and " + strconv.FormatInt(1<<(bits-1)-1, 10)
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		var i int64
		switch x := n.Value.(type) {
		case int64:
			i = x
		case uint64:
			r.wrongly(n, outside)
			return
		case float64:
			if x != math.Trunc(x) || math.IsInf(x, 0) {
				r.wrongly(n, "must be a whole number, not one with a fraction")
				return
			}
			if x < -1<<63 || x >= 1<<63 {
				r.wrongly(n, outside)
				return
			}
			i = int64(x)
		case source.Text:
			var err error
			if i, err = strconv.ParseInt(integer(x)); err != nil || leadingZero(n) {
				r.badNumber(n, err, wantInt, outside)
				return
			}
		default:
			r.unquoteNeeded(n, wantInt)
			return
		}
		if v.OverflowInt(i) {
			r.wrongly(n, outside)
			return
		}
		v.SetInt(i)
	}
}

func buildUint(k *codec) {
	k.shape.Type, k.plain = k.typ.Kind().String(), true
	outside := "must be between 0 and " + strconv.FormatUint(math.MaxUint64>>(64-k.typ.Bits()), 10)
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		var u uint64
		switch x := n.Value.(type) {
		case int64:
			if x < 0 {
				r.wrongly(n, outside)
				return
			}
			u = uint64(x)
		case uint64:
			u = x
		case float64:
			if x != math.Trunc(x) || math.IsInf(x, 0) {
				r.wrongly(n, "must be a whole number, not one with a fraction")
				return
			}
			if x < 0 || x >= 1<<64 {
				r.wrongly(n, outside)
				return
			}
			u = uint64(x)
		case source.Text:
			s, base, size := integer(x)
			if strings.HasPrefix(s, "-") && !leadingZero(n) {
				if _, err := strconv.ParseInt(s, base, size); err == nil {
					r.wrongly(n, outside)
					return
				}
			}
			var err error
			if u, err = strconv.ParseUint(strings.TrimPrefix(s, "+"), base, size); err != nil || leadingZero(n) {
				r.badNumber(n, err, wantInt, outside)
				return
			}
		default:
			r.unquoteNeeded(n, wantInt)
			return
		}
		if v.OverflowUint(u) {
			r.wrongly(n, outside)
			return
		}
		v.SetUint(u)
	}
}

// integer returns the arguments of strconv for a text: 010 is ten, 0x10 is sixteen.
func integer(x source.Text) (s string, base, bits int) {
	s = strings.TrimSpace(string(x))
	digits := strings.TrimLeft(s, "+-")
	if len(digits) > 2 && digits[0] == '0' && strings.IndexByte("xXoObB", digits[1]) >= 0 {
		return s, 0, 64
	}
	return s, 10, 64
}

// float parses a number as strconv does, and infinity also as YAML writes it.
func float(text string, bits int) (float64, error) {
	switch text {
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
		text = strings.Replace(text, ".", "", 1)
	}
	return strconv.ParseFloat(text, bits)
}

// leadingZero reports whether a text or string is digits with a leading zero; see tree.LeadingZero.
func leadingZero(n *tree.Node) bool {
	text, ok := textOf(n)
	return ok && tree.LeadingZero(strings.TrimSpace(text))
}

const zeroLeads = " that does not start with 0 - write 0o in front of an octal number, and nothing in front of a decimal one"

// badNumber distinguishes a number that is out of range, or starts with 0, from text that is not a
// number.
func (r *run) badNumber(n *tree.Node, err error, want, outside string) {
	if leadingZero(n) {
		r.wrongly(n, "must be "+want+zeroLeads)
		return
	}
	if errors.Is(err, strconv.ErrRange) {
		r.wrongly(n, outside)
		return
	}
	r.wrong(n, want)
}

func buildFloat(k *codec) {
	k.shape.Type, k.plain = k.typ.Kind().String(), true
	bits, outside := k.typ.Bits(), "must be in the range of a "+k.shape.Type
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		var f float64
		switch x := n.Value.(type) {
		case float64:
			f = x
		case int64:
			f = float64(x)
		case uint64:
			f = float64(x)
		case source.Text:
			var err error
			if f, err = float(strings.TrimSpace(string(x)), bits); err != nil || leadingZero(n) {
				r.badNumber(n, err, "a number", outside)
				return
			}
		case string:
			if _, err := strconv.ParseFloat(x, bits); errors.Is(err, strconv.ErrRange) { // as YAML takes it
				r.wrongly(n, outside)
				return
			}
			r.unquoteNeeded(n, "a number")
			return
		default:
			r.unquoteNeeded(n, "a number")
			return
		}
		// NaN is not equal to itself, so the config would always differ from itself.
		if math.IsNaN(f) {
			r.wrongly(n, "must be a number, not NaN")
			return
		}
		if v.OverflowFloat(f) {
			r.wrongly(n, outside)
			return
		}
		if f == 0 {
			f = 0 // and not -0: formats with types read -0 as a whole number
		}
		v.SetFloat(f)
	}
}

// buildAny binds any value, as Go's own maps, lists and scalars.
func buildAny(k *codec) {
	*k.shape = tree.Shape{Kind: tree.Any, Type: "anything"}
	k.nilable, k.loose = true, true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		if bad := notUTF8(n); bad != nil {
			r.wrongly(bad, notText)
			return
		}
		if p := n.Plain(); p != nil {
			v.Set(reflect.ValueOf(p))
		}
	}
}

// notUTF8 returns the first node at or below n whose text or key is not UTF-8, or nil.
func notUTF8(n *tree.Node) *tree.Node {
	switch n.Kind {
	case tree.Scalar:
		if s, ok := textOf(n); ok && !utf8.ValidString(s) {
			return n
		}
	case tree.List:
		for _, item := range n.Items {
			if bad := notUTF8(item); bad != nil {
				return bad
			}
		}
	case tree.Map:
		for i := range n.Entries {
			e := &n.Entries[i]
			if !utf8.ValidString(e.Key) {
				return e.Value
			}
			if bad := notUTF8(e.Value); bad != nil {
				return bad
			}
		}
	}
	return nil
}
