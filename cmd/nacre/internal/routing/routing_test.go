package routing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

func document(name, text string) repository.Document {
	return repository.Document{DataID: name, File: "base/" + name, Kind: repository.KindRoutes, Content: []byte(text)}
}

func table(t *testing.T, text string) *route.Table {
	t.Helper()
	parsed, err := routing.Parse(document("r.yaml", text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestParse(t *testing.T) {
	t.Parallel()
	_, err := routing.Parse(document("r.yaml", "services: [orders]\nrules:\n- {match: {service: order}, documents: []}\n"))
	if want := "base/r.yaml:3:21 rules[0].match.service: is not among services, did you mean orders?"; err == nil || err.Error() != want {
		t.Errorf("a mistake is %v, want %s", err, want)
	}
	if d := document("routes", "rules: [{documents: []}]"); !routing.Is(d) {
		t.Error("a document of kind routes is not a routing document")
	} else if d.Type = "yaml"; routing.Format(d.DataID, d.Type) != source.FormatYAML {
		t.Error("the type does not decide the format of a data ID without an extension")
	}
}

func TestSetsOf(t *testing.T) {
	t.Parallel()
	s := routing.SetsOf(table(t, "services: [a, b]\nrules:\n- {name: off, match: {service: a, percentage: 0}, documents: [x]}\n- {documents: ['a', '{{.Service}}']}"), route.Instance{Namespace: "prod"})
	if len(s.All) != 2 || !routing.IsOff(s.All[0]) || routing.IsOff(s.All[1]) || routing.Rule(s.All[0].Reason) != "rule 1 (off)" || routing.Rule(s.All[1].Reason) != "rule 2" {
		t.Errorf("the sets are %+v", s.All)
	}
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Error(), "base/r.yaml:4: is the document of line 4 again") {
		t.Errorf("the problems are %v", s.Problems)
	}
	var values []string
	for i := range 200 {
		values = append(values, "v"+strings.Repeat("x", i))
	}
	many := "labels: {a: [" + strings.Join(values, ", ") + "], b: [" + strings.Join(values, ", ") + "]}\nrules: [{documents: ['{{.Labels.a}}-{{.Labels.b}}']}]"
	if s := routing.SetsOf(table(t, many), route.Instance{}); !s.Truncated || len(s.All) != 10000 {
		t.Errorf("of 40000 sets %d are looked at, truncated: %v", len(s.All), s.Truncated)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const before = `
services: [orders, mail]
rules:
- {name: gone, match: {profile: old}, documents: [gone.yaml]}
- {name: canary, match: {service: orders, percentage: 10}, documents: ["{{.Service}}.yaml", canary.yaml]}
- {match: {service: orders}, documents: [shared.yaml, orders.yaml]}
- {name: last, documents: ["{{.Service}}.yaml"]}
`
	for name, c := range map[string]struct{ before, after, want string }{
		"nothing":    {before, before, `null`},
		"a comment":  {before, before + "# more\n", `null`},
		"everything": {"", "rules: [{documents: [a]}]", `[{"rule":"rule 1","op":"added","to":"every instance","added":["a"]}]`},
		"a percentage": {before, strings.Replace(before, "percentage: 10", "percentage: 50", 1),
			`[{"rule":"rule 2 (canary)","op":"changed","from":"service orders, 10 %","to":"service orders, 50 %"}]`},
		"a document": {before, strings.Replace(before, "canary.yaml]", "next.yaml]", 1),
			`[{"rule":"rule 2 (canary)","op":"changed","from":"service orders, 10 %","to":"service orders, 10 %","added":["next.yaml"],"removed":["canary.yaml"]}]`},
		"the order of documents": {before, strings.Replace(before, "[shared.yaml, orders.yaml]", "[orders.yaml, shared.yaml]", 1),
			`[{"rule":"rule 3","op":"changed","from":"service orders","to":"service orders","reordered":true}]`},
		"what is said of a document": {before, strings.Replace(before, "[shared.yaml,", "[{data_id: shared.yaml, optional: true},", 1),
			`[{"rule":"rule 3","op":"changed","from":"service orders","to":"service orders","reordered":true}]`},
		"a rule that is removed moves no other": {before, strings.Replace(before, "- {name: gone, match: {profile: old}, documents: [gone.yaml]}\n", "", 1),
			`[{"rule":"rule 1 (gone)","op":"removed","from":"profile old","removed":["gone.yaml"]}]`},
		"a move": {"rules:\n- {name: a, match: {profile: x}, documents: []}\n- {name: b, match: {service: y}, documents: []}", "rules:\n- {name: b, match: {service: y}, documents: []}\n- {name: a, match: {profile: x}, documents: []}",
			`[{"rule":"rule 2 (a)","op":"moved","from":"profile x","to":"profile x"}]`},
		"a name": {"rules:\n- {match: {profile: x}, documents: []}", "rules:\n- {name: a, match: {profile: x}, documents: []}",
			`[{"rule":"rule 1","op":"removed","from":"profile x"},{"rule":"rule 1 (a)","op":"added","to":"profile x"}]`},
	} {
		var was *route.Table
		if c.before != "" {
			was = table(t, c.before)
		}
		got, err := json.Marshal(routing.Compare(was, table(t, c.after), "prod"))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: the changes are %s, want %s", name, got, c.want)
		}
	}
}

func TestWithPercentage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ id, text, want string }{
		"yaml": {"r.yaml", "# on its way\nrules:\n  - name: canary # ours\n    match:\n      service: orders\n      percentage: 10   # of the fleet\n    documents: [ \"a.yaml\",\n  b.yaml ]\n  - documents: [a.yaml]\n",
			"# on its way\nrules:\n  - name: canary # ours\n    match:\n      service: orders\n      percentage: 2.5   # of the fleet\n    documents: [ \"a.yaml\",\n  b.yaml ]\n  - documents: [a.yaml]\n"},
		"the other rule":   {"r.yaml", "rules:\n- {name: x, match: {percentage: 7}, documents: []}\n- {name: canary, match: {percentage: 7}, documents: []}", "rules:\n- {name: x, match: {percentage: 7}, documents: []}\n- {name: canary, match: {percentage: 2.5}, documents: []}"},
		"other characters": {"r.yaml", "\ufeff# größer\r\nrules:\r\n- {name: canary, x-note: \"größer 日本\", match: {percentage: 1e1}, documents: []}\r\n", "\ufeff# größer\r\nrules:\r\n- {name: canary, x-note: \"größer 日本\", match: {percentage: 2.5}, documents: []}\r\n"},
		"json":             {"r.json", "{\n\t\"rules\": [{\"documents\": [], \"match\":{\"percentage\" : 100 , \"salt\":\"s\"},\"name\":\"canary\"}, {\"documents\":[\"percentage\"]}]\n}", "{\n\t\"rules\": [{\"documents\": [], \"match\":{\"percentage\" : 2.5 , \"salt\":\"s\"},\"name\":\"canary\"}, {\"documents\":[\"percentage\"]}]\n}"},
		"json, not the one of a note": {"r.json", `{"x-note":{"rules":[{"name":"canary","match":{"percentage":1}}]},"rules":[{"name":"canary","match":{"percentage":9},"documents":[]}]}`,
			`{"x-note":{"rules":[{"name":"canary","match":{"percentage":1}}]},"rules":[{"name":"canary","match":{"percentage":2.5},"documents":[]}]}`},
	} {
		got, err := routing.WithPercentage(document(c.id, c.text), "canary", 2.5)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%q, want\n%q", name, err, got, c.want)
			continue
		}
		if p, err := routing.Percentage(document(c.id, string(got)), "canary"); err != nil || p != 2.5 {
			t.Errorf("%s: the percentage is then %v, %v", name, p, err)
		}
	}
}

func TestPercentageMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ id, text, want string }{
		"no rule":         {"r.yaml", "rules: [{name: other, match: {percentage: 1}, documents: []}]", `base/r.yaml: invalid argument: no rule has the name "canary"`},
		"twice":           {"r.yaml", "rules:\n- {name: canary, match: {percentage: 1}, documents: [a]}\n- {name: canary, match: {percentage: 2}, documents: [b]}", `base/r.yaml:3:10 rules[1].name: is that of rule 1, in line 2; give each rule a name of its own, or none`},
		"no percentage":   {"r.yaml", "rules:\n- {name: canary, documents: [a]}", `base/r.yaml:2:3: invalid argument: the rule "canary" has no percentage`},
		"no such in JSON": {"r.json", `{"rules": [{"name": "canary", "documents": []}]}`, `the rule "canary" has no percentage`},
		"an anchor":       {"r.yaml", "rules:\n- {name: canary, match: &m {percentage: 1}, documents: [a]}\n- {name: other, match: *m, documents: [b]}", `base/r.yaml:2:41: invalid argument: cannot be changed alone`},
		"a tag":           {"r.yaml", "rules:\n- {name: canary, match: {percentage: !!int 1}, documents: [a]}", "is not a plain number"},
		"a mistake":       {"r.yaml", "rules: []", "base/r.yaml rules: are missing"},
	} {
		if got, err := routing.WithPercentage(document(c.id, c.text), "canary", 50); err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%s: WithPercentage returned %q, %v, want %s", name, got, err, c.want)
		}
	}
}

// An edit changes the percentage and nothing else, whatever the document is.
func FuzzWithPercentage(f *testing.F) {
	f.Add("yaml", "rules:\n- {name: canary, match: {percentage: 10}, documents: []}\n", 5000)
	f.Add("json", `{"rules":[{"match":{"percentage":1e1},"name":"canary","documents":["a"]}]}`, 1)
	f.Add("yaml", "a: &x 3\nrules:\n- name: canary\n  match: {percentage: *x}\n  documents: []\n", 10000)
	f.Add("yaml", "rules:\u2028- {name: canary, match: {'percentage':\n 0x0A}, documents: [ä]}\n", 0)
	f.Fuzz(func(t *testing.T, format, text string, share int) {
		if share < 0 || share > 10000 {
			return
		}
		d := repository.Document{DataID: "r", Type: format, File: "r", Content: []byte(text)}
		want := float64(share) / 100
		got, err := routing.WithPercentage(d, "canary", want)
		if err != nil {
			if all, ok := errors.AsType[source.Problems](err); !ok && source.KindOf(err) != source.InvalidArgument || ok && len(all) == 0 {
				t.Fatalf("%q: the error is %v", text, err)
			}
			return
		}
		edited := d
		edited.Content = got
		if p, err := routing.Percentage(edited, "canary"); err != nil || p != want {
			t.Fatalf("%q becomes %q, with %v, %v", text, got, p, err)
		}
		was, _ := routing.Parse(d)
		is, _ := routing.Parse(edited)
		for _, c := range routing.Compare(was, is, "") {
			if !strings.HasSuffix(c.Rule, " (canary)") || len(c.Added)+len(c.Removed) > 0 || !slices.Contains([]string{"changed"}, c.Op) {
				t.Fatalf("%q becomes %q: %+v", text, got, c)
			}
		}
	})
}
