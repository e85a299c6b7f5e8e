package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/prometheus/prometheus/promql/parser"
)

// The committed file fits Grafana's schema of a classic dashboard, from which the SDK is generated:
// it has no unknown field, no missing one and no wrong type, also in the options of panels and in
// the queries. A file with each of these does not.
func TestTheCommittedFileFitsTheSchema(t *testing.T) {
	t.Parallel()
	plugins.RegisterDefaultPlugins() // with the schemas of panels and queries
	text, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) string {
		var d dashboard.Dashboard                                   //nolint:staticcheck // the classic model; see build
		if err := d.UnmarshalJSONStrict([]byte(text)); err != nil { // a list of errors, which may be empty
			if text := err.Error(); text != "" {
				return text
			}
		}
		if err := d.Validate(); err != nil {
			return err.Error()
		}
		return ""
	}
	if wrong := check(string(text)); wrong != "" {
		t.Errorf("the dashboard does not fit the schema: %s", wrong)
	}
	for name, fault := range map[string][2]string{
		"an unknown field":            {`"uid": "nacre"`, `"uuid": "nacre"`},
		"an unknown field of a panel": {`"gridPos"`, `"gridPosition"`},
		"an unknown field of a query": {`"expr"`, `"expression"`},
		"an unknown panel option":     {`"showHeader"`, `"showHeaders"`},
		"a wrong type":                {`"editable": false`, `"editable": "no"`},
		"a missing reducer":           {`"reducer"`, `"reducers"`},
	} {
		wrong := strings.ReplaceAll(string(text), fault[0], fault[1])
		if wrong == string(text) {
			t.Errorf("the dashboard has no %s to replace", fault[0])
		}
		if check(wrong) == "" {
			t.Errorf("a dashboard with %s fits the schema", name)
		}
	}
}

var labelValues = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)

// The rule template-label-promql of dashboard-linter: each variable asks for the values of a label,
// of a metric that docs/metrics.md has, and names it as the label.
func TestVariablesAreValidQueries(t *testing.T) {
	t.Parallel()
	metrics := documented(t)
	for _, v := range read(t).Templating.List {
		if v.Type != "query" {
			continue
		}
		text, _ := v.Query.(string)
		m := labelValues.FindStringSubmatch(text)
		if m == nil || m[2] != v.Name {
			t.Errorf("the variable %s asks for %q, which is not label_values of the label", v.Name, text)
			continue
		}
		if strings.ToLower(v.Label) != v.Name {
			t.Errorf("the variable %s has the label %q", v.Name, v.Label)
		}
		selector, ok := parse(t, v.Name, m[1]).(*parser.VectorSelector)
		if !ok || metrics[selector.Name] == "" {
			t.Errorf("the variable %s asks for %s, which is not a metric of docs/metrics.md", v.Name, m[1])
		}
	}
}
