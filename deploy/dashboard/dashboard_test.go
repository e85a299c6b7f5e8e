package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

const committed = "../grafana/nacre.json"

func TestTheCommittedFileIsWhatTheProgramWrites(t *testing.T) {
	t.Parallel()
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("deploy/grafana/nacre.json is not what the program writes; run: go -C deploy run ./dashboard")
	}
}

// file is what the tests read of a dashboard in Grafana's classic JSON.
type file struct {
	UID, Title, Description string
	Editable                bool
	Panels                  []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ X, Y, W, H int }
		Datasource               ref
		FieldConfig              struct{ Defaults struct{ Unit string } }
		Targets                  []struct {
			Expr, RefID string
			Datasource  ref
		}
	}
	Templating struct {
		List []struct {
			Name, Type, Label, AllValue string
			Refresh                     int
			Multi                       bool
			Query                       any
			Datasource                  ref
		}
	}
}

type ref struct{ Type, UID string }

func read(t *testing.T) (f file) {
	t.Helper()
	text, err := os.ReadFile(committed)
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// documented returns the type of each metric in docs/metrics.md, by its name.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	metrics := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(nacre_\\w+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(text), -1) {
		metrics[m[1]] = m[2]
	}
	return metrics
}

// An interval that no expression has by itself stands for the one that Grafana chooses.
const rateInterval = 4*time.Minute + 13*time.Second

// parse returns the expression with values for Grafana's variables.
func parse(t *testing.T, title, expr string) parser.Expr {
	t.Helper()
	text := strings.NewReplacer("$__rate_interval", "4m13s", "$job", ".+", "$config", ".+", "$instance", ".+").Replace(expr)
	if strings.Contains(text, "$") {
		t.Errorf("%s: %s has a variable that the dashboard has not", title, expr)
	}
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %s: %v", title, expr, err)
	}
	return parsed
}

// The rules of dashboard-linter on targets: valid PromQL, a matcher for each variable, counters
// only in rates over $__rate_interval. Each metric is in docs/metrics.md, and each of those is
// shown.
func TestExpressions(t *testing.T) {
	t.Parallel()
	metrics := documented(t)
	shown := map[string]bool{}
	for _, p := range read(t).Panels {
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if refs[target.RefID] {
				t.Errorf("%s: two expressions are %s", p.Title, target.RefID)
			}
			refs[target.RefID] = true
			parser.Inspect(parse(t, p.Title, target.Expr), func(node parser.Node, path []parser.Node) error {
				s, ok := node.(*parser.VectorSelector)
				if !ok {
					return nil
				}
				name := strings.TrimSuffix(s.Name, "_bucket")
				kind := metrics[name]
				shown[name] = true
				if kind == "" || (name != s.Name) != (kind == "histogram") {
					t.Errorf("%s: docs/metrics.md has no metric %s", p.Title, s.Name)
				}
				checkMatchers(t, p.Title, s)
				checkCounter(t, p.Title, s.Name, kind, path)
				return nil
			})
		}
	}
	for name := range metrics {
		if !shown[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

func checkMatchers(t *testing.T, title string, s *parser.VectorSelector) {
	t.Helper()
	want := map[string]bool{"job": true, "instance": true, "config": !strings.HasPrefix(s.Name, "nacre_nacos_")}
	for _, m := range s.LabelMatchers {
		if want[m.Name] && m.Type.String() == "=~" {
			delete(want, m.Name)
		}
	}
	for label, missing := range want {
		if missing {
			t.Errorf("%s: %s has no matcher for the variable %s", title, s.Name, label)
		}
	}
}

func checkCounter(t *testing.T, title, name, kind string, path []parser.Node) {
	t.Helper()
	if len(path) == 0 {
		path = []parser.Node{nil}
	}
	matrix, ranged := path[len(path)-1].(*parser.MatrixSelector)
	switch {
	case ranged && matrix.Range != rateInterval:
		t.Errorf("%s: the range of %s is not $__rate_interval", title, name)
	case kind == "gauge" && ranged, kind != "gauge" && !ranged:
		t.Errorf("%s: %s is a %s", title, name, kind)
	case ranged:
		call, ok := path[len(path)-2].(*parser.Call)
		if !ok || call.Func.Name != "rate" && call.Func.Name != "increase" {
			t.Errorf("%s: %s is a %s that is not in a rate", title, name, kind)
		}
	}
}

// The rules of dashboard-linter on the dashboard, its variables and panels.
func TestPanelsAndVariables(t *testing.T) {
	t.Parallel()
	f := read(t)
	if f.UID != "nacre" || f.Title == "" || f.Description == "" || f.Editable {
		t.Errorf("uid %q, title %q, description %q, editable %t", f.UID, f.Title, f.Description, f.Editable)
	}
	source := ref{"prometheus", "${datasource}"}
	found := map[string]bool{}
	for _, v := range f.Templating.List {
		found[v.Name] = true
		if v.Label == "" {
			t.Errorf("the variable %s has no label", v.Name)
		}
		switch v.Type {
		case "datasource":
			if v.Query != "prometheus" || v.Name != "datasource" {
				t.Errorf("the data source %s is one of %v", v.Name, v.Query)
			}
		case "query":
			if v.Datasource != source || v.Refresh != 2 || !v.Multi || v.AllValue != ".+" {
				t.Errorf("the variable %s is %+v", v.Name, v)
			}
		}
	}
	for _, name := range []string{"datasource", "job", "config", "instance"} {
		if !found[name] {
			t.Errorf("the dashboard has no variable %s", name)
		}
	}
	titles, ids := map[string]bool{}, map[int]bool{}
	taken := map[[2]int]string{}
	for _, p := range f.Panels {
		if p.Title == "" || titles[p.Title] || p.ID == 0 || ids[p.ID] {
			t.Errorf("the panel %d has the title %q; both must be there, and differ", p.ID, p.Title)
		}
		titles[p.Title], ids[p.ID] = true, true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" || at[0] >= 24 {
					t.Fatalf("%s is at %v, where %q is, or the edge", p.Title, at, other)
				}
				taken[at] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource != source {
			t.Errorf("%s has the description %q, the unit %q and the source %+v", p.Title, p.Description, p.FieldConfig.Defaults.Unit, p.Datasource)
		}
		for _, target := range p.Targets {
			if target.Datasource != source {
				t.Errorf("%s: %s asks %+v", p.Title, target.RefID, target.Datasource)
			}
		}
	}
}
