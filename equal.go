package nacre

import (
	"fmt"
	"reflect"

	"github.com/nacre-go/nacre/source"
)

// EqualOption is an option of [Subscribe] and [Derive].
type EqualOption struct{ equal any }

func (e EqualOption) applySubscribe(o *subscribeOptions) { o.equal = e.equal }
func (e EqualOption) applyDerive(o *deriveOptions)       { o.equal = e.equal }

// EqualBy sets the function that compares two selected values. If it returns true, no subscriber is
// called and no resource is built: use it for a list whose order does not matter, or for a number
// whose small changes do not. V must be the selected type; with another type, Subscribe and
// Derive return an error of kind InvalidArgument. The default is the method Equal(V) bool of V if
// it has one, and reflect.DeepEqual otherwise.
func EqualBy[V any](equal func(a, b V) bool) EqualOption { return EqualOption{equal} }

// equality returns the function of an option, or the default one. Values are passed by their
// addresses, because a part of a config can be large.
func equality[V any](option any) (func(a, b *V) bool, error) {
	if option == nil {
		return defaultEquality[V](), nil
	}
	f, ok := option.(func(a, b V) bool)
	if !ok || f == nil {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "compare", Err: fmt.Errorf("EqualBy has a %T, and what is selected is a %v", option, reflect.TypeFor[V]())}
	}
	return func(a, b *V) bool { return f(*a, *b) }, nil
}

// defaultEquality returns equal, or what is the same for a type, and quicker.
func defaultEquality[V any]() func(a, b *V) bool {
	if t := reflect.TypeFor[V](); plain(t) && !hasEqual[V]() {
		return func(a, b *V) bool { return reflect.ValueOf(a).Elem().Equal(reflect.ValueOf(b).Elem()) }
	}
	return func(a, b *V) bool { return equal(*a, *b) }
}

func hasEqual[V any]() bool {
	return reflect.TypeFor[V]().Implements(reflect.TypeFor[interface{ Equal(V) bool }]())
}

// equal reports whether two values are the same to a subscriber or a resource: by the method Equal
// of their type, such as that of time.Time, or else by reflect.DeepEqual.
func equal[V any](a, b V) bool {
	if e, ok := any(a).(interface{ Equal(V) bool }); ok {
		x, y := reflect.ValueOf(a), reflect.ValueOf(b)
		if x.Kind() != reflect.Pointer || !x.IsNil() && !y.IsNil() {
			return e.Equal(b)
		}
	}
	return reflect.DeepEqual(a, b)
}

// identity returns a function that takes next to no time, and returns true only if equal does. It
// returns true for most values that a change of the config has not touched: such a map, list or
// pointer is the same one in both versions. It returns nil for a type for which that is not so.
func identity[V any]() func(a, b *V) bool {
	const large = 1024 // bytes; a larger value in an interface is on the heap
	t := reflect.TypeFor[V]()
	switch {
	case hasEqual[V](): // the method decides
		return nil
	case t.Kind() == reflect.Map, t.Kind() == reflect.Pointer:
		return func(a, b *V) bool { return reflect.ValueOf(*a).Pointer() == reflect.ValueOf(*b).Pointer() }
	case t.Kind() == reflect.Slice:
		return func(a, b *V) bool {
			x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
			return x.Len() == y.Len() && x.IsNil() == y.IsNil() && x.Pointer() == y.Pointer()
		}
	case plain(t) && t.Size() <= large:
		return func(a, b *V) bool { return any(*a) == any(*b) }
	}
	return nil
}

// plain reports whether values of a type have no parts elsewhere but texts, so that == is
// reflect.DeepEqual.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if !plain(f.Type) {
				return false
			}
		}
		return true
	case reflect.Bool, reflect.String:
		return true
	}
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Complex128
}
