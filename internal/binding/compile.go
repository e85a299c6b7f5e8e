package binding

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// mistake is an error in the struct, with the key in the config and the name in Go.
type mistake struct{ key, goName, message string }

func (c *compiler) mistake(message string) {
	c.mistakes = append(c.mistakes, mistake{c.path.String(), strings.Join(c.goPath, "."), message})
}

func (c *compiler) enter(segment string) { c.path = c.path.Join(segment) }
func (c *compiler) leave()               { c.path = c.path[:len(c.path)-1] }

// compile returns a plan for t, or an error with all mistakes in it.
func compile(t reflect.Type, options []Option) (*plan, error) {
	c := &compiler{codecs: make(map[reflect.Type]*codec), goPath: []string{nameOf(t)}, plan: new(plan)}
	for _, o := range options {
		o(&c.settings)
	}
	for _, m := range c.settings.mistakes {
		c.mistake(m)
	}
	if t.Kind() != reflect.Map && t.Kind() != reflect.Struct || tree.OneValue(t) {
		c.mistake("a config must be a struct or a map")
		return nil, c.err()
	}
	c.plan.root, c.plan.codecs = c.codec(t), c.codecs
	c.plan.index = tree.NewIndex(c.plan.root.shape)
	for _, do := range c.shapes {
		do()
	}
	for _, do := range c.later {
		do()
	}
	c.plan.hooked = len(c.settings.hooks) > 0
	if len(c.mistakes) == 0 {
		c.plan.prepareAfter()
	}
	return c.plan, c.err()
}

// nameOf returns the name of a type as Go code writes it, and "struct" for a struct without a name.
func nameOf(t reflect.Type) string {
	if t.Kind() == reflect.Struct && t.Name() == "" {
		return "struct"
	}
	return t.String()
}

// err returns the mistakes as problems, or nil.
func (c *compiler) err() error {
	if len(c.mistakes) == 0 {
		return nil
	}
	problems := make(source.Problems, len(c.mistakes))
	for i, m := range c.mistakes {
		problems[i] = &source.Problem{Kind: source.InvalidArgument, Key: m.key, Message: m.goName + ": " + m.message}
	}
	return problems
}

// buildStruct binds structs.
func (c *compiler) buildStruct(k *codec) {
	f := &fields{}
	k.fields = f
	k.plain = isPlain(k.typ)
	k.shape.Kind, k.shape.Type = tree.StructOf, "map"
	k.bind, k.renew = k.bindStruct, k.renewStruct
	c.collect(f, k.typ, nil, []reflect.Type{k.typ})
	c.unique(f)
	c.aliases(k, f)
	k.shape.Fields = make(map[string]*tree.Shape, len(f.list))
	for i := range f.list {
		field := &f.list[i]
		k.shape.Fields[field.key] = field.shape
		k.shape.Order = append(k.shape.Order, field.key)
	}
	c.shapes = append(c.shapes, func() { f.needs(k.typ) })
	if len(f.list) > few {
		f.byKey = make(map[string]int, len(f.list))
		for i := range f.list {
			f.byKey[f.list[i].key] = i
		}
	}
	if f.remain != nil {
		k.shape.Kind = tree.RemainderOf
		c.shapes = append(c.shapes, func() { k.shape.Elem = f.remain.codec.shape.Elem })
		c.later = append(c.later, func() { k.shape.Elem = f.remain.shape.Elem })
	}
	if len(f.list) == 0 && f.remain == nil && len(c.settings.hooks) > 0 {
		k.shape.Kind = tree.Leaf // only a hook can fill this struct
	}
	c.later = append(c.later, func() {
		for i := range f.list {
			if f.list[i].def != nil || f.list[i].codec.fill != nil {
				f.absent = append(f.absent, i)
			}
		}
		if len(f.absent) > 0 {
			k.fill = k.fillStruct
		}
	})
}

// collect adds the fields of t, and of the structs that are squashed into it, to f. around are the
// structs that t is squashed into.
func (c *compiler) collect(f *fields, t reflect.Type, index []int, around []reflect.Type) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		c.goPath = append(c.goPath, sf.Name)
		c.add(f, sf, at, around)
		c.goPath = c.goPath[:len(c.goPath)-1]
	}
}

func (c *compiler) add(f *fields, sf reflect.StructField, at []int, around []reflect.Type) {
	place, err := tree.FieldOf(sf)
	if err != nil {
		c.mistake(err.Error())
	}
	if err == nil && place.Key == "" {
		c.renameless(sf)
	}
	switch {
	case place.Skip:
		f.unbound = f.unbound || sf.Name != "_"
		if _, tagged := sf.Tag.Lookup("default"); tagged && err == nil {
			c.mistake("a field that is not bound cannot have a default")
		}
		if _, tagged := sf.Tag.Lookup("merge"); tagged && err == nil {
			c.mistake("a field that is not bound cannot have a merge tag")
		}
	case place.Squash:
		if _, tagged := sf.Tag.Lookup("merge"); tagged {
			c.mistake(noList)
		}
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case inner.Kind() != reflect.Struct:
			c.mistake("only a struct can be squashed")
		case slices.Contains(around, inner):
			c.mistake("a struct cannot be squashed into itself")
		case c.refuses(inner):
		default:
			f.embedded = f.embedded || sf.Type.Kind() == reflect.Pointer
			c.collect(f, inner, at, append(slices.Clone(around), inner))
		}
	case place.Remain:
		c.remain(f, sf, at)
	default:
		c.enter(place.Key)
		f.list = append(f.list, c.field(sf, place.Key, at))
		c.leave()
	}
}

// remain makes sf the field for all other keys.
func (c *compiler) remain(f *fields, sf reflect.StructField, at []int) {
	if f.remain != nil {
		c.mistake("only one field can have the option remain")
		return
	}
	if sf.Type.Kind() != reflect.Map {
		c.mistake("a field with the option remain must be a map")
		return
	}
	k := c.codec(sf.Type)
	f.remain = &field{index: at, codec: k, goName: strings.Join(c.goPath, "."), shape: new(tree.Shape)}
	c.shapes = append(c.shapes, func() { *f.remain.shape = *k.shape })
	c.mergeRule(sf, f.remain.shape)
}

// field compiles a field that has a key.
func (c *compiler) field(sf reflect.StructField, key string, at []int) field {
	k := c.codec(sf.Type)
	f := field{key: key, index: at, codec: k, goName: strings.Join(c.goPath, "."), shape: new(tree.Shape), depth: len(at)}
	f.aliases = c.aliasTag(sf, key)
	secret := c.flag(sf, "secret", false)
	live := c.flag(sf, "live", true)
	text, defaulted := sf.Tag.Lookup("default")
	c.shapes = append(c.shapes, func() {
		*f.shape = *k.shape
		f.shape.Secret = f.shape.Secret || secret
		f.shape.Static = !live
		f.shape.Rules, f.shape.Doc, f.shape.Deprecated = sf.Tag.Get("validate"), sf.Tag.Get("doc"), sf.Tag.Get("deprecated")
		if f.shape.Defaulted = defaulted; defaulted && !f.shape.HidesText() {
			f.shape.Default = text
		}
	})
	c.mergeRule(sf, f.shape)
	if defaulted {
		f.def = &fallback{node: tree.NewScalar(nil, 0, 0, source.Text(text))}
		def, where := f.def, mistake{c.path.String(), f.goName, ""}
		c.later = append(c.later, func() { c.tryDefault(k, def, where) })
	}
	return f
}

// tryDefault binds a default once, so that a bad default is an error of Open and not of the first
// start without the key.
func (c *compiler) tryDefault(k *codec, def *fallback, where mistake) {
	if k.shape.Kind == tree.StructOf || k.shape.Kind == tree.RemainderOf {
		where.message = "a struct cannot have a default; give its fields defaults"
		c.mistakes = append(c.mistakes, where)
		return
	}
	r := &run{plan: c.plan}
	v := reflect.New(k.typ).Elem()
	r.guard(def.node, "", func() { k.bind(r, def.node, v) })
	for _, p := range r.problems {
		m := where
		m.message = "the default " + p.Message
		c.mistakes = append(c.mistakes, m)
	}
	if k.plain && len(r.problems) == 0 {
		def.value = v
	}
}

// flag returns the value of a tag that is true or false.
func (c *compiler) flag(sf reflect.StructField, name string, otherwise bool) bool {
	switch text, ok := sf.Tag.Lookup(name); {
	case !ok:
	case text == "true":
		return true
	case text == "false":
		return false
	default:
		c.mistake(fmt.Sprintf("the %s tag must be true or false", name))
	}
	return otherwise
}

// unique removes the fields that Go hides behind a field at a smaller depth, and records fields of
// the same depth as mistakes.
func (c *compiler) unique(f *fields) {
	best := make(map[string]*field, len(f.list))
	for i := range f.list {
		next := &f.list[i]
		switch had := best[next.key]; {
		case had == nil || next.depth < had.depth:
			best[next.key] = next
		case next.depth == had.depth:
			c.enter(next.key)
			c.mistakes = append(c.mistakes, mistake{c.path.String(), next.goName, "has the same key as " + had.goName})
			c.leave()
		}
	}
	if len(best) == len(f.list) {
		return
	}
	f.unbound = true
	keep := make([]field, 0, len(best))
	for i := range f.list {
		if best[f.list[i].key] == &f.list[i] {
			keep = append(keep, f.list[i])
		}
	}
	f.list = keep
}
