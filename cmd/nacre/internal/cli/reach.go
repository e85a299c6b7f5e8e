package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// surroundings are where documents are that the repository does not have.
type surroundings struct {
	group string
	// known are the instances whose sets are looked at. An empty namespace is not known.
	known route.Instance
	// get reads a document of the server; nil: no server is asked.
	get func(context.Context, release.Key) (release.State, error)
}

func surroundingsOf(srv release.Server) surroundings {
	return surroundings{group: srv.Group(), known: route.Instance{Namespace: srv.Namespace()}, get: srv.Get}
}

// reach is what the routing documents of an environment can select.
type reach struct {
	target   release.Target
	at       surroundings
	problems []check.Problem
	sets     []routedSet
	routed   map[release.Key]bool // the documents that a rule can select
	own      map[release.Key]repository.Document
	read     map[release.Key]release.State
}

// routedSet is a set of documents that a rule can select, all of which are known.
type routedSet struct {
	by     int // the routing document, among those of the target
	name   string
	layers []routedLayer
}

type routedLayer struct {
	repository.Document
	format string
	shared bool
}

// reachOf looks at the routing documents of an environment. What is wrong with them is in the
// problems; an error is that of a server.
func reachOf(ctx context.Context, t release.Target, at surroundings) (*reach, error) {
	r := &reach{target: t, at: at, routed: map[release.Key]bool{}, own: map[release.Key]repository.Document{}, read: map[release.Key]release.State{}}
	for _, d := range t.Documents {
		r.own[r.key(d)] = d
	}
	for i, d := range t.Documents {
		if !routing.Is(d) {
			continue
		}
		table, err := routing.Parse(d)
		if all, ok := errors.AsType[source.Problems](err); ok {
			r.fail(all...)
			continue
		}
		for _, set := range routing.SetsOf(table, route.Instance{Namespace: at.known.Namespace}).All { // also of other services
			for _, s := range set.Documents {
				r.routed[r.keyOf(d, s)] = true
			}
		}
		sets := routing.SetsOf(table, at.known)
		r.fail(sets.Problems...)
		if sets.Truncated {
			r.warn(d, 0, "its rules can select more sets than are checked")
		}
		for _, set := range sets.All {
			if err := r.add(ctx, i, d, set); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *reach) key(d repository.Document) release.Key {
	return release.Key{Group: cmp.Or(d.Group, r.at.group), DataID: d.DataID}
}

// keyOf returns the key of a document that a rule selects.
func (r *reach) keyOf(from repository.Document, d route.Document) release.Key {
	return release.Key{Group: cmp.Or(d.Group, from.Group, r.at.group), DataID: d.DataID}
}

// fail adds problems for which instances would keep their previous route.
func (r *reach) fail(all ...*source.Problem) {
	for _, p := range all {
		r.problem(check.ProblemOf(p))
	}
}

// warn adds something that a release may have, or that cannot be checked.
func (r *reach) warn(d repository.Document, line int, text string) {
	p := check.ProblemOf(&source.Problem{Kind: source.Missing, Position: source.Position{Document: d.File, Line: line}, Message: text})
	p.Severity = "warning"
	r.problem(p)
}

func (r *reach) problem(p check.Problem) {
	if !slices.ContainsFunc(r.problems, func(q check.Problem) bool { return q.Text == p.Text }) {
		r.problems = append(r.problems, p)
	}
}

// add adds a set of a routing document, if the content of each of its documents is known.
func (r *reach) add(ctx context.Context, by int, from repository.Document, set route.Set) error {
	one, complete := routedSet{by: by, name: routing.Rule(set.Reason)}, true
	for _, d := range set.Documents {
		said := routing.Rule(d.Reason) + ": " + routing.DocumentName(d)
		place := cmp.Or(d.Namespace, r.at.known.Namespace)
		switch {
		case route.IsTemplate(d.DataID + d.Group + d.Namespace):
			if complete = complete && d.Optional; !d.Optional {
				r.warn(from, d.Line, said+" has a variable whose values the routing document does not list; it is not checked")
			}
			continue
		case place != r.at.known.Namespace:
			if complete = complete && d.Optional; !d.Optional {
				r.warn(from, d.Line, said+": another namespace is not read; the set is not checked")
			}
			continue
		}
		found, exists, err := r.find(ctx, r.keyOf(from, d))
		switch {
		case err != nil:
			return err
		case exists:
			one.layers = append(one.layers, routedLayer{Document: found, format: cmp.Or(d.Format, formatOf(found)), shared: d.AllowUnknown})
			continue
		case d.Optional:
			continue
		}
		switch complete = false; {
		case r.at.get == nil:
			r.warn(from, d.Line, said+" is not a document of the environment; nacre plan looks for it on the server")
		case routing.IsOff(set):
			r.warn(from, d.Line, said+" does not exist; instances could not follow the rule if its percentage were above 0")
		default:
			r.fail(&source.Problem{Kind: source.Missing, Position: source.Position{Document: from.File, Line: d.Line},
				Message: said + " is not a document of the environment, and the server does not have it; instances would keep their previous route"})
		}
	}
	if complete {
		r.sets = append(r.sets, one)
	}
	return nil
}

// find returns a document of the environment, or else of the server.
func (r *reach) find(ctx context.Context, k release.Key) (repository.Document, bool, error) {
	if d, ok := r.own[k]; ok {
		return d, true, nil
	}
	if r.at.get == nil {
		return repository.Document{}, false, nil
	}
	st, ok := r.read[k]
	if !ok {
		var err error
		if st, err = r.at.get(ctx, k); err != nil {
			return repository.Document{}, false, err
		}
		r.read[k] = st
	}
	return repository.Document{Group: k.Group, DataID: k.DataID, Type: st.Type, File: k.String(), Content: st.Content}, st.Exists(), nil
}

// schemas returns the schemas that services have, in the order of nacre.yaml.
func (r *reach) schemas() (all []string) {
	for _, d := range r.target.Documents {
		if d.Schema != "" && !slices.Contains(all, d.Schema) {
			all = append(all, d.Schema)
		}
	}
	return all
}

// schemasOf returns the schemas by which a set is checked: that of its routing document, or those
// of its documents.
func (r *reach) schemasOf(s routedSet) []string {
	if own := r.target.Documents[s.by].Schema; own != "" {
		return []string{own}
	}
	all := map[string]bool{}
	for _, l := range s.layers {
		all[l.Schema] = true
	}
	delete(all, "")
	return slices.Collect(maps.Keys(all))
}

// checks returns the layers of each service with a schema, or of all for an empty one: for each set
// the documents that no rule selects and those of the set, which take the place of the routing
// document.
func (r *reach) checks(schema string) (all []check.Layers) {
	fixed := func(d repository.Document) bool {
		return !routing.Is(d) && !r.routed[r.key(d)] && (schema == "" || d.Schema == schema)
	}
	seen := map[string]bool{}
	several := len(slices.DeleteFunc(slices.Clone(r.target.Documents), func(d repository.Document) bool { return !routing.Is(d) })) > 1
	for _, s := range r.sets {
		if schema != "" && !slices.Contains(r.schemasOf(s), schema) {
			continue
		}
		l := check.Layers{Name: r.target.Environment.Name + ", " + s.name}
		if several {
			l.Name += " of " + r.target.Documents[s.by].File
		}
		var names []string
		for i, d := range r.target.Documents {
			if fixed(d) {
				l.Layers = append(l.Layers, check.Layer{Document: d.File, Format: formatOf(d), Content: d.Content})
				names = append(names, d.File)
			}
			if i != s.by {
				continue
			}
			for _, in := range s.layers {
				if schema == "" || d.Schema != "" || in.Schema == "" || in.Schema == schema {
					l.Layers = append(l.Layers, check.Layer{Document: in.File, Format: in.format, Content: in.Content, Shared: in.shared})
					names = append(names, fmt.Sprint(in.File, in.format, in.shared))
				}
			}
		}
		if key := strings.Join(names, "\x00"); !seen[key] && len(l.Layers) > 0 {
			seen[key] = true
			all = append(all, l)
		}
	}
	if all != nil {
		return all
	}
	l := check.Layers{Name: r.target.Environment.Name}
	for _, d := range r.target.Documents {
		if fixed(d) {
			l.Layers = append(l.Layers, check.Layer{Document: d.File, Format: formatOf(d), Content: d.Content})
		}
	}
	if len(l.Layers) > 0 {
		all = append(all, l)
	}
	return all
}

// distinct removes problems that an earlier check of the same environment has: the sets of a
// routing document have many documents in common.
func distinct(report check.Report) check.Report {
	seen := map[string]bool{}
	for i := range report.Checks {
		c := &report.Checks[i]
		environment, _, _ := strings.Cut(c.Name, ", ")
		c.Problems = slices.DeleteFunc(c.Problems, func(p check.Problem) bool {
			key := environment + "\x00" + p.Severity + "\x00" + p.Text
			again := seen[key]
			seen[key] = true
			return again
		})
	}
	return report
}
