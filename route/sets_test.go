package route_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/route"
)

// sets returns the sets of a routing document, a line each.
func sets(t *testing.T, text string, in route.Instance) (all []string) {
	t.Helper()
	for set, err := range table(t, text).Sets(in) {
		line := fmt.Sprint(set.Rule)
		for _, d := range set.Documents {
			line += " " + strings.TrimPrefix(d.Group+"/"+d.DataID, "/")
			if d.Namespace != "" {
				line += "@" + d.Namespace
			}
		}
		if err != nil {
			line += " " + err.Error()
		}
		all = append(all, line)
	}
	return all
}

func TestSets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"without variables": {"common: [c]\nrules:\n- {match: {service: a}, documents: [x]}\n- {documents: []}", []string{"1 c x", "2 c"}},
		"services of the rule, then those that are declared, without those of an earlier rule": {
			"services: [a, b, c]\nrules:\n- {match: {service: [a, b]}, documents: ['{{.Service}}']}\n- {documents: ['{{.Service}}-2']}",
			[]string{"1 a", "1 b", "2 c-2"}},
		"labels": {"labels: {zone: [x, y], lane: []}\nrules:\n- {match: {labels: {zone: x}}, documents: ['{{.Labels.zone}}']}\n- {documents: ['{{.Labels.zone}}', '{{.Labels.lane}}']}",
			[]string{"1 x", "2 y {{.Labels.lane}}"}},
		"all combinations": {"services: [a, b]\nlabels: {zone: [x, y]}\nrules:\n- {documents: ['{{.Service}}-{{.Labels.zone}}']}",
			[]string{"1 a-x", "1 a-y", "1 b-x", "1 b-y"}},
		"an unused label is not one more set": {"labels: {zone: [x, y]}\nrules:\n- {match: {labels: {zone: [x, y]}}, documents: [d]}", []string{"1 d"}},
		"profiles":                            {"rules:\n- {match: {profile: [dev, prod]}, documents: ['{{.Profile}}']}\n- {documents: ['{{.Profile}}']}", []string{"1 dev", "1 prod", "2 {{.Profile}}"}},
		"parts of versions": {"rules:\n- {match: {version: [v2.3.*, '4.*.1']}, documents: ['{{.Major}}.{{.Minor}}.{{.Patch}}', '{{.Version}}']}\n- {documents: ['v{{.Major}}']}",
			[]string{"1 2.3.{{.Patch}} {{.Version}}", "1 4.{{.Minor}}.{{.Patch}} {{.Version}}", "2 v{{.Major}}"}},
		"a share takes nothing away, and 0 % counts": {"services: [a]\nrules:\n- {name: n, match: {service: a, percentage: 0}, documents: ['{{.Service}}-n']}\n- {documents: ['{{.Service}}']}",
			[]string{"1 a-n", "2 a"}},
		"other places": {"services: [a]\nrules:\n- {documents: [{data_id: d, group: '{{.Service}}', namespace: '{{.Namespace}}-x'}]}", []string{"1 a/d@prod-x"}},
		"a document twice": {"services: [a, b]\nrules:\n- {documents: ['a',\n    '{{.Service}}']}",
			[]string{"1 orders.routes.yaml:4: is the document of line 3 again, so that its place in the order is not clear", "1 a b"}},
	} {
		if got := sets(t, c.text, route.Instance{Namespace: "prod"}); !slices.Equal(got, c.want) {
			t.Errorf("%s: the sets are %q, want %q", name, got, c.want)
		}
	}
	if got := sets(t, "rules: [{documents: ['{{.Namespace}}']}]", route.Instance{}); !slices.Equal(got, []string{"1 {{.Namespace}}"}) {
		t.Errorf("a namespace that is not known leaves %q", got)
	}
	for range table(t, "services: [a, b]\nrules: [{documents: ['{{.Service}}']}]").Sets(route.Instance{}) {
		break // a caller that stops early is not called again
	}
}

// What is known of the instances narrows the sets.
func TestSetsOfSome(t *testing.T) {
	t.Parallel()
	const text = `
services: [a, b]
labels: {zone: [x, y]}
rules:
- {match: {service: a, version: v2.*}, documents: ["a{{.Major}}"]}
- {match: {service: b, profile: p}, documents: [b]}
- {match: {labels: {zone: x}}, documents: ["{{.Service}}-{{.Labels.zone}}-{{.Version}}"]}
- {documents: [d]}
`
	for name, c := range map[string]struct {
		in   route.Instance
		want []string
	}{
		"nothing":         {route.Instance{}, []string{"1 a2", "2 b", "3 a-x-{{.Version}}", "3 b-x-{{.Version}}", "4 d"}},
		"a service":       {route.Instance{Service: "a"}, []string{"1 a2", "3 a-x-{{.Version}}", "4 d"}},
		"another profile": {route.Instance{Service: "b", Profile: "q"}, []string{"3 b-x-{{.Version}}", "4 d"}},
		"a version":       {route.Instance{Service: "a", Version: "2.7.1"}, []string{"1 a2"}},
		"another version": {route.Instance{Service: "a", Version: "v3.0"}, []string{"3 a-x-v3.0", "4 d"}},
		"a commit":        {route.Instance{Service: "a", Version: "3f2a9c"}, []string{"3 a-x-3f2a9c", "4 d"}},
		"a label":         {route.Instance{Labels: map[string]string{"zone": "y"}}, []string{"1 a2", "2 b", "4 d"}},
		"one of a rule":   {route.Instance{Service: "a", Version: "v3", Labels: map[string]string{"zone": "x"}}, []string{"3 a-x-v3"}},
		"an empty label":  {route.Instance{Service: "a", Version: "v3", Labels: map[string]string{"zone": ""}}, []string{"3 a-x-v3", "4 d"}},
		"not declared":    {route.Instance{Service: "c"}, []string{"3 c-x-{{.Version}}", "4 d"}},
	} {
		if got := sets(t, text, c.in); !slices.Equal(got, c.want) {
			t.Errorf("%s: the sets are %q, want %q", name, got, c.want)
		}
	}
}

// Whatever the instance is, its set is one of those that Sets has for its rule.
func TestSetsAreComplete(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 19))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	for range 500 {
		var b strings.Builder
		b.WriteString("services: [a, b]\nlabels: {zone: [x, y]}\ncommon: ['{{.Namespace}}-c']\nrules:\n")
		for range 1 + r.IntN(3) {
			fmt.Fprintf(&b, "- {name: n%d, match: {%s%s%s%s}, documents: [%s]}\n", r.IntN(1e9), pick("", "service: a,", "service: [a, b],"), pick("", "labels: {zone: x},"),
				pick("", "version: v2.*,", "version: [v2.1, v3.1.*],"), pick("", "percentage: 50,", "profile: p,"),
				pick("d", "'{{.Service}}'", "'{{.Service}}-{{.Labels.zone}}'", "'v{{.Major}}'", "'{{.Version}}', '{{.Profile}}'", "'{{.Labels.zone}}'"))
		}
		text := b.String()
		routes, err := route.Parse("r.yaml", "yaml", []byte(text))
		if err != nil {
			continue // a rule that never matches
		}
		for range 20 {
			in := route.Instance{Namespace: "prod", Service: pick("a", "b"), Version: pick("v2.1", "2.7.0", "v3.1.9", "4.0"), Profile: pick("p", "q"), ID: fmt.Sprint(r.Uint64()),
				Labels: map[string]string{"zone": pick("x", "y")}}
			set, err := routes.Route(in)
			if err != nil {
				continue
			}
			known := route.Instance{Namespace: "prod"}
			if r.IntN(2) == 0 {
				known.Service, known.Labels = in.Service, in.Labels
			}
			if r.IntN(2) == 0 {
				known.Version = in.Version
			}
			if !slices.ContainsFunc(slices.Collect(expanded(routes, known, in)), func(e string) bool { return e == fmt.Sprint(set.Rule, names(set.Documents)) }) {
				t.Fatalf("%v has rule %d with %q, which is none of the sets of\n%s", in, set.Rule, names(set.Documents), text)
			}
		}
	}
}

// expanded returns the sets of a table with what is left to expand for an instance.
func expanded(routes *route.Table, known, in route.Instance) func(func(string) bool) {
	return func(yield func(string) bool) {
		for set := range routes.Sets(known) {
			for i := range set.Documents {
				set.Documents[i].DataID, _ = route.Expand(set.Documents[i].DataID, in)
			}
			if !yield(fmt.Sprint(set.Rule, names(set.Documents))) {
				return
			}
		}
	}
}

func names(all []route.Document) (ids []string) {
	for _, d := range all {
		ids = append(ids, d.DataID)
	}
	return ids
}
