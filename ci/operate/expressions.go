package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// expression is a query of the files that this command proves.
type expression struct{ where, text string }

// mayBeEmpty has, for expressions that return no data in this day, the reason; and mayBeZero for
// those that return only zeros. A key is the place of an expression.
var (
	mayBeEmpty = map[string]string{}
	mayBeZero  = map[string]string{
		`panel "Connections" C`:                    "a session sends heartbeats every 30 s, and nothing here scales that",
		`panel "Events that were not counted" A`:   "the session drops events when 1024 wait, and the phases are not that eventful",
		`docs/runbook.md: nacre_config_ready == 0`: "its values are 0 by what it asks for",
	}
)

// Values of Grafana's variables. With a scrape interval of 1 s, Grafana's $__rate_interval is 4 s.
var variables = strings.NewReplacer("$__rate_interval", "4s", "$job", "orders", "$config", ".+", "$instance", ".+")

// expressions returns the queries of the rules, of the dashboard and of the runbook.
func expressions(root string, rules ruleFile) (all []expression, err error) {
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			all = append(all, expression{"rule " + r.name(), r.Expr})
		}
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy/grafana/nacre.json"))
	if err == nil {
		err = json.Unmarshal(text, &dashboard)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range dashboard.Panels {
		for _, t := range p.Targets {
			all = append(all, expression{fmt.Sprintf("panel %q %s", p.Title, t.RefID), variables.Replace(t.Expr)})
		}
	}
	for _, document := range []string{"docs/runbook.md", "docs/metrics.md"} {
		text, err := os.ReadFile(filepath.Join(root, document))
		if err != nil {
			return nil, err
		}
		for _, m := range query.FindAllStringSubmatch(string(text), -1) {
			for _, one := range statements(m[1]) {
				scaled, err := scaleExpr(one, func(time.Duration, time.Duration) {})
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", document, one, err)
				}
				all = append(all, expression{document + ": " + one, scaled})
			}
		}
	}
	return all, nil
}

var query = regexp.MustCompile("(?s)```(?:promql)?\n\\s*([^`]*nacre_[^`]*?)\\s*```")

// statements returns the queries of a block: one, or one a line if each line is one.
func statements(block string) []string {
	lines := strings.Split(block, "\n")
	if slices.ContainsFunc(lines, func(line string) bool {
		if slices.Contains([]string{"and", "or", "unless"}, strings.TrimSpace(line)) { // a selector, for the parser
			return true
		}
		_, err := scaleExpr(line, func(time.Duration, time.Duration) {})
		return err != nil
	}) {
		return []string{block}
	}
	return lines
}

// checkExpressions returns the expressions that have had no data during the day, or only zeros.
func (d *day) checkExpressions(all []expression) (wrong []string) {
	used := map[string]bool{}
	for _, e := range all {
		found, err := d.prometheus.queryRange(e.text, d.began, time.Now())
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", e.where, err))
			continue
		}
		nonzero := slices.ContainsFunc(found, func(s series) bool {
			return slices.ContainsFunc(s.Values, func(p point) bool { return p.number() != 0 })
		})
		_, empty := mayBeEmpty[e.where]
		_, zero := mayBeZero[e.where]
		used[e.where] = true
		switch {
		case (len(found) == 0) != empty:
			wrong = append(wrong, fmt.Sprintf("%s: has had data during the day: %t: %s", e.where, len(found) > 0, e.text))
		case len(found) > 0 && nonzero == zero:
			wrong = append(wrong, fmt.Sprintf("%s: has had a value other than 0 during the day: %t: %s", e.where, nonzero, e.text))
		}
	}
	for _, table := range []map[string]string{mayBeEmpty, mayBeZero} {
		for where := range table {
			if !used[where] {
				wrong = append(wrong, "no expression is at "+where)
			}
		}
	}
	return wrong
}

// selectors returns the selectors in expressions, each once, with the first place. An expression
// with "or" has data although one side names a metric that does not exist.
func selectors(all []expression) (each []expression) {
	known := map[string]bool{}
	for _, e := range all {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(e.text)
		if err != nil {
			continue // Prometheus says so too
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if s, ok := node.(*parser.VectorSelector); ok && !known[s.String()] {
				known[s.String()] = true
				each = append(each, expression{e.where, s.String()})
			}
			return nil
		})
	}
	return each
}

// checkSelectors returns the selectors that have had no data during the day.
func (d *day) checkSelectors(all []expression) (wrong []string) {
	for _, e := range selectors(all) {
		found, err := d.prometheus.queryRange(e.text, d.began, time.Now())
		if _, empty := mayBeEmpty[e.where]; err != nil || len(found) == 0 && !empty {
			wrong = append(wrong, fmt.Sprintf("%s: nothing has been selected during the day by %s; %v", e.where, e.text, err))
		}
	}
	return wrong
}

// checkVariables returns the variables of the dashboard that have no values.
func (d *day) checkVariables() (wrong []string) {
	for label, want := range map[string]int{"job": 1, "config": 1, "instance": len(d.instances)} {
		found, err := d.prometheus.query("count by (" + label + ") (nacre_config_ready)")
		if err != nil || len(found) != want {
			wrong = append(wrong, fmt.Sprintf("the variable %s has the values %v, %v", label, found, err))
		}
		if label != "instance" {
			continue
		}
		for _, s := range found { // a panel links the instance to its debug page
			if _, err := (api{d.ctx, "http://" + s.Metric["instance"]}).do("GET", "/debug/config", nil); err != nil {
				wrong = append(wrong, fmt.Sprintf("the link to a debug page: %v", err))
			}
		}
	}
	return wrong
}
