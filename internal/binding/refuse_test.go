package binding_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
)

type fromJSON struct{ A int }

func (f *fromJSON) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &f.A) }

type fromYAML int

func (f *fromYAML) UnmarshalYAML(unmarshal func(any) error) error { return unmarshal((*int)(f)) }

// byNode has the method of another YAML library.
type byNode string

func (b byNode) UnmarshalYAML(*struct{ Kind int }) error { return nil }

type fromBoth struct{ fromJSON }

func (f *fromBoth) UnmarshalText([]byte) error { f.A = 7; return nil }

// other has a method of the name that is not an unmarshaler.
type other struct {
	A int `config:"a"`
}

func (other) UnmarshalYAML() string { return "" }

func refusal[T any](t *testing.T, method string, options ...binding.Option) {
	t.Helper()
	_, err := binding.Compile[T](options...)
	switch {
	case method == "" && err != nil:
		t.Errorf("%T is rejected: %v", *new(T), err)
	case method != "" && err == nil:
		t.Errorf("%T is accepted, and its method %s is never called", *new(T), method)
	case method != "" && (!strings.Contains(err.Error(), method) || !strings.Contains(err.Error(), "add the method UnmarshalText, or set Options.Binder to a binder.Parse or binder.Hook")):
		t.Errorf("the error for %T names neither the method nor the fix: %v", *new(T), err)
	}
}

func TestATypeThatReadsItselfFromOneFormatIsRejected(t *testing.T) {
	t.Parallel()
	refusal[one[fromJSON]](t, "UnmarshalJSON")
	refusal[one[*fromJSON]](t, "UnmarshalJSON")
	refusal[one[[]fromJSON]](t, "UnmarshalJSON")
	refusal[one[map[string]fromJSON]](t, "UnmarshalJSON")
	refusal[fromJSON](t, "UnmarshalJSON")
	refusal[struct{ fromJSON }](t, "UnmarshalJSON")
	refusal[struct {
		F fromJSON `config:",squash"`
	}](t, "UnmarshalJSON")
	refusal[one[fromYAML]](t, "UnmarshalYAML")
	refusal[one[byNode]](t, "UnmarshalYAML")
	refusal[one[fromBoth]](t, "")
	refusal[one[other]](t, "")
	refusal[one[json.RawMessage]](t, "")
	refusal[one[json.Number]](t, "")
	refusal[one[fromJSON]](t, "", binding.Parse(func(string) (fromJSON, error) { return fromJSON{1}, nil }))
	refusal[one[fromJSON]](t, "", binding.Hook(func(_, _ reflect.Type, data any) (any, error) { return data, nil }))
	refusal[struct {
		F fromJSON `config:"-"`
	}](t, "")

	if _, err := binding.Compile[one[*chan int]](); err == nil {
		t.Error("a pointer to a channel is accepted")
	}
	_, err := binding.Compile[struct{ A, B fromJSON }]()
	if err == nil || strings.Count(err.Error(), "UnmarshalJSON") != 2 {
		t.Errorf("each field is a mistake of its own, but the error is %v", err)
	}
	var c one[fromJSON]
	if err := binder.Bind(map[string]any{"v": "x"}, &c, binder.Parse(func(string) (fromJSON, error) { return fromJSON{3}, nil })); err != nil || c.V.A != 3 {
		t.Errorf("the fix of the error gives %v, %v", c, err)
	}
}
