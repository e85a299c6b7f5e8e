package promobserve_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	describedName = regexp.MustCompile(`fqName: "([^"]+)"`)
	row           = regexp.MustCompile("(?m)^\\| `(nacre_\\w+)` \\| (\\w+) \\| ([^|]*)\\|")
	block         = regexp.MustCompile(`(?s)<!-- metrics: (\w+) -->\n(.*?)<!-- end metrics -->`)
)

// docs/metrics.md has every metric with its type and its labels, and no other; and a collector
// describes exactly what it collects.
func TestTheDocumentListsTheMetrics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	session := promnacos.New("orders")
	session.Watch(func() nacos.Status { return nacos.Status{Server: "nacos:8848"} })
	session.Observe(nacos.Event{Kind: nacos.EventRouted, Document: "public/DEFAULT_GROUP/orders.routes.yaml", Route: "rule 1: every instance"})
	collectors := map[string]struct {
		prometheus.Collector
		constant string
	}{
		"promobserve": {fed(promobserve.New("orders"), full(), eventful()...), "config"},
		"promnacos":   {session, "client"},
	}
	blocks := block.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != len(collectors) {
		t.Fatalf("the document has %d tables, want %d", len(blocks), len(collectors))
	}
	for _, b := range blocks {
		c := collectors[b[1]]
		documented := map[string]string{}
		for _, m := range row.FindAllStringSubmatch(b[2], -1) {
			documented[m[1]] = m[2] + " " + strings.NewReplacer("`", "", ",", "").Replace(strings.TrimSpace(m[3]))
		}
		collected := collect(t, c, c.constant)
		for name, want := range collected {
			if got, ok := documented[name]; !ok {
				t.Errorf("%s: the document lacks %s", b[1], name)
			} else if got != want {
				t.Errorf("%s: the document says %q of %s, which is %q", b[1], got, name, want)
			}
		}
		for name := range documented {
			if _, ok := collected[name]; !ok {
				t.Errorf("%s: the document has %s, and there is no such metric", b[1], name)
			}
		}
		described := describe(c)
		for _, name := range described {
			if _, ok := collected[name]; !ok {
				t.Errorf("%s describes %s, which it does not collect here: let the test's data have it", b[1], name)
			}
		}
		if len(described) != len(collected) {
			t.Errorf("%s describes %d metrics and collects %d", b[1], len(described), len(collected))
		}
	}
}

// collect returns the type and the labels of each metric, by its name. Each has the constant label.
func collect(t *testing.T, c prometheus.Collector, constant string) map[string]string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range families {
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		i := slices.Index(labels, constant)
		if i < 0 {
			t.Errorf("%s has no label %s", f.GetName(), constant)
			continue
		}
		all[f.GetName()] = strings.ToLower(f.GetType().String()) + " " + sorted(slices.Delete(labels, i, i+1))
	}
	return all
}

// sorted returns labels in the order in which the document has them.
func sorted(labels []string) string {
	order := []string{"layer", "subscriber", "resource", "sum", "release"}
	slices.SortStableFunc(labels, func(a, b string) int { return rank(order, a) - rank(order, b) })
	return strings.Join(labels, " ")
}

func rank(order []string, label string) int {
	if i := slices.Index(order, label); i >= 0 {
		return i
	}
	return len(order)
}

func describe(c prometheus.Collector) (names []string) {
	ch := make(chan *prometheus.Desc, 100)
	c.Describe(ch)
	close(ch)
	for d := range ch {
		names = append(names, describedName.FindStringSubmatch(d.String())[1])
	}
	return names
}
