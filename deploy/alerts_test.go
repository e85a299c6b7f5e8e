package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

const runbookURL = "https://github.com/nacre-go/nacre/blob/main/docs/runbook.md#"

// rule is a rule of deploy/prometheus, with the metrics that its expression reads: those of nacre
// itself, where it reads what another rule records.
type rule struct {
	Alert, Record, Expr string
	For                 model.Duration
	Labels, Annotations map[string]string
	metrics             []string
}

func rules(t *testing.T) (alerts []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	unmarshal(t, "prometheus/nacre.rules.yaml", &file)
	recorded := map[string][]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
			if err != nil {
				t.Fatalf("%s%s: %v", r.Alert, r.Record, err)
			}
			parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
				if s, ok := node.(*parser.VectorSelector); ok {
					names := []string{s.Name}
					if of, ok := recorded[s.Name]; ok {
						names = of
					}
					for _, name := range names {
						if !slices.Contains(r.metrics, name) {
							r.metrics = append(r.metrics, name)
						}
					}
				}
				return nil
			})
			if r.Record != "" {
				recorded[r.Record] = r.metrics
				continue
			}
			alerts = append(alerts, r)
		}
	}
	if len(alerts) < 20 {
		t.Fatalf("only %d alerts are found", len(alerts))
	}
	return alerts
}

func unmarshal(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var severities = map[string]string{"P0": "critical", "P1": "warning", "P2": "info"}

func TestAlertsHaveTiersAndTexts(t *testing.T) {
	t.Parallel()
	for _, r := range rules(t) {
		if r.Labels["severity"] == "" || r.Labels["severity"] != severities[r.Labels["tier"]] {
			t.Errorf("%s has the labels %v", r.Alert, r.Labels)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s lacks a summary or a description", r.Alert)
		}
		if got, want := r.Annotations["runbook_url"], runbookURL+strings.ToLower(r.Alert); got != want {
			t.Errorf("%s has the runbook_url %q, want %q", r.Alert, got, want)
		}
	}
}

// The example for Alertmanager routes each tier, and names alerts that exist.
func TestAlertmanagerKnowsTheAlerts(t *testing.T) {
	t.Parallel()
	example := text(t, "alertmanager/alertmanager.yaml")
	alerts := rules(t)
	for _, name := range regexp.MustCompile(`Nacre\w+`).FindAllString(example, -1) {
		if !slices.ContainsFunc(alerts, func(r rule) bool { return r.Alert == name }) {
			t.Errorf("the example for Alertmanager names %s, which is not an alert", name)
		}
	}
	for tier := range severities {
		if !strings.Contains(example, "- matchers: [tier = "+tier+"]") {
			t.Errorf("the example for Alertmanager has no route for %s", tier)
		}
	}
}

var section = regexp.MustCompile(`(?m)^### (Nacre\w+)\n((?:[^#]|#[^#\n])*)`)

// Each alert has a section in docs/runbook.md, under the heading of its tier, with the symptom, the
// causes and three commands; and each section belongs to an alert.
func TestEachAlertHasARunbook(t *testing.T) {
	t.Parallel()
	runbook := text(t, "../docs/runbook.md")
	sections := map[string]string{}
	for _, m := range section.FindAllStringSubmatch(runbook, -1) {
		sections[m[1]] = m[2]
	}
	tiers := strings.Split(runbook, "\n## ")
	for _, r := range rules(t) {
		body, ok := sections[r.Alert]
		if !ok {
			t.Errorf("docs/runbook.md has no section %s", r.Alert)
			continue
		}
		delete(sections, r.Alert)
		for _, part := range []string{"**Symptom.**", "**Likely causes.**", "**First.**", "\n1. ", "\n2. ", "\n3. "} {
			if !strings.Contains(body, part) {
				t.Errorf("the section %s has no %q", r.Alert, strings.TrimSpace(part))
			}
		}
		if !slices.ContainsFunc(tiers, func(s string) bool {
			return strings.HasPrefix(s, r.Labels["tier"]) && strings.Contains(s, "### "+r.Alert+"\n")
		}) {
			t.Errorf("the section %s is not under the heading of %s", r.Alert, r.Labels["tier"])
		}
	}
	for name := range sections {
		t.Errorf("docs/runbook.md has a section %s, which is not an alert", name)
	}
}

var (
	metricRow = regexp.MustCompile("(?m)^\\| `(nacre_\\w+)` \\|.*\\| ([^|]*)\\|$")
	promise   = regexp.MustCompile(`(P[012]): ([^;]*)`)
	period    = regexp.MustCompile(`(?:for|than) (?:(\d+|an?) (minute|hour|day)s?)`)
)

// The column "Alert" of docs/metrics.md and the rules promise the same: for each metric and tier
// there is an alert, which waits as long as the column says; and the other way round.
func TestTheRulesKeepWhatTheMetricsPromise(t *testing.T) {
	t.Parallel()
	alerts := rules(t)
	promised := map[string]map[string]string{} // metric, tier, text
	for _, row := range metricRow.FindAllStringSubmatch(text(t, "../docs/metrics.md"), -1) {
		promised[row[1]] = map[string]string{}
		for _, p := range promise.FindAllStringSubmatch(row[2], -1) {
			promised[row[1]][p[1]] = p[2]
		}
	}
	kept := map[string]bool{}
	for _, r := range alerts {
		about := r.metrics[0]
		for _, name := range r.metrics {
			if _, ok := promised[name]; !ok && name != "up" { // which Prometheus itself has
				t.Errorf("%s reads %s, which is not in docs/metrics.md", r.Alert, name)
			}
		}
		says, ok := promised[about][r.Labels["tier"]]
		if !ok {
			t.Errorf("docs/metrics.md does not promise %s, a %s about %s", r.Alert, r.Labels["tier"], about)
		}
		kept[about+r.Labels["tier"]] = true
		if m := period.FindStringSubmatch(says); m != nil {
			want := duration(m[1], m[2])
			if time.Duration(r.For) != want && !strings.Contains(r.Expr, strconv.Itoa(int(want/time.Second))) {
				t.Errorf("%s: docs/metrics.md says %q", r.Alert, says)
			}
		}
		for _, code := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(says, -1) {
			if !strings.Contains(r.Expr, code[1]) {
				t.Errorf("%s: docs/metrics.md says %q, and the expression has no %s", r.Alert, says, code[1])
			}
		}
	}
	for metric, tiers := range promised {
		for tier, says := range tiers {
			if !kept[metric+tier] {
				t.Errorf("docs/metrics.md promises an alert of %s for %s that the rules do not have: %s", tier, metric, says)
			}
		}
	}
}

// NacreNacosAccessDenied fires for each code of kind "permission denied" in docs/nacos-errors.md.
func TestAccessDeniedKnowsEachCode(t *testing.T) {
	t.Parallel()
	denied := regexp.MustCompile("(?m)^\\| `(\\w+)` \\(\\d+\\) \\| permission denied \\|").FindAllStringSubmatch(text(t, "../docs/nacos-errors.md"), -1)
	if len(denied) < 7 {
		t.Errorf("only %d codes are found", len(denied))
	}
	for _, r := range rules(t) {
		for _, code := range denied {
			if r.Alert == "NacreNacosAccessDenied" && !regexp.MustCompile(`["|]`+code[1]+`["|]`).MatchString(r.Expr) {
				t.Errorf("Nacos refuses a service with %s, and %s does not fire", code[1], r.Alert)
			}
		}
	}
}

func duration(number, unit string) time.Duration {
	n, err := strconv.Atoi(number)
	if err != nil {
		n = 1 // "a day"
	}
	return time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[unit]
}

// Each test of an alert has a time at which it must not fire, then one at which it fires, and then
// one at which it is over. A healthy service has none of them.
func TestEachAlertIsTested(t *testing.T) {
	t.Parallel()
	type check struct {
		Alertname string
		ExpAlerts []any `yaml:"exp_alerts"`
	}
	var file struct {
		Tests []struct {
			Name            string
			AlertRuleTest   []check `yaml:"alert_rule_test"`
			PromqlExprTests []any   `yaml:"promql_expr_test"`
		}
	}
	unmarshal(t, "prometheus/nacre.rules.test.yaml", &file)
	for _, r := range rules(t) {
		tested, healthy := 0, false
		for _, test := range file.Tests {
			var got strings.Builder
			for _, c := range test.AlertRuleTest {
				switch {
				case c.Alertname != r.Alert:
				case len(c.ExpAlerts) == 0:
					got.WriteByte('-')
				default:
					got.WriteByte('+')
				}
			}
			switch {
			case got.Len() == 0:
			case test.Name == "healthy":
				healthy = got.String() == "-"
			case regexp.MustCompile(`^-+\++-+$`).MatchString(got.String()):
				tested++
			default:
				t.Errorf("%s is tested as %q in %q; it must be off, on and off again", r.Alert, got.String(), test.Name)
			}
		}
		if tested == 0 || !healthy {
			t.Errorf("%s has %d tests, and is tested on a healthy service: %t", r.Alert, tested, healthy)
		}
	}
}

var eventAttribute = regexp.MustCompile(`event=\(?([\w|]+)`)

// Each event that the runbook tells to look for is a line of nacre.
func TestTheRunbookNamesEvents(t *testing.T) {
	t.Parallel()
	lines := text(t, "../docs/log-signatures.md")
	found := eventAttribute.FindAllStringSubmatch(text(t, "../docs/runbook.md"), -1)
	if len(found) < 10 {
		t.Errorf("only %d events are found", len(found))
	}
	for _, m := range found {
		for event := range strings.SplitSeq(m[1], "|") {
			if !strings.Contains(lines, "| `"+event+"` |") {
				t.Errorf("docs/runbook.md names the event %s, which docs/log-signatures.md has not", event)
			}
		}
	}
}

var expression = regexp.MustCompile("(?s)```promql\n(.*?)```")

// The queries of the runbook are PromQL about metrics that exist.
func TestTheRunbookQueries(t *testing.T) {
	t.Parallel()
	metrics := text(t, "../docs/metrics.md")
	found := expression.FindAllStringSubmatch(text(t, "../docs/runbook.md"), -1)
	if len(found) < 10 {
		t.Errorf("only %d queries are found", len(found))
	}
	for _, m := range found {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(m[1])
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if s, ok := node.(*parser.VectorSelector); ok && s.Name != "up" && s.Name != "" && s.Name != "ALERTS" {
				name := strings.TrimSuffix(s.Name, "_bucket")
				if !strings.Contains(metrics, "| `"+name+"` |") {
					t.Errorf("%s: docs/metrics.md has no %s", m[1], s.Name)
				}
			}
			return nil
		})
	}
}

var (
	jq    = regexp.MustCompile(`jq '([^']*)'`)
	field = regexp.MustCompile(`[a-z_]{3,}`)
)

// The fields of the debug page's JSON in the runbook are there.
func TestTheRunbookReadsTheJSON(t *testing.T) {
	t.Parallel()
	code := text(t, "../observe/health.go") + text(t, "../confighttp/handler.go")
	found := jq.FindAllStringSubmatch(text(t, "../docs/runbook.md"), -1)
	if len(found) < 10 {
		t.Errorf("only %d commands are found", len(found))
	}
	for _, m := range found {
		for _, name := range field.FindAllString(strings.ReplaceAll(m[1], "select", ""), -1) {
			if !strings.Contains(code, `json:"`+name+`"`) && !strings.Contains(code, `json:"`+name+`,`) {
				t.Errorf("jq '%s': the JSON has no field %s", m[1], name)
			}
		}
	}
}
