package route_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

// orders is the routing document of the golden table.
const orders = `services: [orders, billing, mail]
labels:
  zone: [a, b]
  lane: []
common:
  - {data_id: common.yaml, allow_unknown: true}
rules:
  - name: canary
    match: {service: orders, version: [v2.3.*, "2.4"], labels: {zone: a}, percentage: 10}
    documents: ["{{.Service}}.yaml", "{{.Service}}-next.yaml"]
  - name: staging-mail
    match: {service: mail, profile: [staging, dev]}
    documents: [{data_id: "mail-{{.Profile}}", format: YAML, group: "{{.Labels.lane}}", namespace: tests, optional: true}]
  - match: {version: v1.*}
    documents: ["{{.Service}}-v{{.Major}}.yaml"]
  - name: default
    documents: ["{{.Service}}.yaml"]
`

func table(t testing.TB, text string) *route.Table {
	t.Helper()
	parsed, err := route.Parse("orders.routes.yaml", "yaml", []byte(text))
	if err != nil {
		t.Fatalf("a routing document that is right is refused: %v", err)
	}
	return parsed
}

// list returns the documents of a set as text.
func list(s route.Set) string {
	var all []string
	for _, d := range s.Documents {
		text := d.DataID
		if d.Group != "" || d.Namespace != "" {
			text = d.Namespace + "/" + d.Group + "/" + d.DataID
		}
		if d.Format != "" {
			text += " as " + d.Format
		}
		if d.Optional {
			text += " optional"
		}
		if d.AllowUnknown {
			text += " unknown"
		}
		all = append(all, fmt.Sprintf("%s:%d", text, d.Line))
	}
	return strings.Join(all, ", ")
}

func TestGolden(t *testing.T) {
	t.Parallel()
	routes := table(t, orders)
	zoneA := map[string]string{"zone": "a"}
	for _, c := range []struct {
		name         string
		in           route.Instance
		reason, want string
		problem      string
	}{
		{name: "in the canary", in: route.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-4", Labels: zoneA},
			reason: "rule 1 (canary): service orders, version v2.3.* or 2.4, zone a, 10 %", want: "common.yaml unknown:6, orders.yaml:10, orders-next.yaml:10"},
		{name: "the other pattern", in: route.Instance{Service: "orders", Version: "2.4.0", ID: "orders-4", Labels: zoneA},
			reason: "rule 1 (canary): service orders, version v2.3.* or 2.4, zone a, 10 %", want: "common.yaml unknown:6, orders.yaml:10, orders-next.yaml:10"},
		{name: "not drawn", in: route.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-1", Labels: zoneA},
			reason: "rule 4 (default): every instance", want: "common.yaml unknown:6, orders.yaml:17"},
		{name: "another zone", in: route.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-4", Labels: map[string]string{"zone": "b"}},
			reason: "rule 4 (default): every instance", want: "common.yaml unknown:6, orders.yaml:17"},
		{name: "no zone", in: route.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-4"},
			reason: "rule 4 (default): every instance", want: "common.yaml unknown:6, orders.yaml:17"},
		{name: "another version", in: route.Instance{Service: "orders", Version: "v2.4.1", ID: "orders-4", Labels: zoneA},
			reason: "rule 4 (default): every instance", want: "common.yaml unknown:6, orders.yaml:17"},
		{name: "no version", in: route.Instance{Service: "billing"},
			reason: "rule 4 (default): every instance", want: "common.yaml unknown:6, billing.yaml:17"},
		{name: "an old version", in: route.Instance{Service: "billing", Version: "1.0.0-rc.1+5"},
			reason: "rule 3: version v1.*", want: "common.yaml unknown:6, billing-v1.yaml:15"},
		{name: "group and namespace", in: route.Instance{Service: "mail", Profile: "dev", Labels: map[string]string{"lane": "BLUE"}},
			reason: "rule 2 (staging-mail): service mail, profile staging or dev", want: "common.yaml unknown:6, tests/BLUE/mail-dev as yaml optional:13"},
		{name: "a label that the instance lacks", in: route.Instance{Service: "mail", Profile: "dev"},
			problem: "orders.routes.yaml:13: group has {{.Labels.lane}}: variable is not set"},
		{name: "a percentage and no ID", in: route.Instance{Service: "orders", Version: "v2.3.1", Labels: zoneA},
			problem: "orders.routes.yaml:8: rule 1 (canary) has a percentage, and the instance has no ID"},
		{name: "no service", in: route.Instance{},
			problem: "orders.routes.yaml:17: data_id has {{.Service}}: variable is not set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, err := routes.Route(c.in)
			if c.problem != "" {
				if err == nil || err.Error() != c.problem {
					t.Errorf("the error is %v, want %s", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatalf("an instance has no route: %v", err)
			}
			if set.Reason != c.reason || list(set) != c.want {
				t.Errorf("routed by %s\nto %s\nwant %s\nto %s", set.Reason, list(set), c.reason, c.want)
			}
			for i, d := range set.Documents {
				want := set.Reason
				if i == 0 {
					want = "common to all rules"
				}
				if d.Reason != want {
					t.Errorf("the reason of %s is %q, want %q", d.DataID, d.Reason, want)
				}
			}
			if again, _ := table(t, orders).Route(c.in); !reflect.DeepEqual(set, again) {
				t.Errorf("equal inputs have different sets: %+v and %+v", set, again)
			}
		})
	}
}

func TestAnInstanceWithoutARuleIsToldWhy(t *testing.T) {
	t.Parallel()
	routes := table(t, `
labels: {zone: []}
rules:
  - {match: {service: orders}, documents: []}
  - {name: zones, match: {labels: {zone: a}}, documents: []}
  - {match: {version: 2.*}, documents: []}
  - {match: {profile: prod}, documents: []}
  - {name: some, match: {percentage: 0.01}, documents: []}
`)
	_, err := routes.Route(route.Instance{Service: "bill ing", Version: "1.0", ID: "a"})
	const want = `orders.routes.yaml: no rule matches the instance; rule 1: service is "bill ing"; rule 2 (zones): zone is not set; ` +
		`rule 3: version is 1.0; rule 4: profile is not set; rule 5 (some): not in the 0.01 %`
	if err == nil || err.Error() != want || !errors.Is(err, source.NotFound) {
		t.Errorf("the error is\n%v\nwant\n%s\nwith kind NotFound", err, want)
	}
	many := "rules:\n" + strings.Repeat("  - {match: {service: SVC}, documents: []}\n", 30)
	for i := range 30 {
		many = strings.Replace(many, "SVC", fmt.Sprintf("s%d", i), 1)
	}
	if _, err = table(t, many).Route(route.Instance{Service: strings.Repeat("x", 1000)}); err == nil || len(err.Error()) > 2000 || !strings.HasSuffix(err.Error(), "and 20 more rules") {
		t.Errorf("the error of many rules is not short: %v", err)
	}
}

func TestADocumentThatBecomesTwoTheSame(t *testing.T) {
	t.Parallel()
	routes := table(t, "common: [orders.yaml]\nrules:\n  - documents: ['{{.Service}}.yaml']\n")
	_, err := routes.Route(route.Instance{Service: "orders"})
	if err == nil || err.Error() != "orders.routes.yaml:3: is the document of line 1 again, so that its place in the order is not clear" {
		t.Errorf("a document that is in a set twice is told as %v", err)
	}
	if _, err = routes.Route(route.Instance{Service: "mail"}); err != nil {
		t.Errorf("another service is refused too: %v", err)
	}
}
