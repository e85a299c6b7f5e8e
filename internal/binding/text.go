package binding

import (
	"encoding"
	"encoding/json"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// textTypes are the types of the standard library with an UnmarshalText method. The words say what
// the type is, and what a value must be.
var textTypes = map[reflect.Type][2]string{
	reflect.TypeFor[netip.Addr]():     {"IP address", "an IP address"},
	reflect.TypeFor[netip.AddrPort](): {"IP address and port", "an IP address and port such as 10.0.0.1:80"},
	reflect.TypeFor[netip.Prefix]():   {"network", "a network such as 10.0.0.0/8"},
	reflect.TypeFor[net.IP]():         {"IP address", "an IP address"},
	reflect.TypeFor[regexp.Regexp]():  {"regular expression", "a regular expression"},
	reflect.TypeFor[slog.Level]():     {"log level", "a log level: DEBUG, INFO, WARN or ERROR"},
	reflect.TypeFor[slog.LevelVar]():  {"log level", "a log level: DEBUG, INFO, WARN or ERROR"},
	reflect.TypeFor[big.Int]():        {"int", "a whole number"},
	reflect.TypeFor[big.Float]():      {"float", "a number"},
	reflect.TypeFor[big.Rat]():        {"float", "a number"},
}

// isSize reports whether t is binder.Size. This package cannot import binder, which imports it.
func isSize(t reflect.Type) bool {
	return t.Name() == "Size" && t.PkgPath() == "github.com/nacre-go/nacre/binder"
}

// WantSize is what a size must be, in words.
const WantSize = "a size such as 10MiB, 1.5GB or a number of bytes"

// wordsOf returns the words for a type with an UnmarshalText method, if there are any.
func wordsOf(t reflect.Type) (words [2]string, ok bool) {
	if isSize(t) {
		return [2]string{"size", WantSize}, true
	}
	words, ok = textTypes[t]
	return words, ok
}

// buildText binds a type that has an UnmarshalText method. Only types that are numbers get a number
// of the tree as text: for a password, 0123 is not 83.
func buildText(k *codec) {
	t := k.typ
	want := "text that parses as a " + t.String()
	if words, ok := wordsOf(t); ok {
		k.shape.Type, want = words[0], words[1]
	}
	number := isSize(t) || t.PkgPath() == "math/big"
	k.plain = isPlain(t)
	k.nilable = t.Kind() == reflect.Slice || t.Kind() == reflect.Map
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		text, ok := textOf(n)
		if !ok && number {
			text, ok = numberText(n)
		}
		if !ok {
			if number {
				r.wrong(n, want)
				return
			}
			r.quoteNeeded(n, want)
			return
		}
		if number {
			if text = strings.TrimSpace(text); tree.LeadingZero(text) {
				r.wrongly(n, "must be "+want+zeroLeads)
				return
			}
		}
		var err error
		if r.guard(n, "UnmarshalText of "+t.String(), func() {
			err = v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
		}) && err != nil {
			r.unread(n, want, err)
		}
	}
}

// numberText returns a number in decimal digits.
func numberText(n *tree.Node) (string, bool) {
	switch x := n.Value.(type) {
	case int64:
		return strconv.FormatInt(x, 10), true
	case uint64:
		return strconv.FormatUint(x, 10), true
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64), true
	}
	return "", false
}

// buildParsed binds a type that has a Parse option.
func buildParsed(k *codec, parse parser) {
	want := "text that parses as a " + k.typ.String()
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		text, ok := textOf(n)
		if !ok {
			r.quoteNeeded(n, want)
			return
		}
		var err error
		if r.guard(n, "the parser of "+k.typ.String(), func() { err = parse(text, v) }) && err != nil {
			r.unread(n, want, err)
		}
	}
}

// buildParsedBy binds a type of the standard library that has a parse function and no UnmarshalText
// method. No code changes what the function returns.
func buildParsedBy[T any](k *codec, parse func(text string) (T, error), words, want string) {
	k.shape.Type, k.plain = words, true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		text, ok := textOf(n)
		if !ok {
			r.quoteNeeded(n, want)
			return
		}
		parsed, err := parse(text)
		if err != nil {
			r.wrongly(n, mustParse(n, want))
			return
		}
		v.Set(reflect.ValueOf(parsed))
	}
}

func parseURL(text string) (url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return url.URL{}, err
	}
	return *u, nil
}

func parseNet(text string) (net.IPNet, error) {
	_, n, err := net.ParseCIDR(text)
	if err != nil {
		return net.IPNet{}, err
	}
	return *n, nil
}

// selfUnmarshaler is the Unmarshaler of mapstructure.
type selfUnmarshaler interface{ UnmarshalMapstructure(data any) error }

// buildSelf binds a type that has an UnmarshalMapstructure method.
func buildSelf(k *codec) {
	*k.shape = tree.Shape{Kind: tree.Any, Type: k.typ.String()}
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		var err error
		if r.guard(n, "UnmarshalMapstructure of "+k.typ.String(), func() {
			err = v.Addr().Interface().(selfUnmarshaler).UnmarshalMapstructure(n.Plain())
		}) && err != nil {
			r.unread(n, "a value that converts to a "+k.typ.String(), err)
		}
	}
}

// buildRaw binds any value to a json.RawMessage, as JSON. Text without a type that is JSON is kept
// as it is.
func buildRaw(k *codec) {
	*k.shape = tree.Shape{Kind: tree.Any, Type: "anything"}
	k.nilable = true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		if bad := notUTF8(n); bad != nil {
			r.wrongly(bad, notText)
			return
		}
		if text, ok := untyped(n); ok && json.Valid([]byte(text)) {
			v.SetBytes([]byte(text))
			return
		}
		b, err := json.Marshal(n.Plain())
		if err != nil { // an infinite number
			r.wrong(n, "a value that JSON can hold")
			return
		}
		v.SetBytes(b)
	}
}

const wantDuration = "a duration such as 3s"

func buildDuration(k *codec) {
	k.shape.Type, k.plain = "duration", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		text, ok := textOf(n)
		if !ok {
			switch x := n.Value.(type) {
			case int64:
				if x == 0 { // zero needs no unit
					return
				}
				r.wrongly(n, bareDuration)
			case uint64, float64:
				r.wrongly(n, bareDuration)
			default:
				r.wrong(n, wantDuration)
			}
			return
		}
		text = strings.TrimSpace(text)
		d, err := tree.ParseDuration(text)
		switch {
		case err == nil:
			v.SetInt(int64(d))
		case text != "" && strings.Trim(text, "+-.0123456789") == "":
			r.wrongly(n, bareDuration)
		default:
			message := "must be " + wantDuration + ", 1.5h, 250ms or 1d"
			if text == "" {
				message += ", but is empty"
			}
			r.wrongly(n, message)
		}
	}
}

const bareDuration = "must be " + wantDuration + ", not a bare number"

const wantTime = "a time such as 2006-01-02T15:04:05Z, or a date"

// buildTime binds a time in RFC 3339, a date (midnight in UTC), and the times of formats that have
// them.
func buildTime(k *codec) {
	k.shape.Type, k.plain = "time", true
	k.bind = func(r *run, n *tree.Node, v reflect.Value) {
		if at, ok := n.Value.(time.Time); ok {
			v.Set(reflect.ValueOf(at))
			return
		}
		text, ok := textOf(n)
		if !ok {
			r.wrong(n, wantTime)
			return
		}
		text = strings.TrimSpace(text)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			at, err = time.Parse(time.DateOnly, text)
		}
		if err != nil {
			r.wrongly(n, mustParse(n, wantTime))
			return
		}
		v.Set(reflect.ValueOf(at))
	}
}

// isPlain reports whether a copy of a value of type t shares no memory with it.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	case reflect.Array:
		return isPlain(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if !isPlain(f.Type) {
				return false
			}
		}
	}
	return true
}

// untyped returns a text from an origin without types.
func untyped(n *tree.Node) (string, bool) {
	t, ok := n.Value.(source.Text)
	return string(t), ok
}
