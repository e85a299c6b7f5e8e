package layer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// judge decides on a name that no key fits. A name that an option of the source lists must fit one.
func (f *flat) judge(s *setting) {
	switch {
	case s.named:
		f.unknown(s)
	case f.resolver.dots && slices.ContainsFunc(strings.Split(s.name, "."), tree.Passes), f.policy.AllowUnknown, f.isAllowed(s):
		f.reading.strange++
	case f.policy.Shared:
		f.strange = append(f.strange, s)
	default:
		f.unknown(s)
	}
}

// isAllowed reports whether the policy names the key, or one above it, in any style of names.
func (f *flat) isAllowed(s *setting) bool {
	name := single(fold(strings.Join(f.under.Join(s.name), "_")))
	return slices.ContainsFunc(f.policy.Allowed, func(p tree.Path) bool {
		rest, ok := strings.CutPrefix(name, single(fold(strings.Join(p, "_"))))
		return ok && (rest == "" || rest[0] == '_')
	})
}

// judgeShared refuses a name that looks like a misspelled one. All names of the document must be
// known.
func (f *flat) judgeShared(s *setting) {
	if f.meant(f.shape, strings.Split(single(fold(brackets.Replace(s.name))), "_"), nil) == nil {
		f.unusedName(s)
		return
	}
	name := s.name
	if !f.resolver.dots {
		name = fold(name)
	}
	f.unknown(s)
	f.say("unknown key (AllowUnknown(" + strconv.Quote(f.under.With(name)) + ") would accept it)")
}

// brackets makes the item of a list a word of its own.
var brackets = strings.NewReplacer("[", "_", "]", "")

// unusedName records a name that no key fits, and that the document may have.
func (f *flat) unusedName(s *setting) {
	if len(f.unused) >= maxProblems {
		return
	}
	was, problems := f.doc, f.problems
	f.doc, f.problems = s.doc, nil
	key := ""
	if s.line > 0 {
		key = s.shown
	}
	f.reportAt(source.UnknownKey, s.line, s.column, key, "unused key")
	for _, p := range f.problems {
		p.Suggest = f.suggest(s)
	}
	f.unused = append(f.unused, f.problems...)
	f.doc, f.problems = was, problems
}

// meant returns the path of the key that the words of a misspelled name most likely mean, below a
// path; nil if they resemble none. It is the rule of tree.Speller, where the words may be those of
// one key or of several.
func (f *flat) meant(shape *tree.Shape, words []string, at tree.Path) tree.Path {
	if shape == nil || len(words) == 0 || len(at) > maxSpellingDepth {
		return nil
	}
	switch shape.Kind {
	case tree.ListOf:
		return f.meant(shape.Elem, words[1:], at.Join("["+words[0]+"]"))
	case tree.MapOf:
		return f.meant(shape.Elem, words[1:], at.Join(words[0]))
	case tree.StructOf:
	default:
		return nil
	}
	within := false
	for _, key := range slices.Concat(shape.Order, aliasesOf(shape)) {
		of := strings.Split(single(fold(key)), "_")
		below := shape.At(key)
		if len(words) <= len(of) || !slices.Equal(words[:len(of)], of) || below == nil || below.Kind == tree.Leaf {
			continue
		}
		within = true
		if found := f.meant(below, words[len(of):], at.Join(shape.Canonical(key))); found != nil {
			return found
		}
	}
	if within {
		return nil // the key above is right
	}
	speller := tree.NewSpeller(shape)
	for n := len(words); n > 0; n-- {
		key := speller.Meant(strings.Join(words[:n], "_"), func(key string) bool { return f.sets(at.Join(key)) })
		if below := shape.At(key); key == "" || n < len(words) && (below == nil || below.Kind == tree.Leaf) {
			continue
		}
		return at.Join(key)
	}
	return nil
}

func aliasesOf(shape *tree.Shape) []string {
	all := make([]string, 0, len(shape.Aliases))
	for alias := range shape.Aliases {
		all = append(all, alias)
	}
	slices.Sort(all)
	return all
}

// sets reports whether the document sets the key at a path, by whatever name.
func (f *flat) sets(p tree.Path) bool {
	at, shape := &f.root, f.shape
	for _, segment := range p {
		i := slices.IndexFunc(at.below, func(s *slot) bool {
			return s.step.segment() == segment || s.step.index < 0 && shape.Canonical(s.step.key) == segment
		})
		if i < 0 {
			return false
		}
		at, shape = at.below[i], shape.At(segment)
	}
	return true
}
