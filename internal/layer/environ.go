package layer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// fileSuffix ends the name of a variable that names a file with the value.
const fileSuffix = "_FILE"

// environ decodes the variables of an environment, or the flags of a command line; see package
// environ. Each is a document of its own, "$NAME" or "--name".
func (r *reading) environ() *tree.Node {
	variables, ok := environ.Parse(r.data)
	if !ok {
		r.report(source.Malformed, 0, 0, fmt.Sprintf("is not a list of variables, from the %d. on", len(variables)+1))
		return nil
	}
	f := r.flat(false)
	for i := 0; i < len(variables) && !r.stopped; i++ {
		v := variables[i]
		s := r.variable(v)
		if v.Path {
			f.byPath(s, v)
			continue
		}
		if v.Unset {
			names := []string{v.Key}
			if i+1 < len(variables) && variables[i+1].Unset && variables[i+1].File && variables[i+1].Name == v.Name {
				i++
				names = append(names, variables[i].Key)
			}
			f.unset(s, names)
			continue
		}
		if i+1 < len(variables) && !v.File && variables[i+1].File && !variables[i+1].Unset && variables[i+1].Name == v.Name {
			i++
			f.either(s, variables[i])
			continue
		}
		if v.File {
			f.file(s, v, f.resolver.resolve(v.Key, s.value))
			continue
		}
		f.add(s)
	}
	return f.build()
}

func (r *reading) variable(v environ.Variable) *setting {
	doc := *r.doc
	mark := "$"
	if v.Flag {
		mark = "--"
	}
	doc.Name = mark + strings.ToValidUTF8(v.Name, string(utf8.RuneError))
	s := &setting{name: v.Key, shown: doc.Name, value: v.Value, doc: &doc, file: v.File, named: v.Named, flag: v.Flag}
	if v.Fault != source.Unknown {
		s.value = "{}" // what the file contains is not known; a map or struct could be meant
	}
	return s
}

// either takes a variable as a value if its name is a key, and otherwise as the name of the file
// that holds the value of a key. In a map of secrets, where any name would be a key, it names a
// file.
func (f *flat) either(plain *setting, file environ.Variable) {
	asKey := f.resolver.resolve(plain.name, plain.value)
	isKey := len(asKey) > 0 && !(asKey[0].free && asKey[0].secret) && !(asKey[0].section && !tree.HasText(plain.value, asKey[0].shape.Kind))
	if !isKey {
		s := f.variable(file)
		if asFile := f.resolver.resolve(file.Key, s.value); len(asFile) > 0 {
			f.file(s, file, asFile)
			return
		}
	}
	if len(asKey) == 0 && !f.resolver.spent() {
		named := f.variable(file)
		named.named = plain.named
		f.judge(named)
		return
	}
	if f.fits(plain, asKey) {
		f.put(plain, asKey[0])
	}
}

// file takes the content of a file, or reports why there is none.
func (f *flat) file(s *setting, v environ.Variable, targets []target) {
	if !f.fits(s, targets) {
		return
	}
	if v.Fault != source.Unknown {
		f.tell(s, v.Fault, targets[0].path().String(), v.Value)
		return
	}
	f.put(s, targets[0])
}
