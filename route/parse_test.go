package route_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	const is = "orders.routes.yaml"
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", is + " rules: are missing; a rule with documents alone matches every instance"},
		"no rules":        {"rules: []", is + " rules: are missing; a rule with documents alone matches every instance"},
		"a list":          {"- a", is + ":1:1: is a list, not a map of keys"},
		"rules are a map": {"rules: {}", is + ":1:8 rules: must be a list"},
		"bad YAML":        {"rules: [", is + ":1: is not valid YAML"},
		"a key twice":     {"rules: [{documents: []}]\nrules: []", is + ":2:1 rules: is defined twice; the first is on line 1"},
		"an unknown key":  {"rule: []\nrules: [{documents: []}]", is + ":1:1 rule: unknown key, did you mean rules?"},
		"no documents":    {"rules: [{name: a}]", is + ":1:9 rules[0].documents: are missing; an empty list is a rule with the common documents alone"},
		"a misspelled label": {"labels: {zone: []}\nrules:\n- {match: {labels: {zoen: a}}, documents: []}",
			is + ":3:27 rules[0].match.labels.zoen: has a label that is not declared under labels, did you mean zone?"},
		"a misspelled value": {"labels: {zone: [upper, lower]}\nrules:\n- {match: {labels: {zone: [lower, uper]}}, documents: []}",
			is + ":3:35 rules[0].match.labels.zone[1]: is not among labels.zone, did you mean upper?"},
		"a misspelled service": {"services: [orders]\nrules:\n- {match: {service: order}, documents: []}",
			is + ":3:21 rules[0].match.service: is not among services, did you mean orders?"},
		"a label in a template": {"labels: {zone: []}\nrules:\n- documents: ['{{.Labels.zon}}.yaml', '{{ .Labels.zone }}.yaml']",
			is + ":3:15 rules[0].documents[0]: has a label that is not declared under labels, did you mean zone?"},
		"a bad label":      {"labels: {'a b': []}\nrules: [{documents: []}]", is + ":1:17 labels.a b: is not a name of a label, which has letters, digits and ._-/"},
		"a number":         {"rules: [{match: {version: 2.10}, documents: []}]", is + ":1:27 rules[0].match.version: must be a text; put it in quotes"},
		"a bad pattern":    {"rules: [{match: {version: [1.0, '>=2']}, documents: []}]", is + ":1:28 rules[0].match.version[0]: must be a text; put it in quotes\n" + is + ":1:33 rules[0].match.version[1]: must be numbers with dots between them, of which each may be *, such as \"v2.3.*\""},
		"an empty list":    {"rules: [{match: {service: []}, documents: []}]", is + ":1:27 rules[0].match.service: is an empty list, which nothing matches; leave the key away to match everything"},
		"twice in a list":  {"rules: [{match: {service: [a, a]}, documents: []}]", is + ":1:31 rules[0].match.service[1]: is in the list twice"},
		"a map for a list": {"rules: [{match: {service: {}}, documents: {}}]", is + ":1:27 rules[0].match.service: must be a text or a list of texts\n" + is + ":1:43 rules[0].documents: must be a list"},
		"too much":         {"rules: [{name: a, match: {percentage: 101}, documents: []}]", is + ":1:39 rules[0].match.percentage: must be from 0 to 100"},
		"too little":       {"rules: [{name: a, match: {percentage: -1}, documents: []}]", is + ":1:39 rules[0].match.percentage: must be from 0 to 100"},
		"not a number":     {"rules: [{name: a, match: {percentage: .nan}, documents: []}]", is + ":1:39 rules[0].match.percentage: must be from 0 to 100"},
		"too fine":         {"rules: [{name: a, match: {percentage: 0.001}, documents: []}]", is + ":1:39 rules[0].match.percentage: must have two digits after the point at most"},
		"a text":           {"rules: [{name: a, match: {percentage: 10%}, documents: []}]", is + ":1:39 rules[0].match.percentage: must be a number, from 0 to 100"},
		"neither name nor salt": {"rules: [{match: {percentage: 10}, documents: []}]",
			is + ":1:30 rules[0].match.percentage: needs a name of the rule, or a salt, from which its instances are drawn"},
		"a salt alone":     {"rules: [{match: {salt: a}, documents: []}]", is + ":1:24 rules[0].match.salt: has no percentage that it belongs to"},
		"a bad variable":   {"rules: [{documents: ['{{.Servic}}']}]", is + ":1:22 rules[0].documents[0]: template has a variable that does not exist; use {{.Service}}, {{.Version}}, {{.Major}}, {{.Minor}}, {{.Patch}}, {{.Profile}}, {{.Namespace}} or {{.Labels.NAME}}"},
		"an open template": {"rules: [{documents: ['{{.Service.yaml', 'a}}']}]", is + ":1:22 rules[0].documents[0]: template has a {{ without a }}\n" + is + ":1:41 rules[0].documents[1]: template has a }} without a {{"},
		"a function":       {"rules: [{documents: ['{{printf \"%d\" 3}}']}]", is + ":1:22 rules[0].documents[0]: template has a variable that does not exist; use {{.Service}}, {{.Version}}, {{.Major}}, {{.Minor}}, {{.Patch}}, {{.Profile}}, {{.Namespace}} or {{.Labels.NAME}}"},
		"no data ID":       {"rules: [{documents: [{group: G}, '']}]", is + ":1:22 rules[0].documents[0].data_id: is missing\n" + is + ":1:34 rules[0].documents[1]: is empty"},
		"a bad format":     {"rules: [{documents: [{data_id: a, format: xml, optional: 1}]}]", is + ":1:43 rules[0].documents[0].format: is not a format; use yaml, json, toml, properties, dotenv or text\n" + is + ":1:58 rules[0].documents[0].optional: must be true or false"},
		"a document twice": {"common: [a.yaml]\nrules:\n- documents: [b.yaml,\n    a.yaml]", is + ":4:5: is the document of line 1 again, so that its place in the order is not clear"},
		"null":             {"rules: ~", is + ":1:8 rules: must be a list"},
		"a null rule":      {"rules: [~]", is + ":1:9 rules[0]: must be a map"},
		"a null document":  {"rules: [{documents: [~]}]", is + ":1:22 rules[0].documents[0]: must be a map"},
		"a rule that is hid": {"rules:\n- {match: {service: [a, b]}, documents: []}\n- {name: late, match: {service: b, version: 2.*}, documents: []}",
			is + ":3: rule 2 (late) never matches: rule 1, in line 2, matches all of its instances"},
		"a rule after the default": {"rules:\n- {documents: []}\n- {match: {service: b}, documents: []}",
			is + ":3: rule 2 never matches: rule 1, in line 2, matches all of its instances"},
		"a version that is hid": {"rules:\n- {match: {version: [v2.*, '3.1']}, documents: []}\n- {match: {version: [2.3.*, v2.4.1, v3.1.0]}, documents: []}",
			is + ":3: rule 2 never matches: rule 1, in line 2, matches all of its instances"},
		"a name twice": {"rules:\n- {name: a, match: {service: x}, documents: []}\n- {match: {service: y}, documents: []}\n- {match: {service: z}, documents: []}\n- {name: a, documents: []}",
			is + ":5:10 rules[3].name: is that of rule 1, in line 2; give each rule a name of its own, or none"},
		"a smaller share": {"rules:\n- {match: {percentage: 20, salt: x}, documents: []}\n- {match: {percentage: 10, salt: x}, documents: []}",
			is + ":3: rule 2 never matches: rule 1, in line 2, matches all of its instances"},
		"a tie": {"labels: {z: []}\nrules:\n- {match: {service: [a, b], labels: {z: '1'}}, documents: []}\n- {match: {labels: {z: ['1']}, service: [b, a]}, documents: []}",
			is + ":4: rule 2 ties with rule 1, in line 3: both match the same instances"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := route.Parse(is, "yaml", []byte(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("%q is told as\n%v\nwant\n%s", c.text, err, c.want)
			}
		})
	}
}

func TestRulesThatAreNoMistake(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]string{
		"a larger share":        "- {match: {percentage: 10, salt: x}, documents: []}\n- {match: {percentage: 20, salt: x}, documents: []}",
		"auperer salt":          "- {name: a, match: {percentage: 20}, documents: []}\n- {name: b, match: {percentage: 10}, documents: []}",
		"all of the instances":  "- {name: a, match: {service: a, percentage: 100}, documents: []}\n- {match: {service: a}, documents: []}",
		"switched off":          "- {match: {service: a}, documents: []}\n- {name: b, match: {service: a, percentage: 0}, documents: []}",
		"a share of the same":   "- {name: a, match: {service: a, percentage: 99.99}, documents: []}\n- {match: {service: a}, documents: []}",
		"versions that overlap": "- {match: {version: 2.*.1}, documents: []}\n- {match: {version: 2.3.*}, documents: []}",
		"a label and none":      "- {match: {labels: {z: a}}, documents: []}\n- {documents: []}",
		"annotations":           "- {x-owner: me, match: {x-why: y}, documents: [{x-a: b, data_id: a}]}",
	} {
		if _, err := route.Parse("r.yaml", "yaml", []byte("labels: {z: []}\nrules:\n"+rules)); err != nil {
			t.Errorf("%s is refused: %v", name, err)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	json := []byte(`{"$schema": "x", "labels": {"z": "a"}, "rules": [{"name": "a", "match": {"labels": {"z": "a"}, "percentage": 12.5}, "documents": ["a.json"]}]}`)
	routes, err := route.Parse("r.json", "json", json)
	if err != nil {
		t.Fatal(err)
	}
	if set, err := routes.Route(route.Instance{ID: "15", Labels: map[string]string{"z": "a"}}); err != nil && !errors.Is(err, source.NotFound) {
		t.Errorf("JSON is routed to %v, %v", set, err)
	}
	for format, want := range map[string]string{"toml": "r: a routing document is YAML or JSON", "": "r: a routing document is YAML or JSON"} {
		if _, err = route.Parse("r", format, json); err == nil || err.Error() != want || !errors.Is(err, source.InvalidArgument) {
			t.Errorf("format %q is told as %v, want %s", format, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var rules, docs strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&rules, "- {match: {service: s%d}, documents: []}\n", i)
	}
	for i := range 101 {
		fmt.Fprintf(&docs, "d%d.yaml, ", i)
	}
	for name, text := range map[string]string{
		"rules":     "rules:\n" + rules.String(),
		"documents": "rules: [{documents: [" + docs.String() + "]}]",
		"sets":      "common: [c.yaml]\nrules: [{documents: [" + strings.TrimPrefix(docs.String(), "d0.yaml, ") + "]}]",
		"bytes":     "rules: [{documents: []}] #" + strings.Repeat(" ", 1<<20),
		"a text":    "rules: [{name: " + strings.Repeat("x", 513) + ", documents: []}]",
		"versions":  "rules: [{match: {version: [" + strings.Repeat("v1, ", 33) + "]}, documents: []}]",
	} {
		if _, err := route.Parse("r.yaml", "yaml", []byte(text)); !errors.Is(err, source.TooLarge) {
			t.Errorf("too many %s are told as %v", name, err)
		}
	}
}

// A list of services, or of values of a label, may be as long as the document. A quadratic Parse
// would take minutes here.
func TestLongLists(t *testing.T) {
	t.Parallel()
	const most = 30_000
	var zones, unknown, labels strings.Builder
	for i := range most {
		fmt.Fprintf(&zones, "z%d, ", i)
		fmt.Fprintf(&unknown, "u%d, ", i)
		fmt.Fprintf(&labels, "l%d: x, ", i)
	}
	text := "labels: {zone: [" + zones.String() + "]}\nrules:\n  - {match: {labels: {zone: [" + zones.String() + "]}}, documents: []}\n"
	for name, c := range map[string]struct {
		text string
		want int // problems
	}{
		"declared":          {text, 0},
		"services":          {"services: [" + zones.String() + "]\nrules: [{match: {service: [" + zones.String() + "]}, documents: []}]", 0},
		"empty services":    {"services: []\nrules: [{match: {service: [" + zones.String() + "]}, documents: []}]", 0},
		"undeclared values": {"labels: {zone: [" + zones.String() + "]}\nrules: [{match: {labels: {zone: [" + unknown.String() + "]}}, documents: []}]", most},
		"undeclared labels": {"labels: {zone: []}\nrules: [{match: {labels: {" + labels.String() + "}}, documents: []}]", most},
		"twice":             {"services: [" + zones.String() + zones.String() + "]\nrules: [{documents: []}]", most},
	} {
		_, err := route.Parse("r.yaml", "yaml", []byte(c.text))
		var problems source.Problems
		if errors.As(err, &problems); len(problems) != c.want {
			t.Errorf("%s: %d problems, want %d", name, len(problems), c.want)
		}
	}
	table, err := route.Parse("r.yaml", "yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if set, err := table.Route(route.Instance{Labels: map[string]string{"zone": "z29999"}}); err != nil || set.Rule != 1 {
		t.Errorf("the last zone is routed by rule %d, %v, want rule 1", set.Rule, err)
	}
}
