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

// equality returns the function of an option, or the default one.
func equality[V any](option any) (func(a, b V) bool, error) {
	if option == nil {
		return equal[V], nil
	}
	f, ok := option.(func(a, b V) bool)
	if !ok || f == nil {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "compare", Err: fmt.Errorf("EqualBy has a %T, and what is selected is a %v", option, reflect.TypeFor[V]())}
	}
	return f, nil
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
