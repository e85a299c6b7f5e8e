package nacre

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// SectionDeclaration says before a config is opened that a key is a section's: see [DeclareSection], [ReserveSection] and [Options].Sections. Immutable.
type SectionDeclaration struct {
	key  string
	part func(at tree.Path, o *Options) (engine.Section, error) // nil: only reserved
}

// DeclareSection says that what stands under a key is bound to S, from the first version on: a start, too, must be good for it. [Section] then gives
// the section, with no more ado. A package declares its section, so that its user need not know the type:
//
//	func Settings() nacre.SectionDeclaration { return nacre.DeclareSection[Config]("redis") }
func DeclareSection[S any](key string) SectionDeclaration {
	return SectionDeclaration{key: key, part: newPart[S]}
}

// ReserveSection says that a key is for sections that come later, at it or below it, such as those of plugins. Until then nobody binds what stands
// there, nothing of it is shown, and it is not refused as unknown.
func ReserveSection(key string) SectionDeclaration { return SectionDeclaration{key: key} }

// newPart is what binds S at a place.
func newPart[S any](at tree.Path, o *Options) (engine.Section, error) {
	return partIn(at, o, func() (holder any, value *S) { value = new(S); return value, value }, func(holder any) *S {
		value, _ := holder.(*S)
		return value
	})
}

// newMain is what binds the service's own type, into the place where Get finds it.
func newMain[T any](o *Options) (engine.Section, error) {
	return partIn(nil, o, func() (holder any, value *T) { v := new(version[T]); return v, &v.Value }, func(holder any) *T {
		if v, ok := holder.(*version[T]); ok {
			return &v.Value
		}
		return nil
	})
}

// partIn binds S into what hold makes: a holder, which a version has, and the value in it, which never leaves it.
func partIn[S any](at tree.Path, o *Options, hold func() (holder any, value *S), in func(holder any) *S) (engine.Section, error) {
	plan, bindErr := binder.Compile[S](o.Binder...)
	checker, validateErr := validate.Compile[S](o.Validate...)
	if err := errors.Join(below(at, bindErr), below(at, validateErr)); err != nil {
		return engine.Section{}, err
	}
	return engine.Section{
		At:    at,
		Type:  reflect.TypeFor[S](),
		Shape: plan.Shape(),
		Bind: func(piece *tree.Node, whole *tree.Shape) (any, source.Problems) {
			holder, value := hold()
			report, complete := plan.BindPartInto(value, at, piece, whole)
			if !complete {
				return nil, report.Problems
			}
			return holder, report.Problems
		},
		Validate: func(holder any, piece *tree.Node) source.Problems { return checker.CheckPart(at, in(holder), piece) },
		// A hook may need keys that another layer has.
		BindAlone: len(o.Binder) == 0,
	}, nil
}

// below says of mistakes in a section's type where they stand in the whole.
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

// parts are the service's own type and what is declared, or all that is wrong with them.
func parts[T any](o *Options) ([]*engine.Section, error) {
	main, err := newMain[T](o)
	all, errs := []*engine.Section{&main}, []error{err}
	for _, d := range o.Sections {
		at, err := sectionPath(d.key)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		part := engine.Section{At: at, Shape: &tree.Shape{Reserved: true}}
		if d.part != nil {
			part, err = d.part(at, o)
			errs = append(errs, err)
		}
		if !slices.ContainsFunc(all, func(p *engine.Section) bool { return p.At.String() == at.String() && p.Type == part.Type }) {
			all = append(all, &part)
		}
	}
	return all, errors.Join(errs...)
}

// sectionPath reads the key of a section.
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
