package resource

import "slices"

// Set is the resources of one configuration. It is immutable; nil is the empty one.
type Set struct{ instances []*Instance }

// At returns the instance of the resource with that number; nil if the set has none, for example
// because the resource was removed.
func (s *Set) At(number int) *Instance {
	if s == nil || number >= len(s.instances) {
		return nil
	}
	return s.instances[number]
}

func (s *Set) all() []*Instance {
	if s == nil {
		return nil
	}
	return s.instances
}

func (s *Set) has(in *Instance) bool { return slices.Contains(s.all(), in) }

// Hold holds all instances of the set until release is called. It reports false, and holds nothing,
// if one is retired; then another set is live.
func (s *Set) Hold() (release func(), ok bool) {
	all := slices.DeleteFunc(slices.Clone(s.all()), func(in *Instance) bool { return in == nil })
	for i, in := range all {
		if _, ok := in.Hold(); !ok {
			for _, held := range all[:i] {
				held.Release()
			}
			return nil, false
		}
	}
	return func() {
		for _, in := range all {
			in.Release()
		}
	}, true
}
