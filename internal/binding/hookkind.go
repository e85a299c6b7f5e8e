package binding

import "reflect"

// hook is a decode hook in its most general form: from is the value, to is the field.
type hook func(from, to reflect.Value) (any, error)

// The three kinds of function that mapstructure accepts as a decode hook, in the order in which it
// tries them. Its own types DecodeHookFuncType, DecodeHookFuncKind and DecodeHookFuncValue have
// these underlying types in both modules, and so do functions that were written for them.
type (
	typeHook  = func(from, to reflect.Type, data any) (any, error)
	kindHook  = func(from, to reflect.Kind, data any) (any, error)
	valueHook = func(from, to reflect.Value) (any, error)
)

// hookOf returns h as a hook; nil if it is not a decode hook. The kind of function is resolved
// here, once, and not at every value.
func hookOf(h any) hook {
	v := reflect.ValueOf(h)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil
	}
	if f, ok := converted[typeHook](v); ok {
		return func(from, to reflect.Value) (any, error) { return f(from.Type(), to.Type(), from.Interface()) }
	}
	if f, ok := converted[kindHook](v); ok {
		return func(from, to reflect.Value) (any, error) { return f(from.Kind(), to.Kind(), from.Interface()) }
	}
	if f, ok := converted[valueHook](v); ok {
		return f
	}
	return nil
}

// converted returns a function as one of type F, if it has the same underlying type.
func converted[F any](v reflect.Value) (f F, ok bool) {
	t := reflect.TypeFor[F]()
	if !v.CanConvert(t) {
		return f, false
	}
	return reflect.TypeAssert[F](v.Convert(t))
}
