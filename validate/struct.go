package validate

import "github.com/nacre-go/nacre/internal/validation"

// Struct checks a struct, or what a pointer points to, without a config around it. The error is a
// source.Problems. Struct looks at the type of value at every call; a config does that once, when
// it is opened.
func Struct(value any, options ...Option) error {
	return validation.Struct(value, validation.Options(options)...)
}

// Field returns an error of a Validate method about one key, with a message such as "must be below
// db.max". The key is that of the config, relative to the value that has the method: "pool",
// "hosts[2].port", `labels."app.io/name"`.
func Field(key, message string) error { return validation.Field(key, message) }

// At returns err as an error about a key; see [Field]. It returns nil for a nil err.
func At(key string, err error) error { return validation.At(key, err) }
