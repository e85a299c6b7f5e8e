package flags

import (
	"errors"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
)

// value is the flag.Value of one flag. Package flag calls methods of the zero value.
type value struct {
	layer     *layer
	name, key string
	shape     *tree.Shape // nil if it is not known
}

// boolValue is the value of a flag that needs no text. pflag takes the type that its help shows
// from the name of the Go type.
type boolValue struct{ *value }

// IsBoolFlag says that the flag alone means "true".
func (boolValue) IsBoolFlag() bool { return true }

// String is String of the value, also of the zero boolValue.
func (b boolValue) String() string { return b.value.String() }

// repeats reports whether each use of the flag adds to those before.
func (v *value) repeats() bool {
	return v.shape == nil || v.shape.Kind == tree.ListOf || v.shape.Kind == tree.MapOf
}

// String returns the text that was set last, or the default. It does not show a secret.
func (v *value) String() string {
	if v == nil || v.layer == nil {
		return ""
	}
	v.layer.mu.Lock()
	defer v.layer.mu.Unlock()
	text, set := "", false
	for _, u := range v.layer.given {
		if u.of.key == v.key {
			text, set = u.text, true
		}
	}
	switch {
	case v.shape.HidesText() && set:
		return wording.Redacted
	case set:
		return text
	case v.shape != nil && !v.shape.HidesText():
		return v.shape.Default
	}
	return ""
}

// Set records a text. The field that it is for checks it when the config is opened: an error of Set
// would show it.
func (v *value) Set(text string) error {
	if strings.Contains(text, "\x00") {
		return errors.New("a flag cannot have a NUL byte")
	}
	v.layer.use(v, text)
	return nil
}
