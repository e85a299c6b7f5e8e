package route

import (
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Parse parses and checks a routing document. name is the name of the document, for errors; format
// is "yaml" or "json". An error is a [source.Problems] with everything that is wrong, and the line
// of each.
func Parse(name, format string, data []byte) (*Table, error) {
	r := &reader{name: name}
	switch {
	case format != source.FormatYAML && format != source.FormatJSON:
		r.report(nil, "", source.InvalidArgument, "a routing document is YAML or JSON")
	case len(data) > maxSize:
		r.report(nil, "", source.TooLarge, fmt.Sprintf("has more than %d bytes", maxSize))
	}
	if r.problems != nil {
		return nil, r.problems
	}
	root, problems := layer.Decode("", "", source.Document{Name: name, Format: format, Data: data}, nil)
	if len(problems) > 0 {
		for _, p := range problems { // what a layer could do about it does not help here
			p.Message, _, _ = strings.Cut(p.Message, "; nacre.")
		}
		return nil, problems
	}
	t := r.table(root)
	if r.problems != nil {
		return nil, r.problems
	}
	return t, nil
}

// declared is what a routing document declares.
type declared struct {
	services values
	labels   map[string]values
}

// table reads the root of a routing document.
func (r *reader) table(root *tree.Node) *Table {
	t := &Table{name: r.name}
	if !r.isMap(root, "", "services", "labels", "common", "rules") {
		return t
	}
	d := declared{services: newValues(r.texts(root.Child("services"), "services", true)), labels: map[string]values{}}
	if labels := root.Child("labels"); labels != nil && r.isMap(labels, "labels") {
		for _, e := range labels.Entries {
			if at := "labels." + e.Key; !isLabelName(e.Key) {
				r.report(e.Value, at, source.Invalid, "is not a name of a label, which has letters, digits and ._-/")
			} else {
				d.labels[e.Key] = newValues(r.texts(e.Value, at, true))
			}
		}
	}
	t.services, t.labels = d.services, d.labels
	t.common = r.documents(root.Child("common"), "common", d)
	rules := root.Child("rules")
	switch {
	case rules == nil || rules.Kind == tree.List && len(rules.Items) == 0:
		r.report(nil, "rules", source.Missing, "are missing; a rule with documents alone matches every instance")
	case rules.Kind != tree.List:
		r.report(rules, "rules", source.WrongType, "must be a list")
	case len(rules.Items) > maxRules:
		r.report(rules, "rules", source.TooLarge, fmt.Sprintf("are more than %d", maxRules))
	default:
		named := map[string]rule{}
		for i, n := range rules.Items {
			next := r.rule(n, i, d)
			if first, again := named[next.name]; again && next.name != "" {
				r.report(n.Child("name"), fmt.Sprintf("rules[%d].name", i), source.Invalid,
					fmt.Sprintf("is that of rule %d, in line %d; give each rule a name of its own, or none", first.number, first.line))
			} else {
				named[next.name] = next
			}
			t.rules = append(t.rules, next)
		}
	}
	if r.problems == nil {
		r.shadowed(t.rules)
		r.twice(t)
	}
	return t
}

func (r *reader) rule(n *tree.Node, i int, d declared) rule {
	at := fmt.Sprintf("rules[%d]", i)
	out := rule{number: i + 1}
	if n != nil {
		out.line = int(n.Line)
	}
	if !r.isMap(n, at, "name", "match", "documents") {
		return out
	}
	if name := n.Child("name"); name != nil {
		out.name = r.text(name, at+".name")
	}
	if conditions := n.Child("match"); conditions != nil {
		out.match = r.match(conditions, at+".match", out.name, d)
	}
	if docs := n.Child("documents"); docs == nil {
		r.report(n, at+".documents", source.Missing, "are missing; an empty list is a rule with the common documents alone")
	} else {
		out.documents = r.documents(docs, at+".documents", d)
	}
	return out
}

func (r *reader) match(n *tree.Node, at, name string, d declared) (m match) {
	if !r.isMap(n, at, "service", "version", "profile", "labels", "percentage", "salt") {
		return m
	}
	m.services = newValues(r.texts(n.Child("service"), at+".service", false))
	if len(d.services.list) > 0 {
		r.among(n.Child("service"), at+".service", m.services, d.services, "services")
	}
	m.profiles = newValues(r.texts(n.Child("profile"), at+".profile", false))
	m.versions = r.patterns(n.Child("version"), at+".version")
	if labels := n.Child("labels"); labels != nil && r.isMap(labels, at+".labels") {
		m.labels = make(map[string]values, len(labels.Entries))
		for _, e := range labels.Entries {
			at := at + ".labels." + e.Key
			allowed, ok := d.labels[e.Key]
			if !ok {
				r.undeclared(e.Value, at, e.Key, d)
				continue
			}
			m.labels[e.Key] = newValues(r.texts(e.Value, at, false))
			if len(allowed.list) > 0 {
				r.among(e.Value, at, m.labels[e.Key], allowed, "labels."+e.Key)
			}
		}
	}
	r.percentage(n, at, name, &m)
	return m
}

func (r *reader) patterns(n *tree.Node, at string) (all []Pattern) {
	texts := r.texts(n, at, false)
	if len(texts) > maxVersions {
		r.report(n, at, source.TooLarge, fmt.Sprintf("are more than %d", maxVersions))
		return nil
	}
	for i, text := range texts {
		if text == "" {
			continue // reported
		}
		p, err := ParsePattern(text)
		if err != nil {
			item, at := r.item(n, at, i)
			r.report(item, at, source.Invalid, err.Error())
			continue
		}
		all = append(all, p)
	}
	return all
}

func (r *reader) percentage(n *tree.Node, at, name string, m *match) {
	p, salt := n.Child("percentage"), n.Child("salt")
	if salt != nil {
		m.salt = r.text(salt, at+".salt")
	} else {
		m.salt = name
	}
	if p == nil {
		if salt != nil {
			r.report(salt, at+".salt", source.Invalid, "has no percentage that it belongs to")
		}
		return
	}
	var value float64
	switch v := p.Value.(type) {
	case int64:
		value = float64(v)
	case float64:
		value = v
	default:
		r.report(p, at+".percentage", source.WrongType, "must be a number, from 0 to 100")
		return
	}
	if m.salt == "" && salt == nil {
		r.report(p, at+".percentage", source.Missing, "needs a name of the rule, or a salt, from which its instances are drawn")
	}
	var err error
	m.drawn = true
	if m.share, err = share(value); err != nil {
		r.report(p, at+".percentage", source.Invalid, err.Error())
	}
}

// documents reads a list of documents.
func (r *reader) documents(n *tree.Node, at string, d declared) (all []template) {
	switch {
	case n == nil:
		return nil
	case n.Kind != tree.List:
		r.report(n, at, source.WrongType, "must be a list")
		return nil
	case len(n.Items) > maxDocuments:
		r.report(n, at, source.TooLarge, fmt.Sprintf("are more than %d", maxDocuments))
		return nil
	}
	for i, item := range n.Items {
		all = append(all, r.document(item, fmt.Sprintf("%s[%d]", at, i), d))
	}
	return all
}

func (r *reader) document(n *tree.Node, at string, d declared) (out template) {
	out.line, out.column = int(n.Line), int(n.Column)
	if n.Kind == tree.Scalar {
		out.dataID = r.template(n, at, d)
		return out
	}
	if !r.isMap(n, at, "data_id", "group", "namespace", "format", "optional", "allow_unknown") {
		return out
	}
	if id := n.Child("data_id"); id == nil {
		r.report(n, at+".data_id", source.Missing, "is missing")
	} else {
		out.dataID = r.template(id, at+".data_id", d)
	}
	for key, to := range map[string]*string{"group": &out.group, "namespace": &out.namespace} {
		if v := n.Child(key); v != nil {
			*to = r.template(v, at+"."+key, d)
		}
	}
	if v := n.Child("format"); v != nil {
		if out.format = strings.ToLower(r.text(v, at+".format")); out.format != "" && source.FormatOf("x."+out.format) != out.format {
			r.report(v, at+".format", source.Invalid, "is not a format; use yaml, json, toml, properties, dotenv or text")
		}
	}
	out.optional = r.boolean(n.Child("optional"), at+".optional")
	out.allowUnknown = r.boolean(n.Child("allow_unknown"), at+".allow_unknown")
	return out
}

// template reads a text with variables.
func (r *reader) template(n *tree.Node, at string, d declared) string {
	text := r.text(n, at)
	err := scan(text, func(string) {}, func(name string) error {
		if label, ok := strings.CutPrefix(name, labelPrefix); ok {
			if _, known := d.labels[label]; !known {
				r.undeclared(n, at, label, d)
			}
		}
		return nil
	})
	if err != nil {
		r.report(n, at, source.Invalid, err.Error())
	}
	return text
}
