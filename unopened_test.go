package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/source"
)

// callAll calls every exported method of v but one, with arguments that are zero values apart from
// contexts, and returns the results by name. A panic is a failure.
func callAll(t *testing.T, what string, v reflect.Value, except string) map[string][]reflect.Value {
	t.Helper()
	results := map[string][]reflect.Value{}
	for m := range v.Type().NumMethod() {
		name := v.Type().Method(m).Name
		if name == except {
			continue
		}
		if name == "Format" { // fmt calls it
			if text := fmt.Sprintf("%v %+v %s", v.Interface(), v.Interface(), v.Interface()); strings.Contains(text, "PANIC") {
				t.Errorf("%s: printing panics: %s", what, text)
			}
			continue
		}
		var arguments []reflect.Value
		for i := range v.Method(m).Type().NumIn() {
			in := v.Method(m).Type().In(i)
			if v.Method(m).Type().IsVariadic() && i == v.Method(m).Type().NumIn()-1 {
				break // no options
			}
			if in == reflect.TypeFor[context.Context]() {
				arguments = append(arguments, reflect.ValueOf(t.Context()))
				continue
			}
			arguments = append(arguments, reflect.Zero(in))
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s: %s panics: %v", what, name, p)
				}
			}()
			results[name] = v.Method(m).Call(arguments)
		}()
	}
	return results
}

// A config that was not opened answers every method but Get with an error or a zero value.
func TestNoMethodOfAConfigThatIsNotOpenPanics(t *testing.T) {
	t.Parallel()
	for what, cfg := range map[string]*nacre.Config[subConfig]{"nil": nil, "zero": new(nacre.Config[subConfig])} {
		results := callAll(t, what, reflect.ValueOf(cfg), "Get")
		for name, out := range results {
			last := out[len(out)-1]
			if last.Type() != reflect.TypeFor[error]() {
				continue
			}
			if err, _ := reflect.TypeAssert[error](last); !errors.Is(err, source.InvalidArgument) {
				t.Errorf("%s: %s returns the error %v", what, name, err)
			}
		}
		if len(results) < 14 {
			t.Errorf("%s: only %d methods were called", what, len(results))
		}
		if cfg.FromContext(t.Context()) != nil || cfg.Snapshot().Value != nil {
			t.Errorf("%s: there is a value, and nothing was opened", what)
		}
		if cfg.Health().Ready() == nil {
			t.Errorf("%s: a config that is not open is ready", what)
		}
	}
}

// Get has no check, so that it is as cheap as it can be; it must not return a value either.
func TestGetOfAConfigThatIsNotOpenReturnsNothing(t *testing.T) {
	t.Parallel()
	for what, cfg := range map[string]*nacre.Config[subConfig]{"nil": nil, "zero": new(nacre.Config[subConfig])} {
		func() {
			defer func() {
				if _, ok := recover().(runtime.Error); !ok {
					t.Errorf("%s: Get does not panic as a nil pointer does", what)
				}
			}()
			cfg.Get()
		}()
	}
}

// The functions that take such a config, and what they return, do not panic either.
func TestNoFunctionPanicsOnAConfigThatIsNotOpen(t *testing.T) {
	t.Parallel()
	all := func(c *subConfig) subConfig { return *c }
	for what, cfg := range map[string]*nacre.Config[subConfig]{"nil": nil, "zero": new(nacre.Config[subConfig])} {
		if _, err := nacre.Section[subConfig](t.Context(), cfg, "key"); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: Section returns %v", what, err)
		}
		build := func(context.Context, subConfig) (int, error) { return 1, nil }
		r, err := nacre.Derive(t.Context(), cfg, all, build, nil)
		if !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: Derive returns %v", what, err)
		}
		callAll(t, what+" resource", reflect.ValueOf(r), "")
		never := func(context.Context, nacre.Change[subConfig]) error { t.Error("a subscriber is called"); return nil }
		if sub, err := nacre.Subscribe(cfg, all, never, nacre.InitialCall()); sub != nil || !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: Subscribe returns %v, %v", what, sub, err)
		}
		subs := map[string]*nacre.Subscription{
			"AutoRollback": nacre.AutoRollback(cfg, func(context.Context, *subConfig) error { return nil }),
			"nil":          nil, "zero": new(nacre.Subscription),
		}
		for name, sub := range subs {
			callAll(t, name, reflect.ValueOf(sub), "")
			<-sub.Done()
		}
	}
	callAll(t, "zero resource", reflect.ValueOf(new(nacre.Resource[int])), "")
}
