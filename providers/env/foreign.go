package env

import (
	"context"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/environ"
)

// foreign is a variable whose name does not say its key.
type foreign struct{ name, key string }

// checkForeign returns an error for what no variable or key can be. Only the struct can tell
// whether there is such a key.
func (s *environment) checkForeign() error {
	for _, f := range s.foreign {
		switch {
		case f.name == "" || strings.ContainsAny(f.name, "=<\x00"):
			return invalidArgument("", "env.Variable has a name that no variable can have", "name the variable without its value")
		case f.key == "" || strings.ContainsAny(f.key, "=<\x00"):
			return invalidArgument("$"+f.name, "env.Variable has a key that no field can have", "write the key as db.dsn")
		}
	}
	return nil
}

// isForeign reports whether an option gives the variable a key, or gives one to the variable whose
// file it names.
func (s *environment) isForeign(name string) bool {
	return slices.ContainsFunc(s.foreign, func(f foreign) bool {
		return name == s.folded(f.name) || s.files && name == s.folded(f.name+fileSuffix)
	})
}

// appendForeign appends the variables of the options Variable, and reports whether it read files.
func (s *environment) appendForeign(ctx context.Context, data []byte, all map[string]string) (out []byte, files bool, err error) {
	for _, f := range s.foreign {
		value, set := all[s.folded(f.name)]
		if set {
			var ok bool
			if data, ok = environ.Append(data, environ.Variable{Key: f.key, Name: f.name, Value: value, Path: true}); !ok {
				return nil, false, invalidArgument("$"+f.name, "the value has a NUL, which no key can have", "unset it")
			}
		}
		if path, named := all[s.folded(f.name+fileSuffix)]; named && s.files {
			v := s.content(ctx, path)
			if ctx.Err() != nil {
				return nil, false, ctx.Err()
			}
			v.Key, v.Name, v.File, v.Path = f.key, f.name+fileSuffix, true, true
			data, _ = environ.Append(data, v)
			files, set = true, true
		}
		if !set {
			data, _ = environ.Append(data, environ.Variable{Key: f.key, Name: f.name, Path: true, Unset: true})
		}
	}
	return data, files, nil
}
