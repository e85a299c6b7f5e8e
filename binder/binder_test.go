package binder_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/source"
)

// Everything that mapstructure would call is a hook, and nothing else is.
func TestHookTakesThreeKindsOfFunction(t *testing.T) {
	t.Parallel()
	type named func(from, to reflect.Kind, data any) (any, error)
	for _, hook := range []any{
		func(_, _ reflect.Type, data any) (any, error) { return data, nil },
		func(_, _ reflect.Kind, data any) (any, error) { return data, nil },
		func(from, _ reflect.Value) (any, error) { return from.Interface(), nil },
		named(func(_, _ reflect.Kind, data any) (any, error) { return data, nil }),
	} {
		var into struct{ Name string }
		if err := binder.Bind(map[string]any{"name": "n"}, &into, binder.Hook(hook)); err != nil || into.Name != "n" {
			t.Errorf("a %T is not taken as a hook: %v", hook, err)
		}
	}
	for _, other := range []any{
		nil, 3, func() {}, func(string) (string, error) { return "", nil }, (func(from, to reflect.Value) (any, error))(nil),
		func(_, _ reflect.Type, data any) any { return data }, func(_ reflect.Type, _ reflect.Kind, data any) (any, error) { return data, nil },
	} {
		var into struct{ Name string }
		err := binder.Bind(map[string]any{"name": "n"}, &into, binder.Hook(other))
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), fmt.Sprintf("a %T, is not a decode hook", other)) || into.Name != "" {
			t.Errorf("a %T as a hook gives %v", other, err)
		}
	}
}

// An option that is nil changes nothing.
func TestNilOption(t *testing.T) {
	t.Parallel()
	var into struct{ Name string }
	if err := binder.Bind(map[string]any{"name": "n"}, &into, nil); err != nil || into.Name != "n" {
		t.Errorf("a nil option gives %v", err)
	}
}
