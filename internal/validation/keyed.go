package validation

import "github.com/nacre-go/nacre/internal/tree"

// keyed is an error about a key below the value whose Validate method returned it.
type keyed struct {
	path tree.Path
	err  error
}

// Error returns "db.pool: must be below db.max".
func (k *keyed) Error() string { return k.path.String() + ": " + k.err.Error() }
func (k *keyed) Unwrap() error { return k.err }

type said string

func (s said) Error() string { return string(s) }

// Field returns an error about a key; see validate.Field.
func Field(key, message string) error { return At(key, said(message)) }

// At returns err as an error about a key; see validate.At.
func At(key string, err error) error {
	if err == nil {
		return nil
	}
	path, ok := tree.ParsePath(key)
	if !ok {
		path = tree.Path{key}
	}
	return &keyed{path, err}
}
