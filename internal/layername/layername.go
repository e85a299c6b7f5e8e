package layername

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// maxLayerName is the limit of a layer's name in bytes: names are labels of metrics.
const maxLayerName = 128

// Layer is what the name of a layer depends on.
type Layer struct {
	Source source.Source
	// Name is the name that the program gives; "" if it gives none.
	Name string
}

// Of returns the names of the layers, which are unique, and what is wrong with the names that the
// program gives.
//
// A name depends on its own layer and on the layers after it, never on those before it. So a layer
// that is put in front of the others changes the name of none of them.
func Of(layers []Layer) ([]string, error) {
	names := make([]string, len(layers))
	taken := map[string]int{}
	var errs []error
	for i, l := range slices.Backward(layers) {
		if l.Name != "" {
			if problem := badName(l.Name); problem != "" {
				errs = append(errs, nameError(fmt.Sprintf("layer %d has a name that %s", i+1, problem)))
			} else if other, ok := taken[l.Name]; ok {
				errs = append(errs, nameError(fmt.Sprintf("layers %d (%s) and %d (%s) have the same name %q",
					i+1, ownName(l.Source), other+1, ownName(layers[other].Source), l.Name)))
			}
		}
		names[i] = freeName(l, taken)
		taken[names[i]] = i
	}
	slices.Reverse(errs)
	return names, errors.Join(errs...)
}

func nameError(problem string) error {
	return &source.Error{
		Kind: source.InvalidArgument, Op: "open config", Err: errors.New(problem),
		Fix: "give each layer a name of its own with nacre.WithName",
	}
}

// badName returns what is wrong with a name that the program gives, or "".
func badName(name string) string {
	switch {
	case len(name) > maxLayerName:
		return fmt.Sprintf("is longer than %d bytes", maxLayerName)
	case strings.TrimSpace(name) != name:
		return "begins or ends with a space"
	case cleanName(name) != name:
		return "has a character that cannot be printed"
	}
	return ""
}

// freeName returns the first name of a layer that no other layer has: the given name, that of the
// source, the same with more of the place of the document, or with a number.
func freeName(l Layer, taken map[string]int) string {
	isFree := func(name string) bool { _, ok := taken[name]; return !ok }
	first := ownName(l.Source)
	if l.Name != "" {
		first = cleanName(l.Name)
	} else {
		for _, name := range append([]string{first}, longerNames(l.Source, first)...) {
			if isFree(name) {
				return name
			}
		}
	}
	name := first
	for n := 2; !isFree(name); n++ {
		name = fmt.Sprintf("%s#%d", first, n)
	}
	return name
}

// ownName returns the name that a source has for itself.
func ownName(s source.Source) string {
	if name := cleanName(s.Name()); name != "" {
		return name
	}
	return "layer"
}

// longerNames returns names with more of the place that a source reads: its group and namespace, or
// up to two folders of its identity. They never contain a host, or the path of a home folder.
func longerNames(s source.Source, name string) (longer []string) {
	d := source.DescriptionOf(s)
	if d.Namespace != "" && d.Group != "" {
		return []string{cleanName(d.Namespace + "/" + d.Group + "/" + strings.TrimPrefix(name, d.Group+"/"))}
	}
	_, place, _ := strings.Cut(d.Identity, "://")
	_, place, _ = strings.Cut(place, "/") // without the host
	place, _, _ = strings.Cut(place, "?")
	for range 2 {
		before, ok := strings.CutSuffix("/"+strings.Trim(place, "/"), "/"+name)
		if !ok || before == "" {
			break
		}
		name = before[strings.LastIndexByte(before, '/')+1:] + "/" + name
		longer = append(longer, cleanName(name))
	}
	return longer
}

// cleanName returns a name as one line of printable text of limited length.
func cleanName(name string) string { return wording.Line(name, maxLayerName) }
