package check_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nacre-go/nacre/route"
)

// The schema of routing documents and the parser agree, but for what concerns several places of a
// document at once.
func TestTheSchemaOfRoutingDocuments(t *testing.T) {
	t.Parallel()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(route.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("routes.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("routes.json")
	if err != nil {
		t.Fatal(err)
	}
	const good, bad, onlyParse = "both accept", "both refuse", "only Parse refuses"
	match := func(conditions string) string {
		return `{"services": ["a", "b"], "labels": {"zone": ["x", "y"], "free": []}, "rules": [{"name": "n", "match": {` + conditions + `}, "documents": []}]}`
	}
	documents := func(docs string) string {
		return `{"labels": {"zone": []}, "common": [` + docs + `], "rules": [{"documents": []}]}`
	}
	for text, want := range map[string]string{
		`{"rules": [{"documents": []}]}`: good,
		`{"$schema": "x", "x-owner": 1, "rules": [{"x-why": {}, "documents": ["a.yaml"]}]}`: good,
		`{"services": "a", "labels": {}, "common": [], "rules": [{"documents": []}]}`:       good,
		`{"services": [], "labels": {"a/b-c_d.e": "v"}, "rules": [{"documents": []}]}`:      good,
		`{}`:                      bad,
		`[]`:                      bad,
		`"rules"`:                 bad,
		`{"rules": []}`:           bad,
		`{"rules": {}}`:           bad,
		`{"rules": [{}]}`:         bad,
		`{"rules": [null]}`:       bad,
		`{"rules": [["a.yaml"]]}`: bad,
		`{"rule": [], "rules": [{"documents": []}]}`:                                         bad,
		`{"rules": [{"documents": [], "docs": []}]}`:                                         bad,
		`{"rules": [{"documents": [], "name": ""}]}`:                                         bad,
		`{"rules": [{"documents": [], "name": 1}]}`:                                          bad,
		`{"rules": [{"documents": "a.yaml"}]}`:                                               bad,
		`{"services": [1], "rules": [{"documents": []}]}`:                                    bad,
		`{"services": ["a", "a"], "rules": [{"documents": []}]}`:                             bad,
		`{"services": {}, "rules": [{"documents": []}]}`:                                     bad,
		`{"labels": [], "rules": [{"documents": []}]}`:                                       bad,
		`{"labels": {"a b": []}, "rules": [{"documents": []}]}`:                              bad,
		`{"labels": {"` + strings.Repeat("a", 129) + `": []}, "rules": [{"documents": []}]}`: bad,
		`{"rules": [` + strings.Repeat(`{"documents": []},`, 1000) + `{"documents": []}]}`:   bad,
		`{"rules": [{"documents": [], "name": "` + strings.Repeat("x", 513) + `"}]}`:         bad,
		match(``):               good,
		match(`"service": "a"`): good,
		match(`"service": ["a", "b"], "profile": "p"`):        good,
		match(`"version": "v2.3.*"`):                          good,
		match(`"version": ["*", "2", "V1.*.3", "1.0-rc.1"]`):  good,
		match(`"version": "1.2.3.4.5.6.7.8"`):                 good,
		match(`"labels": {"zone": "x", "free": ["q"]}`):       good,
		match(`"percentage": 12.25`):                          good,
		match(`"percentage": 0, "salt": "s"`):                 good,
		match(`"x-note": [1]`):                                good,
		match(`"service": []`):                                bad,
		match(`"service": ""`):                                bad,
		match(`"service": ["a", "a"]`):                        bad,
		match(`"service": 1`):                                 bad,
		match(`"services": "a"`):                              bad,
		match(`"version": 2.1`):                               bad,
		match(`"version": ">=2"`):                             bad,
		match(`"version": "v"`):                               bad,
		match(`"version": "1..2"`):                            bad,
		match(`"version": "1.2-"`):                            bad,
		match(`"version": "1.2+build"`):                       bad,
		match(`"version": "1.2.3.4.5.6.7.8.9"`):               bad,
		match(`"version": "` + strings.Repeat("1", 21) + `"`): bad,
		match(`"version": []`):                                bad,
		match(`"labels": []`):                                 bad,
		match(`"labels": {"zone": []}`):                       bad,
		match(`"percentage": "10"`):                           bad,
		match(`"percentage": 100.5`):                          bad,
		match(`"percentage": -1`):                             bad,
		match(`"salt": "s"`):                                  bad,
		match(`"salt": "", "percentage": 1`):                  bad,
		documents(`"a.yaml", {"data_id": "b.yaml"}`):          good,
		documents(`{"data_id": "a", "group": "g", "namespace": "n", "format": "json", "optional": true, "allow_unknown": false}`): good,
		documents(`"{{.Service}}-{{ .Version }}{{.Major}}.{{.Minor}}.{{.Patch}}{{.Profile}}{{.Namespace}}{{.Labels.zone}}"`):      good,
		documents(`"a{b}c", "{", "}"`):                               good,
		documents(`"{{.Servic}}"`):                                   bad,
		documents(`"{{Service}}"`):                                   bad,
		documents(`"{{.Service"`):                                    bad,
		documents(`"a}}"`):                                           bad,
		documents(`"{{.Labels.}}"`):                                  bad,
		documents(`"{{printf 1}}"`):                                  bad,
		documents(`""`):                                              bad,
		documents(`1`):                                               bad,
		documents(`null`):                                            bad,
		documents(`{}`):                                              bad,
		documents(`{"group": "g"}`):                                  bad,
		documents(`{"data_id": "a", "format": "xml"}`):               bad,
		documents(`{"data_id": "a", "optional": "yes"}`):             bad,
		documents(`{"data_id": "a", "dataId": "b"}`):                 bad,
		documents(`{"data_id": "a", "group": ""}`):                   bad,
		match(`"service": "c"`):                                      onlyParse, // not declared
		match(`"labels": {"zoen": "x"}`):                             onlyParse,
		match(`"labels": {"zone": "z"}`):                             onlyParse,
		match(`"percentage": 0.001`):                                 onlyParse, // digits
		match(`"version": "1.*-rc"`):                                 bad,
		documents(`"{{.Labels.zoen}}"`):                              onlyParse,
		documents(`"a.yaml", "a.yaml"`):                              onlyParse,
		`{"rules": [{"match": {"percentage": 1}, "documents": []}]}`: onlyParse, // neither name nor salt
		`{"rules": [{"documents": []}, {"documents": []}]}`:          onlyParse, // a tie
		`{"rules": [{"documents": []}, {"match": {"service": "a"}, "documents": []}]}`: onlyParse, // never matches
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		_, parseErr := route.Parse("r.json", "json", []byte(text))
		schemaErr := schema.Validate(value)
		got := fmt.Sprintf("Parse says %v, and the schema %v", parseErr, schemaErr)
		switch {
		case parseErr == nil && schemaErr == nil:
			got = good
		case parseErr != nil && schemaErr != nil:
			got = bad
		case parseErr != nil:
			got = onlyParse
		}
		if got != want {
			t.Errorf("%.200s\n%s, want: %s", text, got, want)
		}
	}
}
