package nacre

import (
	"reflect"

	"github.com/nacre-go/nacre/internal/given"
	"github.com/nacre-go/nacre/internal/tree"
)

// Tree returns the live merged tree as a new map of Go's own maps, lists and scalars, for keys that
// are known only at run time, and to feed other libraries;
// [github.com/nacre-go/nacre/koanfview] makes a koanf instance of it. That of a section holds the
// section's keys. It is a copy: changes to it do not reach the config, and later versions do not
// change it.
//
// Tree holds what the layers say, and the defaults of the struct only with [WithDefaults].
// **Secrets are in plaintext**; to show values to people, use Explain. Tree costs a copy of the
// whole: keep it for as long as you need one version.
func (c *Config[T]) Tree(options ...TreeOption) map[string]any {
	if !c.isOpen() {
		return map[string]any{}
	}
	var o treeOptions
	for _, option := range options {
		option.applyTree(&o)
	}
	state := c.engine.Live()
	m, ok := state.Merged.Lookup(c.at).Plain().(map[string]any)
	if !ok {
		m = map[string]any{}
	}
	if o.defaults {
		if v := c.value(state); v != nil {
			all, _ := given.New(given.Value{Go: reflect.ValueOf(v).Elem()}).Root(new(tree.Doc)).Plain().(map[string]any)
			addMissing(m, all)
		}
	}
	return m
}

// TreeOption is an option of [Config.Tree].
type TreeOption interface{ applyTree(*treeOptions) }

type treeOptions struct{ defaults bool }

type treeOption func(*treeOptions)

func (f treeOption) applyTree(o *treeOptions) { f(o) }

// WithDefaults adds the keys that no layer sets and that have a value in the struct: those with the
// tag `default`, in the structs of lists and maps too. A field of a type of its own, such as a
// duration, has the text of that type.
func WithDefaults() TreeOption { return treeOption(func(o *treeOptions) { o.defaults = true }) }

// addMissing adds to a tree what it lacks of another one.
func addMissing(to, from any) {
	switch to := to.(type) {
	case map[string]any:
		from, _ := from.(map[string]any)
		for key, v := range from {
			if has, ok := to[key]; ok && has != nil {
				addMissing(has, v)
			} else {
				to[key] = v
			}
		}
	case []any:
		if from, ok := from.([]any); ok && len(from) == len(to) {
			for i := range to {
				addMissing(to[i], from[i])
			}
		}
	}
}
