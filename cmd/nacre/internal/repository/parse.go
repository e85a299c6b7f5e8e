package repository

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// Parse reads the text of a nacre.yaml. The error is a [source.Problems] with all mistakes.
func Parse(data []byte) (*Repository, error) {
	p := &parser{}
	node, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	r := &Repository{}
	p.repository(node, r)
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b *source.Problem) int { return a.Position.Line - b.Position.Line })
		return nil, p.problems
	}
	return r, nil
}

var atLine = regexp.MustCompile(`line (\d+)`)

// parseYAML returns the only document of a text. The text of the library's error may have a value.
func parseYAML(data []byte) (*yaml.Node, error) {
	malformed := func(line int, message string) error {
		return source.Problems{{Kind: source.Malformed, Position: source.Position{Document: FileName, Line: line}, Message: message}}
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var node, more yaml.Node
	err := d.Decode(&node)
	switch {
	case errors.Is(err, io.EOF):
		return nil, malformed(1, "the file is empty; begin with version: 1")
	case err != nil:
		line := 0
		if m := atLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1])
		}
		return nil, malformed(line, "is not YAML")
	}
	if d.Decode(&more) == nil {
		return nil, malformed(more.Line, "has a second YAML document; one is enough")
	}
	return node.Content[0], nil
}

// parser collects the mistakes of a file.
type parser struct{ problems source.Problems }

func (p *parser) fail(n *yaml.Node, key, format string, args ...any) {
	p.problems = append(p.problems, &source.Problem{
		Kind: source.Invalid, Position: source.Position{Document: FileName, Line: n.Line, Column: n.Column}, Key: key, Message: fmt.Sprintf(format, args...),
	})
}

// fields reads a mapping. Each key has a function that reads its value.
func (p *parser) fields(n *yaml.Node, at string, known map[string]func(key string, value *yaml.Node)) {
	if n.Kind == yaml.AliasNode {
		p.fail(n, at, "is an alias; write it out")
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fail(n, at, "must be a mapping")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		key := strings.TrimPrefix(at+"."+name.Value, ".")
		read, ok := known[name.Value]
		if !ok {
			read, ok = known["*"]
		}
		switch {
		case seen[name.Value]:
			p.fail(name, key, "is given twice")
		case !ok:
			var names []string
			for k := range known {
				names = append(names, k)
			}
			slices.Sort(names)
			p.problems = append(p.problems, &source.Problem{
				Kind: source.UnknownKey, Position: source.Position{Document: FileName, Line: name.Line, Column: name.Column}, Key: key,
				Message: "is not a key here; " + strings.Join(names, ", ") + " are",
			})
		default:
			read(key, value)
		}
		seen[name.Value] = true
	}
}

func (p *parser) text(to *string) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			p.fail(n, key, "must be a text that is not empty")
			return
		}
		*to = n.Value
	}
}

// name is text for a name of Nacos.
func (p *parser) name(to *string, most int) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		p.text(to)(key, n)
		if what := badName(*to, most); *to != "" && what != "" {
			p.fail(n, key, "%s", what)
		}
	}
}

// inside is text for a path below the folder of the repository.
func (p *parser) inside(to *string) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		before := len(p.problems)
		p.text(to)(key, n)
		if len(p.problems) > before {
			return
		}
		if clean := path.Clean(*to); path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(*to, `\`) {
			p.fail(n, key, "must be a path inside of the folder of nacre.yaml, with slashes")
		}
		if _, err := path.Match(*to, ""); err != nil {
			p.fail(n, key, "is not a pattern")
		}
		*to = path.Clean(*to)
	}
}

func (p *parser) list(each func(key string, n *yaml.Node)) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			p.fail(n, key, "must be a list")
			return
		}
		for i, item := range n.Content {
			each(key+"["+strconv.Itoa(i)+"]", item)
		}
	}
}

func (p *parser) number(to *int, least, most int) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < least || v > most {
			p.fail(n, key, "must be a whole number from %d to %d", least, most)
			return
		}
		*to = v
	}
}

func (p *parser) kind(to *string) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Value != KindRoutes {
			p.fail(n, key, "must be %s, for a routing document; leave it out for others", KindRoutes)
			return
		}
		*to = n.Value
	}
}

func (p *parser) flag(to *bool) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			p.fail(n, key, "must be true or false")
			return
		}
		*to = n.Value == "true"
	}
}

// duration takes days too, as the documents of services do.
func (p *parser) duration(to *time.Duration) func(string, *yaml.Node) {
	return func(key string, n *yaml.Node) {
		d, err := time.ParseDuration(n.Value)
		if days, ok := strings.CutSuffix(n.Value, "d"); ok {
			var count int
			count, err = strconv.Atoi(days)
			if err == nil && count > 36500 {
				err = strconv.ErrRange
			}
			d = time.Duration(count) * 24 * time.Hour
		}
		if n.Kind != yaml.ScalarNode || err != nil || d <= 0 {
			p.fail(n, key, "must be a duration such as 12h or 30d")
			return
		}
		*to = d
	}
}

func (p *parser) repository(n *yaml.Node, r *Repository) {
	var version int
	var documents, environments, shared *yaml.Node
	base := "base"
	keep := func(to **yaml.Node) func(string, *yaml.Node) { return func(_ string, n *yaml.Node) { *to = n } }
	p.fields(n, "", map[string]func(string, *yaml.Node){
		"version": p.number(&version, 1, 1), "base": p.inside(&base), "documents": keep(&documents), "manifest": keep(&shared),
		"environments": keep(&environments),
	})
	if version == 0 && len(p.problems) == 0 {
		p.fail(n, "version", "is missing; write version: 1")
	}
	var common []Entry
	if documents != nil {
		common = p.entries("documents", documents)
	}
	var inherited *Manifest
	if shared != nil {
		inherited = &Manifest{}
		p.manifest("manifest", shared, inherited)
	}
	if environments == nil {
		p.fail(n, "environments", "is missing; name at least one environment")
		return
	}
	p.fields(environments, "environments", map[string]func(string, *yaml.Node){"*": func(key string, value *yaml.Node) {
		e := Environment{Name: strings.TrimPrefix(key, "environments."), Base: base, Documents: slices.Clone(common)}
		e.Overlay = "environments/" + e.Name
		if what := badName(e.Name, 64); what != "" {
			p.fail(value, key, "the name of the environment %s", what)
		}
		if inherited != nil {
			m := *inherited
			e.Manifest = &m
		}
		p.environment(key, value, &e)
		if len(e.Documents) == 0 {
			p.fail(value, key, "has no documents; list them here or under documents")
		}
		r.Environments = append(r.Environments, e)
	}})
	if len(environments.Content) == 0 && environments.Kind == yaml.MappingNode {
		p.fail(environments, "environments", "is empty; name at least one environment")
	}
}

func (p *parser) environment(key string, n *yaml.Node, e *Environment) {
	if n.Tag == "!!null" {
		return
	}
	p.fields(n, key, map[string]func(string, *yaml.Node){
		"context": p.text(&e.Context), "group": p.name(&e.Group, 128), "overlay": p.inside(&e.Overlay), "policy": p.inside(&e.Policy),
		"documents": func(key string, n *yaml.Node) { e.Documents = append(e.Documents, p.entries(key, n)...) },
		"manifest": func(key string, n *yaml.Node) {
			if e.Manifest == nil {
				e.Manifest = &Manifest{}
			}
			p.manifest(key, n, e.Manifest)
		},
	})
}

// entries reads a list of documents. One of them in the same list again is a mistake: only the list
// of an environment replaces entries of the list for all.
func (p *parser) entries(key string, n *yaml.Node) (all []Entry) {
	seen := map[string]int{} // lines
	add := func(key string, n *yaml.Node, e Entry) {
		id := e.Group + "/" + cmp.Or(e.DataID, path.Base(e.File))
		if isPattern(e.File) {
			id = e.Group + "/ " + e.File // no data ID has a space
		}
		if line := seen[id]; line > 0 && e.File != "" {
			p.fail(n, key, "is the document of line %d again; list it once", line)
		} else {
			seen[id] = e.Line
		}
		all = append(all, e)
	}
	p.list(func(key string, n *yaml.Node) {
		e := Entry{Stage: 1, Line: n.Line}
		if n.Kind == yaml.ScalarNode { // "- orders.yaml"
			p.inside(&e.File)(key, n)
			add(key, n, e)
			return
		}
		p.fields(n, key, map[string]func(string, *yaml.Node){
			"file": p.inside(&e.File), "data_id": p.name(&e.DataID, 256), "group": p.name(&e.Group, 128), "type": p.name(&e.Type, 32),
			"schema": p.inside(&e.Schema), "stage": p.number(&e.Stage, 1, 100), "kind": p.kind(&e.Kind),
		})
		switch {
		case e.File == "":
			p.fail(n, key+".file", "is missing")
		case isPattern(e.File) && e.DataID != "":
			p.fail(n, key+".data_id", "cannot be set for a pattern, which stands for several files")
		}
		add(key, n, e)
	})(key, n)
	return all
}

func (p *parser) manifest(key string, n *yaml.Node, m *Manifest) {
	p.fields(n, key, map[string]func(string, *yaml.Node){
		"data_id": p.name(&m.DataID, 256), "group": p.name(&m.Group, 128), "expires": p.duration(&m.Expires), "signed": p.flag(&m.Signed),
		"audience": func(key string, n *yaml.Node) {
			m.Audience = nil
			p.list(func(key string, n *yaml.Node) {
				a := manifest.Audience{Namespace: "*", Group: "*", Service: "*"}
				p.fields(n, key, map[string]func(string, *yaml.Node){
					"namespace": p.text(&a.Namespace), "group": p.text(&a.Group), "service": p.text(&a.Service),
				})
				m.Audience = append(m.Audience, a)
			})(key, n)
		},
	})
	if m.DataID == "" {
		p.fail(n, key+".data_id", "is missing")
	}
	if m.Signed && len(m.Audience) == 0 {
		p.fail(n, key+".audience", "is missing; a signed manifest names the services that it is for")
	}
}
