package validation

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// asking is one walk over a value that calls its Validate methods.
type asking struct {
	*checker
	root    reflect.Value
	found   []violation
	had     map[string]bool // problems so far, to report each once
	stumble bool            // tags found problems, over which a method may panic
	unbound *tree.Paths     // what could not be bound, which a method must not see
	secrets []string
	listed  bool // secrets is complete
}

// methods calls every Validate method in the value that pointer points to, inside out.
func (c *checker) methods(pointer reflect.Value, stumble bool, unbound *tree.Paths) []violation {
	a := &asking{checker: c, root: pointer.Elem(), stumble: stumble, unbound: unbound}
	a.walk(pointer.Elem(), c.root, nil)
	return a.found
}

func (a *asking) walk(v reflect.Value, k *kind, path tree.Path) {
	if !k.asked {
		return
	}
	switch k.typ.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			a.walk(v.Elem(), k.elem, path)
		}
		return
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			a.walk(v.Index(i), k.elem, path.Join(tree.Item(i)))
		}
	case reflect.Map:
		a.walkMap(v, k, path)
	case reflect.Struct:
		for i := range k.fields {
			f := &k.fields[i]
			if f.tag == "-" || !f.kind.asked { // a field without a kind has the tag
				continue
			}
			at := path
			if f.place.Key != "" {
				at = path.Join(f.place.Key)
			}
			a.walk(v.Field(f.index), f.kind, at)
		}
	}
	if k.method && !a.unbound.Touches(path) {
		a.ask(v, path)
	}
}

// revisit is walk for the values that differ from those before, or were made again.
func (a *asking) revisit(v reflect.Value, k *kind, path tree.Path, changes *tree.Changes) {
	switch {
	case changes == nil || !k.asked:
		return
	case changes.Whole:
		a.walk(v, k, path)
		return
	}
	switch k.typ.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			a.revisit(v.Elem(), k.elem, path, changes)
		}
		return
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if below := changes.Item(i); below != nil {
				a.revisit(v.Index(i), k.elem, path.Join(tree.Item(i)), below)
			}
		}
	case reflect.Map:
		for _, text := range changes.SortedKeys() {
			key := reflect.ValueOf(text).Convert(k.typ.Key())
			if item := v.MapIndex(key); item.IsValid() {
				a.revisit(item, k.elem, path.Join(text), changes.Key(text))
			}
		}
	case reflect.Struct:
		for i := range k.fields {
			f := &k.fields[i]
			if f.tag == "-" {
				continue
			}
			at := path
			if f.place.Key != "" {
				at = path.Join(f.place.Key)
			}
			a.revisit(v.Field(f.index), f.kind, at, f.changes(changes))
		}
	}
	if k.method {
		a.ask(v, path)
	}
}

// changes returns those of the field in a struct.
func (f *field) changes(around *tree.Changes) *tree.Changes {
	switch {
	case f.place.Squash:
		return around
	case f.place.Remain:
		return around.Remainder()
	}
	return around.Key(f.place.Key)
}

// walkMap follows the order of the keys, so that the same value always has the same problems.
func (a *asking) walkMap(v reflect.Value, k *kind, path tree.Path) {
	type entry struct {
		text string
		key  reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for _, key := range v.MapKeys() {
		entries = append(entries, entry{keyText(key), key})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.text, b.text) })
	for _, e := range entries {
		a.walk(v.MapIndex(e.key), k.elem, path.Join(e.text))
	}
}

func (a *asking) ask(v reflect.Value, path tree.Path) {
	if !v.CanAddr() { // in a map; the method may have a pointer receiver
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p.Elem()
	}
	if !v.Addr().CanInterface() {
		return
	}
	// The value of a panic is not shown: it may be a value of the config.
	defer func() {
		if p := recover(); p != nil && !a.stumble {
			a.add(violation{path: path, kind: source.Invalid, message: "its Validate method panicked with a " + reflect.TypeOf(p).String()})
		}
	}()
	a.flatten(v.Addr().Interface().(validating).Validate(), path, false)
}

// flatten makes a violation of each joined error. named reports that the error named the path.
func (a *asking) flatten(err error, path tree.Path, named bool) {
	switch e := err.(type) { //nolint:errorlint // the text of an error that wraps another would be lost
	case nil:
		return
	case *keyed:
		a.flatten(e.err, append(path[:len(path):len(path)], e.path...), true)
		return
	case interface{ Unwrap() []error }:
		if errs := e.Unwrap(); len(errs) > 0 && isJoin(err, errs) {
			for _, inner := range errs {
				a.flatten(inner, path, named)
			}
			return
		}
	}
	a.add(violation{path: path, named: named, kind: source.Invalid, message: a.shown(err), err: &cause{err}})
}

// isJoin reports whether the text of an error is that of its parts, as with errors.Join.
func isJoin(err error, parts []error) bool {
	lines := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != nil {
			lines = append(lines, p.Error())
		}
	}
	return err.Error() == strings.Join(lines, "\n")
}

// add skips a repeated problem: the method of an embedded struct is also a method of the struct
// around it.
func (a *asking) add(v violation) {
	said := v.path.String() + "\x00" + v.message
	if a.had[said] {
		return
	}
	if a.had == nil {
		a.had = make(map[string]bool)
	}
	a.had[said] = true
	a.found = append(a.found, v)
}

// shown returns the text of an error, marked, unless a secret of the config occurs in it.
func (a *asking) shown(err error) string {
	message := err.Error()
	if !a.listed {
		a.listed, a.secrets = true, nil
		a.list(a.root, false, 0)
	}
	for _, s := range a.secrets {
		quoted := strconv.Quote(s)
		if strings.Contains(message, s) || strings.Contains(message, quoted[1:len(quoted)-1]) {
			return "its Validate method found a problem, whose text is not shown since a secret occurs in it"
		}
	}
	if message == "" {
		return "its Validate method found a problem"
	}
	return wording.Mark(message)
}

// list collects the texts of all secrets: of values with a Reveal method, and of values below a
// field that is tagged as secret.
func (a *asking) list(v reflect.Value, secret bool, depth int) {
	if !v.IsValid() || depth > tree.MaxDepth {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		a.list(v.Elem(), secret, depth+1)
		return
	}
	if !v.CanInterface() && v.Kind() != reflect.Struct {
		return
	}
	if v.CanInterface() && reveals(v.Type()) {
		a.keep(reveal(v))
		return
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if b, ok := reflect.TypeAssert[[]byte](v); ok {
			if secret {
				a.keep(string(b))
			}
			return
		}
		for i := range v.Len() {
			a.list(v.Index(i), secret, depth+1)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			a.list(iter.Value(), secret, depth+1)
		}
	case reflect.Struct:
		k := a.kinds[v.Type()]
		if k == nil || k.one {
			if secret && v.CanInterface() {
				a.keep(keyText(v))
			}
			return
		}
		for i := range k.fields {
			f := &k.fields[i]
			a.list(v.Field(f.index), secret || f.secret, depth+1)
		}
	default:
		if secret {
			a.keep(keyText(v))
		}
	}
}

func (a *asking) keep(secret string) {
	if secret != "" {
		a.secrets = append(a.secrets, secret)
	}
}

// cause is an error whose text is not shown: errors.Is and errors.As reach it, printing and
// encoding do not.
type cause struct{ err error }

func (c *cause) Error() string    { return "a cause that may carry a value" }
func (c *cause) GoString() string { return c.Error() }
func (c *cause) Unwrap() error    { return c.err }
