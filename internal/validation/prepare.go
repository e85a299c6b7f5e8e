package validation

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// prepare completes the tags of all structs, passes them to validator, and tries each, so that a
// tag that cannot work is an error of Open. Validator itself panics at the first value that meets
// such a tag.
func (c *checker) prepare() source.Problems {
	p := &preparing{checker: c, done: make(map[reflect.Type]bool)}
	if c.root.typ.Kind() != reflect.Struct {
		c.tag = complete("", c.root)
		if c.tag == "" {
			c.root.ruled = false // there is nothing to validate
		}
	}
	p.visit(c.root, nil)
	return p.problems
}

type preparing struct {
	*checker
	done     map[reflect.Type]bool
	problems source.Problems
}

func (p *preparing) visit(k *kind, at tree.Path) {
	if p.done[k.typ] || !k.ruled {
		return
	}
	p.done[k.typ] = true
	if k.elem != nil {
		switch k.typ.Kind() {
		case reflect.Map:
			at = at.Join("*")
		case reflect.Slice, reflect.Array:
			at = at.Join("[]")
		}
		p.visit(k.elem, at)
		return
	}
	if k.typ.Kind() != reflect.Struct || k.one {
		return
	}
	rules := k.rules()
	for i := range k.fields {
		f := &k.fields[i]
		if f.tag == "-" {
			continue
		}
		path := at
		if f.place.Key != "" {
			path = at.Join(f.place.Key)
		}
		if tag := rules[f.name]; tag != "-" && tag != "" {
			var rewritten string
			err := guarded(func() (err error) { // types of the service parse parameters
				if rewritten, err = rewrite(tag, f.kind, p.kinds); err == nil {
					err = p.try(rewritten, f, k)
				}
				return err
			})
			if err != nil {
				p.problems = append(p.problems, &source.Problem{
					Kind: source.InvalidArgument, Key: strings.ReplaceAll(path.String(), `."[]"`, "[]"), Message: fmt.Sprintf("%s.%s: %s", nameOf(k.typ), f.name, err),
				})
				rewritten = "-"
			}
			rules[f.name] = rewritten
		}
		p.visit(f.kind, path)
	}
	k.tags = rules
	p.validate.RegisterStructValidationMapRules(rules, reflect.Zero(k.typ).Interface())
}

func nameOf(t reflect.Type) string {
	return cmp.Or(t.Name(), "struct")
}

// try returns what is wrong with a tag. Every part is parsed. Rules of validator that use only the
// value are also run on a value that is not zero, because some report only then that their
// parameter is not a number.
func (p *preparing) try(tag string, f *field, parent *kind) error {
	err := guarded(func() error {
		// This only parses: a nil pointer stops at the first part.
		_ = p.validate.Var((*int)(nil), "omitempty,"+tag)
		return nil
	})
	if err != nil {
		return p.unparsed(err)
	}
	return p.tryAll(tag, f.kind, parent)
}

func (p *preparing) tryAll(tag string, k, parent *kind) error {
	end := "" // what ends the rules of a field without a value
	for _, s := range steps(tag, k, p.kinds) {
		switch name, _, _ := strings.Cut(s.part, "="); {
		case s.part == "dive" || s.part == "keys" || s.part == "endkeys":
			end = ""
		case s.part == "omitempty" || s.part == "omitzero" || s.part == "omitnil" && s.kind != nil && nillable(s.kind.typ):
			end = cmp.Or(end, s.part)
		case end != "" && (name == "required" || isPresence(name)) && p.messages[name] == "":
			return fmt.Errorf("%s is never applied after %s, which ends the rules of a field without a value; write it before %s", name, end, end)
		}
		for alternative := range strings.SplitSeq(s.part, "|") {
			if err := p.tryPart(alternative, s.kind, parent); err != nil {
				return err
			}
		}
	}
	return nil
}

func isPresence(name string) bool {
	p, ok := presences[name]
	return ok && !p.absent
}

// structural are the parts of a tag that are not rules.
var structural = map[string]bool{
	"": true, "dive": true, "keys": true, "endkeys": true, "omitempty": true, "omitzero": true, "omitnil": true, "structonly": true,
	"nostructlevel": true, "-": true,
}

// tried reports whether a rule can be run as a trial. Rules that use the network or the disk, or
// that call the service, cannot.
func tried(name string) bool {
	_, known := words[name]
	return known && !outward[name]
}

var outward = map[string]bool{
	"file": true, "filepath": true, "dir": true, "dirpath": true, "image": true, "uds_exists": true, "validateFn": true,
	"tcp_addr": true, "tcp4_addr": true, "tcp6_addr": true, "udp_addr": true, "udp4_addr": true, "udp6_addr": true,
	"ip_addr": true, "ip4_addr": true, "ip6_addr": true, "unix_addr": true,
}

// sample returns a value of type t that is not zero, if the type is a simple one.
func sample(t reflect.Type) any {
	v := reflect.New(t).Elem()
	at := v
	for at.Kind() == reflect.Pointer {
		at.Set(reflect.New(at.Type().Elem()))
		at = at.Elem()
	}
	switch at.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		at.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		at.SetUint(1)
	case reflect.Float32, reflect.Float64:
		at.SetFloat(1)
	case reflect.Bool:
		at.SetBool(true)
	case reflect.String:
		at.SetString("x")
	case reflect.Slice:
		at.Set(reflect.MakeSlice(at.Type(), 1, 1))
	case reflect.Map:
		at.Set(reflect.MakeMap(at.Type()))
	}
	return v.Interface()
}
