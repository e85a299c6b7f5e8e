package observe

import (
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/explain"
	"github.com/nacre-go/nacre/source"
)

// Explanation says where the value of a key comes from.
type Explanation struct {
	Key string `json:"key"`
	// Known reports whether the struct has this key, and Type says in words what it takes.
	Known bool   `json:"known"`
	Type  string `json:"type,omitempty"`
	// Secret reports whether the value is hidden: that of a secret field, or one that a reference
	// stands for. The reference itself is shown.
	Secret bool `json:"secret,omitempty"`
	// Default is the text of the default tag, and HasDefault reports whether there is one.
	Default    string `json:"default,omitempty"`
	HasDefault bool   `json:"has_default,omitempty"`
	// Deprecated is the text of the deprecated tag; empty for a key without one.
	Deprecated string `json:"deprecated,omitempty"`
	// Value is the text of the live value: the effective one of LayerValues or the default, unless
	// the key is Pending. For a map it is the number of keys. It is empty where nothing sets the
	// key.
	Value string `json:"value,omitempty"`
	// ParentMissing reports whether the list item or struct that would hold the key does not exist,
	// so that the key has no value and its default does not apply.
	ParentMissing bool `json:"parent_missing,omitempty"`
	// PartOf is the text that holds the value, where a list or map is given as one text, such as
	// "a,b" in an environment variable; otherwise nil. Its Key is the one that has the text.
	PartOf *LayerValue `json:"part_of,omitempty"`
	// RemovedBy is the null or list, at the key or above it, that removes what lower layers set,
	// where no layer's value is effective; otherwise nil. Its Key is where the null or list is.
	RemovedBy *LayerValue `json:"removed_by,omitempty"`
	// Pending reports whether the effective value waits for a restart.
	Pending bool `json:"pending,omitempty"`
	// LayerValues are what the layers set, from the highest layer to the lowest, overridden values
	// included. If none is effective, the default applies or the key is not set.
	LayerValues []LayerValue `json:"layer_values,omitempty"`
}

// LayerValue is what one layer sets a key to.
type LayerValue struct {
	// Key is set where it may be another key than the explained one: in PartOf and RemovedBy, and
	// in LayerValues for a layer that has the key by an old name.
	Key string `json:"key,omitempty"`
	// Position is where the value is written; zero for a default.
	source.Position
	// Value is the text of a scalar, "{3 keys}" for a map, "[2 items]" for a list, "******" for a
	// secret.
	Value string `json:"value"`
	// Effective reports whether this value is live; for a map, whether part of it is. If the key is
	// pending, the effective value is the one that waits for the restart.
	Effective bool `json:"effective"`
	// Since is when the content with this value became live.
	Since time.Time `json:"since,omitzero"`
	// Note says why the source has the document, such as "routed by rule 2: version v2.3.*"; empty
	// for most.
	Note string `json:"note,omitempty"`
}

// String returns a line for each value: first the live one, such as
// "db.pool = 20   orders.yaml:7:9", then the overridden ones and the default.
func (e Explanation) String() string {
	k := explain.Key{Key: e.Key, Known: e.Known, Default: e.Default, HasDefault: e.HasDefault, Value: e.Value,
		ParentMissing: e.ParentMissing, Pending: e.Pending, Deprecated: e.Deprecated,
		PartOf: (*explain.Value)(e.PartOf), RemovedBy: (*explain.Value)(e.RemovedBy)}
	for _, v := range e.LayerValues {
		k.Values = append(k.Values, explain.Value(v))
	}
	return explain.Text(k)
}

// Report explains every key of a config.
type Report struct {
	// Version is the version that the report explains.
	Version int64 `json:"version"`
	// Keys are all scalars and lists that a layer or a default sets, in alphabetical order.
	Keys []Explanation `json:"keys"`
	// Readers are what uses the keys, by kind and name. A part of the program that calls Get is not
	// known.
	Readers []Reader `json:"readers,omitempty"`
}

// Reader is a part of the program that reads keys: a change of one of them concerns it.
type Reader struct {
	// Kind is "resource" for what a change builds again, "subscriber" for what a change calls, and
	// "section" for the values that a package binds to a type of its own.
	Kind string `json:"kind"`
	// Name is that in Health: the name of the resource or subscriber, or the key of the section.
	Name string `json:"name"`
	// Keys are the highest keys under which the part reads everything, such as "db"; a list or map
	// is one key, and "*" is any other key. For a resource they include those of the resources that
	// it depends on. They are found by calling the function that selects the part with other values
	// than the live ones, and so lack a key that has an effect only together with others.
	Keys []string `json:"keys,omitempty"`
	// Unknown reports that the keys are not known: the function selects what no field has, or does
	// not return.
	Unknown bool `json:"unknown,omitempty"`
}

// UnusedKeys returns the keys that layers set and that no field of the struct has: nothing reads
// them.
func (r Report) UnusedKeys() []Explanation {
	return r.pick(func(x Explanation) bool { return !x.Known && len(x.LayerValues) > 0 })
}

// ShadowedKeys returns the keys that a layer sets and a higher layer overrides.
func (r Report) ShadowedKeys() []Explanation {
	return r.pick(func(x Explanation) bool {
		return slices.ContainsFunc(x.LayerValues, func(v LayerValue) bool { return !v.Effective })
	})
}

func (r Report) pick(is func(Explanation) bool) (all []Explanation) {
	for _, x := range r.Keys {
		if is(x) {
			all = append(all, x)
		}
	}
	return all
}
