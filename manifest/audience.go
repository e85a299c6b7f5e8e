package manifest

import "strings"

// Audience selects instances by three patterns. In a pattern, "*" matches any text, including none
// and a text with dots or slashes; every other character matches itself. A pattern must match the
// whole text, and case matters. So "" matches only an instance without such a name, and "*" matches
// every instance.
type Audience struct {
	// Namespace and Group match those in which the instance reads the manifest. The public
	// namespace of Nacos is "public".
	Namespace, Group string
	// Service matches the name that the instance has in nacre.Options.Service.
	Service string
}

// includes reports whether an instance belongs to the audience.
func (a Audience) includes(namespace, group, service string) bool {
	return match(a.Namespace, namespace) && match(a.Group, group) && match(a.Service, service)
}

// For reports whether the release is for an instance.
func (m *Manifest) For(namespace, group, service string) bool {
	for _, a := range m.Audience {
		if a.includes(namespace, group, service) {
			return true
		}
	}
	return false
}

func match(pattern, text string) bool {
	before, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, before)
	if !ok {
		return false
	}
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part) // the first place: a later one leaves less to match
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], more
	}
}
