package validation

import (
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"

	"github.com/go-playground/validator/v10"
)

// registerTypes makes validator check some types by their text: types with a Reveal method, and
// types of the standard library that people know by their text.
func registerTypes(v *validator.Validate, kinds map[reflect.Type]*kind) {
	byText[url.URL](v, func(u url.URL) string { return u.String() })
	byText[regexp.Regexp](v, func(r regexp.Regexp) string { return r.String() })
	byText[netip.Addr](v, func(a netip.Addr) string {
		if !a.IsValid() {
			return ""
		}
		return a.String()
	})
	byText[netip.AddrPort](v, func(a netip.AddrPort) string {
		if !a.IsValid() {
			return ""
		}
		return a.String()
	})
	byText[netip.Prefix](v, func(p netip.Prefix) string {
		if !p.IsValid() {
			return ""
		}
		return p.String()
	})
	byText[net.IP](v, func(ip net.IP) string {
		if ip == nil {
			return ""
		}
		return ip.String()
	})
	byText[net.IPNet](v, func(n net.IPNet) string {
		if n.IP == nil {
			return ""
		}
		return n.String()
	})
	for t := range kinds {
		if t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer && reveals(t) {
			v.RegisterCustomTypeFunc(func(v reflect.Value) any { return reveal(v) }, reflect.Zero(t).Interface())
		}
	}
}

func byText[T any](v *validator.Validate, show func(T) string) {
	var zero T
	v.RegisterCustomTypeFunc(func(v reflect.Value) any { return show(v.Interface().(T)) }, zero)
}

func reveals(t reflect.Type) bool {
	return t.Implements(revealerType) || reflect.PointerTo(t).Implements(revealerType)
}

// reveal returns the text of a secret. It is for rules, and never for messages.
func reveal(v reflect.Value) string {
	if r, ok := reflect.TypeAssert[interface{ Reveal() string }](v); ok {
		return r.Reveal()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface().(interface{ Reveal() string }).Reveal()
}
