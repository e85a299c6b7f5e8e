package manifest

import "strings"

// Audience says for which instances a release is, by three patterns. In a pattern, "*" stands for
// any text, also for none and for one with dots or slashes; every other character stands for
// itself. A pattern matches the whole of a text or not at all, and upper and lower case differ. So
// "" matches only an instance that has no such name, and "*" every instance.
type Audience struct {
	// Namespace and Group match those in which the instance reads the manifest. The public
	// namespace of Nacos is "public".
	Namespace, Group string
	// Service matches the name that the instance has in nacre.Options.Service.
	Service string
}

// Includes reports whether an instance belongs to the audience.
func (a Audience) Includes(namespace, group, service string) bool {
	return match(a.Namespace, namespace) && match(a.Group, group) && match(a.Service, service)
}

// For reports whether the release is for an instance.
func (m *Manifest) For(namespace, group, service string) bool {
	for _, a := range m.Audience {
		if a.Includes(namespace, group, service) {
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
		i := strings.Index(text, part) // the first place is as good as any: what follows may begin with any text
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], more
	}
}
