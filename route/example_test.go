package route_test

import (
	"fmt"

	"github.com/nacre-go/nacre/route"
)

func Example() {
	routes, err := route.Parse("services.routes.yaml", "yaml", []byte(`
services: [orders, billing]
labels:
  zone: [a, b]
rules:
  - name: big-cache
    match: {service: orders, version: v2.3.*, percentage: 10}
    documents: ["{{.Service}}.yaml", big-cache.yaml]
  - match: {labels: {zone: b}}
    documents: ["{{.Service}}.yaml", "zone-{{.Labels.zone}}.yaml"]
  - documents: ["{{.Service}}.yaml"]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, in := range []route.Instance{
		{Service: "orders", Version: "v2.3.1", ID: "orders-3"},
		{Service: "orders", Version: "v2.2.0", ID: "orders-3"},
		{Service: "billing", ID: "billing-0", Labels: map[string]string{"zone": "b"}},
	} {
		set, err := routes.Route(in)
		fmt.Println(set.Reason, err)
		for _, d := range set.Documents {
			fmt.Println("  " + d.DataID)
		}
	}
	// Output:
	// rule 1 (big-cache): service orders, version v2.3.*, 10 % <nil>
	//   orders.yaml
	//   big-cache.yaml
	// rule 3: every instance <nil>
	//   orders.yaml
	// rule 2: zone b <nil>
	//   billing.yaml
	//   zone-b.yaml
}

func ExampleParse_mistakes() {
	_, err := route.Parse("services.routes.yaml", "yaml", []byte(`labels: {zone: [a, b]}
rules:
  - match: {labels: {zoen: a}}
    documents: ["{{.Service}}.yaml"]
  - documents: ["{{.Servcie}}.yaml"]
`))
	fmt.Println(err)

	_, err = route.Parse("services.routes.yaml", "yaml", []byte(`rules:
  - match: {version: v2.*}
    documents: [two.yaml]
  - match: {version: v2.3.*}
    documents: [newer.yaml]
`))
	fmt.Println(err)
	// Output:
	// services.routes.yaml:3:28 rules[0].match.labels.zoen: has a label that is not declared under labels, did you mean zone?
	// services.routes.yaml:5:17 rules[1].documents[0]: template has a variable that does not exist; use {{.Service}}, {{.Version}}, {{.Major}}, {{.Minor}}, {{.Patch}}, {{.Profile}}, {{.Namespace}} or {{.Labels.NAME}}
	// services.routes.yaml:4: rule 2 never matches: rule 1, in line 2, matches all of its instances
}

func ExampleExpand() {
	fmt.Println(route.Expand("{{.Service}}-v{{.Major}}.yaml", route.Instance{Service: "orders", Version: "v2.3.1"}))
	fmt.Println(route.Expand("{{.Service}}-{{.Profile}}.yaml", route.Instance{Service: "orders"}))
	// Output:
	// orders-v2.yaml <nil>
	//  {{.Profile}}: variable is not set
}
