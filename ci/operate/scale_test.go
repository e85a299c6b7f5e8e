package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// Ranges, offsets and ages are scaled, and shares, counts and clauses are not.
func TestScaleExpr(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ expr, want string }{
		{`increase(a_total[15m]) > 5`, `increase(a_total[15s]) > 5`},
		{`count(max_over_time(a[5m]) == 0) / count(a) > 0.2`, `count(max_over_time(a[5s]) == 0) / count(a) > 0.2`},
		{`last_over_time(a[5m]) < time() - 900`, `last_over_time(a[5s]) < time() - 15`},
		{`count(time() - (a or b) > 300) > 60`, `count(time() - (a or b) > 5) > 60`},
		{`a offset 1h > 3600`, `a offset 20s > 3600`},
		{`min_over_time(a[7d]) == 1 and a > 1`, `min_over_time(a[2m48s]) == 1 and a > 1`},
		{`max_over_time(a[1h:1m])`, `max_over_time(a[20s:1s])`},
	} {
		got, err := scaleExpr(tc.expr, func(time.Duration, time.Duration) {})
		if err != nil || got != tc.want {
			t.Errorf("%s is scaled to %s, want %s; %v", tc.expr, got, tc.want, err)
		}
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Each alert is provoked in a phase or has a reason why not, with the tier that this command
// expects. The scaled rules differ from the committed ones only in durations.
func TestRulesAndPhases(t *testing.T) {
	t.Parallel()
	text := file(t, "deploy/prometheus/nacre.rules.yaml")
	scaledRules, changes, err := scaleRules(text)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := checkAlerts(scaledRules, phases()); len(wrong) > 0 {
		t.Errorf("alerts and phases do not fit:\n%s", strings.Join(wrong, "\n"))
	}
	if len(changes) < 40 {
		t.Errorf("only %d durations are scaled: %v", len(changes), changes)
	}
	for _, c := range changes {
		if c.to < time.Second {
			t.Errorf("%s, and Prometheus evaluates every second", c)
		}
	}
	if wrong := checkAlerts(scaledRules, phases()[2:]); !strings.Contains(strings.Join(wrong, "\n"), "NacreNacosPushesLost is delivered in a phase: false") {
		t.Errorf("an alert that no phase provokes is not noticed: %v", wrong)
	}
	if _, _, err := scaleRules([]byte(strings.Replace(string(text), "- alert:", "- keep_firing_for: 5m\n        alert:", 1))); err == nil {
		t.Error("a field of a rule that would be lost is not noticed")
	}
}

// The routes and the inhibition are those of the example, with scaled waits and receivers here.
func TestRouting(t *testing.T) {
	t.Parallel()
	text := file(t, "deploy/alertmanager/alertmanager.yaml")
	out, names, err := routing(text, "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "pager chat tickets" {
		t.Errorf("the receivers are %s", got)
	}
	for _, want := range []string{"http://127.0.0.1:1/pager", "group_wait: 500ms", "group_wait: 167ms", "group_interval: 5s", "send_resolved: false"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the configuration has no %q:\n%s", want, out)
		}
	}
	var before, after struct {
		Inhibit any `yaml:"inhibit_rules"`
	}
	for text, into := range map[string]any{string(text): &before, string(out): &after} {
		if err := yaml.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	one, _ := yaml.Marshal(before)
	if other, _ := yaml.Marshal(after); string(one) != string(other) {
		t.Errorf("the inhibition is changed: %s, and then %s", one, other)
	}
	for _, bad := range []string{"route: {group_wait: long}", "receivers: [{name: a}]", "route: {}\nreceivers: [{name: a}]", "["} {
		if _, _, err := routing([]byte(bad), ""); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// Every expression of the files can be read.
func TestExpressions(t *testing.T) {
	t.Parallel()
	rules, _, err := scaleRules(file(t, "deploy/prometheus/nacre.rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := expressions("../..", rules)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, e := range all {
		kind, _, _ := strings.Cut(e.where, " ")
		found[kind]++
		if strings.Contains(e.text, "$") {
			t.Errorf("%s has a variable without a value: %s", e.where, e.text)
		}
	}
	if found["rule"] < 27 || found["panel"] < 45 || found["docs/runbook.md:"] < 20 || found["docs/metrics.md:"] < 5 {
		t.Errorf("the expressions are %v", found)
	}
}

// Each side of an "or" is selected by itself.
func TestSelectors(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range selectors([]expression{{"a", `sum(rate(x_total{a="1"}[5m])) or y == 1`}, {"b", `y > 2`}}) {
		got = append(got, s.where+" "+s.text)
	}
	if strings.Join(got, ", ") != `a x_total{a="1"}, a y` {
		t.Errorf("the selectors are %v", got)
	}
}

// A block of a document is one query a line, or one query.
func TestStatements(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]int{
		"x == 1\nrate(y[1m])":      2,
		"x == 1\nor\ny > 2":        1, // "or" alone reads like a metric
		"x == 1\n  or y > 2":       1,
		"sum by (a) (\n  x\n) > 0": 1,
	} {
		if got := statements(block); len(got) != want {
			t.Errorf("%q has the queries %q, want %d", block, got, want)
		}
	}
}

// A program that has ended by itself is an error, and one that was stopped is not.
func TestProcess(t *testing.T) {
	t.Parallel()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	stopped, err := start(t.TempDir(), "stopped", sleep, "600")
	if err != nil {
		t.Fatal(err)
	}
	if err := stopped.err(); err != nil {
		t.Errorf("a program that runs: %v", err)
	}
	if err := stopped.stop(); err != nil || stopped.err() != nil {
		t.Errorf("a program that was stopped: %v, %v", err, stopped.err())
	}
	ended, err := start(t.TempDir(), "ended", sleep, "0")
	if err != nil {
		t.Fatal(err)
	}
	<-ended.ended
	d := &day{ctx: context.Background(), servers: []*process{ended}}
	if err := d.wait("nothing", time.Minute, func() error { return os.ErrNotExist }); err == nil || !strings.Contains(err.Error(), "ended has ended") {
		t.Errorf("a program that has ended by itself: %v", err)
	}
}
