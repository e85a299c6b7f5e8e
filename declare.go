package nacre

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
)

// SectionDeclaration declares the key of a section before a config is opened; see [DeclareSection],
// [ReserveSection] and [Options].Sections. It is immutable.
type SectionDeclaration struct {
	key  string
	bind func(at tree.Path, o *Options) (schema.Section, error) // nil: only reserved
}

// DeclareSection binds the value of a key to S from the first version on, so that Open fails if the
// value is not good for S. [Section] returns the section. A package declares its section, so that
// its users need not know the type:
//
//	func Settings() nacre.SectionDeclaration { return nacre.DeclareSection[Config]("redis") }
func DeclareSection[S any](key string) SectionDeclaration {
	return SectionDeclaration{key: key, bind: newSection[S]}
}

// ReserveSection reserves a key for sections that are attached later, at the key or below it, such
// as those of plugins. Until then the value is not bound, is not shown, and is not an unknown key.
func ReserveSection(key string) SectionDeclaration { return SectionDeclaration{key: key} }

// Key returns the key of the section, as it was declared.
func (d SectionDeclaration) Key() string { return d.key }

// newSection returns the engine's section that binds S at a path. It binds the service's own type
// in the place from which Get reads it.
func newSection[S any](at tree.Path, o *Options) (schema.Section, error) {
	plan, bindErr := binding.Compile[S](binding.Options(o.Binder)...)
	checker, validateErr := validation.Compile[S](validation.Options(o.Validate)...)
	if err := errors.Join(below(at, bindErr), below(at, validateErr)); err != nil {
		return schema.Section{}, err
	}
	b := &sectionBinder[S]{at: at, plan: plan, checker: checker}
	return schema.Section{
		At: at, Type: reflect.TypeFor[S](), Shape: plan.Shape(),
		Bind: b.bind, Validate: b.validate, DocumentProblems: b.documentProblems, Written: b.written,
		// A hook may need keys that another layer has.
		BindsDocuments: len(o.Binder) == 0,
	}, nil
}

// below prefixes the keys of mistakes in a section's type with the path of the section.
func below(at tree.Path, err error) error {
	problems, ok := errors.AsType[source.Problems](err)
	if !ok || len(at) == 0 {
		return err
	}
	for _, p := range problems {
		if p.Key == "" {
			p.Key = at.String()
		} else {
			p.Key = at.String() + "." + p.Key
		}
	}
	return err
}

// allSections returns the sections of a config, the service's own type first, or all mistakes in
// them.
func allSections[T any](o *Options) ([]*schema.Section, error) {
	main, err := newSection[T](nil, o)
	all, errs := []*schema.Section{&main}, []error{err}
	for _, d := range o.Sections {
		at, err := sectionPath(d.key)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		section := schema.Section{At: at, Shape: &tree.Shape{Reserved: true}}
		if d.bind != nil {
			section, err = d.bind(at, o)
			errs = append(errs, err)
		}
		if !slices.ContainsFunc(all, func(p *schema.Section) bool { return p.At.String() == at.String() && p.Type == section.Type }) {
			all = append(all, &section)
		}
	}
	return all, errors.Join(errs...)
}

// sectionPath parses the key of a section.
func sectionPath(key string) (tree.Path, error) {
	at, ok := tree.ParsePath(key)
	for _, segment := range at {
		ok = ok && !strings.HasPrefix(segment, "[")
	}
	if !ok || len(at) == 0 {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "bind section", Document: key, Err: fmt.Errorf("not a key of a section: %q", key),
			Fix: "write it as redis or plugins.audit; a section cannot be an item of a list"}
	}
	return at, nil
}
