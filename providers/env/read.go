package env

import (
	"context"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/environ"
)

// fileSuffix ends the name of a variable that may name a file.
const fileSuffix = "_FILE"

// read returns the variables as the data of a document, and whether it read files. The variables
// are sorted by name, so that equal environments give equal documents.
func (s *environment) read(ctx context.Context) (data []byte, files bool, err error) {
	if err := s.prefix.check(); err != nil {
		return nil, false, err
	}
	if err := s.checkOnly(); err != nil {
		return nil, false, err
	}
	if err := s.checkForeign(); err != nil {
		return nil, false, err
	}
	all := s.variables()
	links := injected(all)
	names := make([]string, 0, len(all))
	for name := range all {
		if key, ok := s.prefix.cut(name, s.folded); ok && key != "" && !links[name] && s.wanted(name) && !s.isForeign(name) {
			names = append(names, name) // "ORDERS_" alone has no key
		}
	}
	slices.Sort(names)

	for _, name := range names {
		v := environ.Variable{Name: name, Value: all[name], Named: s.named(name)}
		v.Key, _ = s.prefix.cut(name, s.folded)
		var ok bool
		if data, ok = environ.Append(data, v); !ok {
			if s.prefix.empty() {
				continue
			}
			return nil, false, invalidArgument("$"+name, "the name has a '<', or the value a NUL, which no key can have",
				"unset it, or leave it out with env.Ignore")
		}
		base, isFile := cutSuffix(v.Key)
		if !isFile || !s.files || base == "" {
			continue
		}
		file := s.content(ctx, v.Value)
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		files = true
		file.Key, file.Name, file.File = base, name, true
		data, _ = environ.Append(data, file)
	}
	data = s.appendUnset(data, names)
	data, more, err := s.appendForeign(ctx, data, all)
	return data, files || more, err
}

// variables returns the environment. Of two variables with one name, the first counts, as for
// os.Getenv.
func (s *environment) variables() map[string]string {
	all := map[string]string{}
	for _, entry := range s.environ() {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" { // Windows keeps folders of drives in "=C:=…"
			continue
		}
		if name = s.folded(name); name == "" {
			continue
		}
		if _, twice := all[name]; !twice {
			all[name] = value
		}
	}
	return all
}

// folded returns the form in which names are compared: on Windows, in upper case.
func (s *environment) folded(name string) string {
	if s.upper {
		return strings.ToUpper(name)
	}
	return name
}

// cutSuffix cuts _FILE, in either case.
func cutSuffix(key string) (base string, ok bool) {
	if len(key) < len(fileSuffix) || !strings.EqualFold(key[len(key)-len(fileSuffix):], fileSuffix) {
		return key, false
	}
	return strings.TrimSuffix(key[:len(key)-len(fileSuffix)], "_"), true // DB_DSN__FILE too
}
