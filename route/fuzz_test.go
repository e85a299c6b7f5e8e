package route_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

func FuzzParse(f *testing.F) {
	f.Add("yaml", orders, "orders", "v2.3.1", "prod", "orders-4", "a")
	f.Add("json", `{"labels":{"zone":["a"]},"rules":[{"name":"n","match":{"percentage":50,"version":["1.*","*"]},"documents":["{{.Labels.zone}}",{"data_id":"{{.Patch}}","group":"G"}]}]}`, "s", "1.2.3-rc", "", "", "b")
	f.Add("yaml", "rules: [{documents: ['{{.Service}}', '{{ .Version}}{{.Major}}}}']}]", "", "", "", "", "")
	f.Add("yaml", "labels: [a]\nrules: [~, {match: ~, documents: ~}, {match: {labels: {zone: []}, percentage: 1e99}}]", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, format, text, service, version, profile, id, zone string) {
		routes, err := route.Parse("r", format, []byte(text))
		if again, err2 := route.Parse("r", format, []byte(text)); (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() || !reflect.DeepEqual(routes, again) {
			t.Fatalf("%q is parsed to %v (%v), then to %v (%v)", text, routes, err, again, err2)
		}
		if err != nil {
			told(t, text, err)
			return
		}
		n := 0
		for set, err := range routes.Sets(route.Instance{Namespace: "n", Service: service, Version: version, Labels: map[string]string{"zone": zone}}) {
			if n++; err == nil && set.Rule == 0 || err != nil && len(set.Documents) > 0 {
				t.Fatalf("%q can select %+v, %v", text, set, err)
			}
			if n == 100 {
				break
			}
		}
		in := route.Instance{Namespace: "n", Service: service, Version: version, Profile: profile, ID: id, Labels: map[string]string{"zone": zone}}
		set, err := routes.Route(in)
		if err != nil {
			told(t, text, err)
			return
		}
		if len(set.Misses) != set.Rule-1 {
			t.Fatalf("%q: rule %d matches, and %d earlier ones are said not to", text, set.Rule, len(set.Misses))
		}
		seen := map[string]bool{}
		for _, d := range set.Documents {
			place := d.Namespace + "\x00" + d.Group + "\x00" + d.DataID
			if d.DataID == "" || d.Reason == "" || seen[place] {
				t.Fatalf("%q has the set %+v", text, set)
			}
			seen[place] = true
		}
	})
}

// told checks an error of a routing document.
func told(t *testing.T, text string, err error) {
	t.Helper()
	problems, ok := errors.AsType[source.Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("%q: the error is not a list of problems: %v", text, err)
	}
	for _, p := range problems {
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		if p.Kind == source.Unknown || p.Position.Document != "r" || p.Position.Line < 0 || !strings.ContainsAny(text, "\u0085\u2028\u2029") && p.Position.Line > lines || strings.ContainsRune(p.Message, '\n') {
			t.Fatalf("%q: the problem %#v", text, p)
		}
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("{{.Service}}-{{ .Labels.zone }}.yaml", "orders", "a")
	f.Add("}}{{", "{{.Service}}", "")
	f.Fuzz(func(t *testing.T, template, service, zone string) {
		got, err := route.Expand(template, route.Instance{Service: service, Labels: map[string]string{"zone": zone}})
		switch {
		case err != nil && got != "":
			t.Fatalf("%q becomes %q with the error %v", template, got, err)
		case err == nil && !route.IsTemplate(template) && got != template:
			t.Fatalf("the text %q becomes %q", template, got)
		case err == nil && len(got) > len(template)*(1+len(service)+len(zone)):
			t.Fatalf("%q becomes %q", template, got)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("v2.3.*", "v2.*", "v2.3.1-rc")
	f.Add("*", "*.*", "abc")
	f.Fuzz(func(t *testing.T, a, b, version string) {
		p, err := route.ParsePattern(a)
		q, err2 := route.ParsePattern(b)
		if err != nil || err2 != nil {
			return
		}
		if p.Covers(q) && q.Matches(version) && !p.Matches(version) {
			t.Fatalf("%s covers %s, which matches %s too", p, q, version)
		}
		if !p.Covers(p) {
			t.Fatalf("%s does not cover itself", p)
		}
	})
}
