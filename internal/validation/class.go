package validation

import (
	"cmp"
	"encoding"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/internal/tree"
)

// class is how values are compared.
type class int

const (
	unknown class = iota // only a value has a class, as with an interface
	numeric
	textual
	boolean
	moments
	listed
	structured
)

var (
	timeType   = reflect.TypeFor[time.Time]()
	valuerType = reflect.TypeFor[validator.Valuer]()
	// shownAsText are the types that validator checks by their text; see registerTypes.
	shownAsText = map[reflect.Type]bool{
		reflect.TypeFor[url.URL](): true, reflect.TypeFor[regexp.Regexp](): true, reflect.TypeFor[netip.Addr](): true,
		reflect.TypeFor[netip.AddrPort](): true, reflect.TypeFor[netip.Prefix](): true, reflect.TypeFor[net.IP](): true,
		reflect.TypeFor[net.IPNet](): true,
	}
)

// classOf returns the class of a field's type.
func (c *checker) classOf(t reflect.Type) class {
	t = pointedTo(t)
	switch {
	case t.Implements(valuerType) || reflect.PointerTo(t).Implements(valuerType):
		return unknown
	case shownAsText[t] || reveals(t):
		return textual
	}
	return classOfKind(t)
}

func classOfKind(t reflect.Type) class {
	switch t.Kind() {
	case reflect.Bool:
		return boolean
	case reflect.String:
		return textual
	case reflect.Slice, reflect.Array, reflect.Map:
		return listed
	case reflect.Struct:
		if t.ConvertibleTo(timeType) {
			return moments
		}
		return structured
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128, reflect.Pointer:
		return unknown
	}
	return numeric
}

// same reports whether two values mean the same in a config: integers of different types can be
// equal, an instant is the same in every zone, and lists, maps and structs are compared by their
// contents.
func same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() || classOfKind(a.Type()) != classOfKind(b.Type()) {
		return false
	}
	switch classOfKind(a.Type()) {
	case numeric, moments:
		order, ok := compare(a, b)
		return ok && order == 0
	case textual:
		return a.String() == b.String()
	case boolean:
		return a.Bool() == b.Bool()
	case listed:
		if a.Len() == 0 && b.Len() == 0 {
			return true
		}
	}
	return a.CanInterface() && b.CanInterface() && reflect.DeepEqual(a.Interface(), b.Interface())
}

// compare orders two values: numbers and instants by value, text by the number of characters, lists
// and maps by the number of items. It reports false for values without an order.
func compare(a, b reflect.Value) (order int, ok bool) {
	if !a.IsValid() || !b.IsValid() || classOfKind(a.Type()) != classOfKind(b.Type()) {
		return 0, false
	}
	switch classOfKind(a.Type()) {
	case numeric:
		if a.CanInt() && b.CanInt() {
			return cmp.Compare(a.Int(), b.Int()), true
		}
		x, y := float(a), float(b)
		if x == nil || y == nil {
			return 0, false
		}
		return x.Cmp(y), true
	case textual:
		return utf8.RuneCountInString(a.String()) - utf8.RuneCountInString(b.String()), true
	case listed:
		return a.Len() - b.Len(), true
	case moments:
		if !a.CanInterface() || !b.CanInterface() {
			return 0, false
		}
		x, _ := reflect.TypeAssert[time.Time](a.Convert(timeType))
		y, _ := reflect.TypeAssert[time.Time](b.Convert(timeType))
		return x.Compare(y), true
	}
	return 0, false
}

// float returns a number of any type, exactly; nil if v is not a number.
func float(v reflect.Value) *big.Float {
	switch {
	case v.CanInt():
		return new(big.Float).SetInt64(v.Int())
	case v.CanUint():
		return new(big.Float).SetUint64(v.Uint())
	case v.CanFloat() && v.Float() == v.Float():
		return new(big.Float).SetFloat64(v.Float())
	}
	return nil
}

// parse parses the value in a condition as the type of its field.
func parse(t reflect.Type, text string) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	switch {
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return v, fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.CanInt():
		i, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			return v, parseInt(v, text)
		}
		if v.OverflowInt(i) {
			return v, fmt.Errorf("%q is not a whole number that fits", text)
		}
		v.SetInt(i)
	case v.CanUint():
		i, err := strconv.ParseUint(text, 0, t.Bits())
		if err != nil {
			return v, fmt.Errorf("%q is not a whole number that fits", text)
		}
		v.SetUint(i)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, t.Bits())
		if err != nil {
			return v, fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(f)
	default:
		return v, fmt.Errorf("a field of type %s has no value that a rule can name; name a field in it, or write a Validate method", t)
	}
	return v, nil
}

var durationType = reflect.TypeFor[time.Duration]()

// parseInt parses an integer whose type has its own text form.
func parseInt(v reflect.Value, text string) error {
	if v.Type() == durationType {
		d, err := tree.ParseDuration(text)
		v.SetInt(int64(d))
		return err
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(text))
	}
	return fmt.Errorf("%q is not a whole number", text)
}
