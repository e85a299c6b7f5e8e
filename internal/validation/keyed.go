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

// Field returns an error of a Validate method about one key, in the words of message: "must be
// below db.max". The key is that of the config, relative to the value that has the method: "pool",
// "hosts[2].port", `labels."app.io/name"`.
func Field(key, message string) error { return At(key, said(message)) }

// At returns err as one about a key; see Field. It is nil for a nil err.
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
