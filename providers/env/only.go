package env

import (
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/environ"
)

// wanted applies Only and Ignore.
func (s *environment) wanted(name string) bool {
	return (len(s.only) == 0 || s.matched(s.only, name)) && !s.matched(s.ignore, name)
}

func (s *environment) matched(patterns []string, name string) bool {
	name = s.alike(name)
	return slices.ContainsFunc(patterns, func(p string) bool { return match(s.alike(p), name) })
}

// alike returns the form in which Only and Ignore compare names. With a prefix, letters of either
// case are equal, and so are '_', '-' and '.'. In the whole environment, http_proxy of another
// program is not HTTP_PROXY.
func (s *environment) alike(name string) string {
	if s.prefix.empty() {
		return s.folded(name)
	}
	return strings.ToUpper(separators.Replace(name))
}

// match reports whether a name matches a pattern, in which * matches any text.
func match(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// checkOnly returns an error for a name in Only that no variable of the source can have.
func (s *environment) checkOnly() error {
	for _, name := range s.only {
		if strings.ContainsAny(name, "=<\x00") {
			return invalidArgument("", "env.Only has a name with '=', '<' or NUL, which no variable's name can have", "name variables without their values")
		}
		key, ok := s.keyOf(name)
		switch {
		case name == "", ok && key == "":
			return invalidArgument("$"+name, "env.Only has a name without a key", "name a whole variable, "+s.prefix.String()+"… or a pattern")
		case !ok:
			return invalidArgument("$"+name, "env.Only names a variable without the prefix", "the name is "+s.prefix.String()+name)
		}
	}
	return nil
}

// keyOf returns the part of a name in Only that follows the prefix, and false if the name lacks the
// prefix. If * in a pattern covers part of the prefix, the key is "*", because it may match any
// key.
func (s *environment) keyOf(name string) (key string, ok bool) {
	if key, ok = s.prefix.cut(name, func(spelling string) string { return spelling }); ok {
		return key, true
	}
	for _, spelling := range s.prefix {
		if n := len(spelling); len(name) >= n && s.alike(name[:n]) == s.alike(spelling) {
			return name[n:], true
		}
	}
	literal, _, pattern := strings.Cut(name, "*")
	return "*", pattern && strings.HasPrefix(s.alike(s.prefix.String()), s.alike(literal))
}

// named reports whether Only contains the name itself, so that a key must fit it.
func (s *environment) named(name string) bool {
	name = s.alike(name)
	return !s.lenient && slices.ContainsFunc(s.only, func(p string) bool { return s.alike(p) == name })
}

// appendUnset appends the names and patterns of Only that match no variable: only the struct can
// tell whether a key fits them.
func (s *environment) appendUnset(data []byte, read []string) []byte {
	if s.lenient {
		return data
	}
	for i, name := range s.only {
		key, _ := s.keyOf(name)
		if strings.Trim(key, "*") == "" || slices.Contains(s.only[:i], name) || s.matched(s.ignore, name) ||
			slices.ContainsFunc(read, func(v string) bool { return match(s.alike(name), s.alike(v)) }) {
			continue
		}
		data, _ = environ.Append(data, environ.Variable{Key: key, Name: name, Unset: true})
		if base, isFile := cutSuffix(key); isFile && s.files && base != "" && !strings.Contains(key, "*") {
			data, _ = environ.Append(data, environ.Variable{Key: base, Name: name, File: true, Unset: true})
		}
	}
	return data
}
