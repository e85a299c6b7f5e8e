package promobserve_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/internal/metric"
	"github.com/nacre-go/nacre/source"
)

func TestLabelsAreCleaned(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"orders.yaml":                   "orders.yaml",
		"名称 ü":                          "名称 ü",
		"":                              "unnamed",
		"  \t":                          "  _",
		"   ":                           "unnamed",
		"a\nb\x00c\x1b[31m":             "a_b_c_[31m",
		"bad \xff\xfe utf8":             "bad __ utf8",
		"a\u202eb":                      "a_b",
		strings.Repeat("x", 1_000_000):  strings.Repeat("x", 64),
		strings.Repeat("x", 63) + "äö":  strings.Repeat("x", 63),
		strings.Repeat("\xff", 100_000): strings.Repeat("_", 64),
	} {
		if got := metric.Label(name); got != want {
			t.Errorf("the label of %.80q is %q, want %q", name, got, want)
		}
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("orders.yaml")
	f.Add(strings.Repeat("ä", 40) + "\xff\x00")
	f.Fuzz(func(t *testing.T, name string) {
		got := metric.Label(name)
		if got == "" || len(got) > 64 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r") || metric.Label(got) != got {
			t.Errorf("the label of %q is %q", name, got)
		}
	})
}

// Ten thousand layers, subscribers and resources, some with hostile names, are a few hundred series
// that a scrape accepts, and their counters are complete.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	const many = 10_000
	h := full()
	m := promobserve.New("bad \xff\nname", promobserve.QueueSize(4*many))
	var events []observe.Event
	for i := range many {
		name := fmt.Sprintf("n%d\xff\"{}\n", i)
		h.Layers = append(h.Layers, observe.LayerHealth{Name: name, Absent: []string{"x"}, Down: "no"[:i%3]})
		h.Subscribers = append(h.Subscribers, observe.SubscriberHealth{Name: name, LastVersion: int64(i + 2)})
		h.Resources = append(h.Resources, observe.ResourceHealth{Name: name, Users: 1})
		events = append(events, observe.Event{Kind: observe.SubscriberCalled, Name: name}, observe.Event{Kind: observe.LayerDown, Layer: name},
			observe.Event{Kind: observe.Rejected, Problems: source.Problems{{Kind: source.Kind(i % 256), Position: source.Position{Layer: name}}}})
	}
	text := exposition(t, "", fed(m, h, events...))
	for _, metricName := range []string{"nacre_layer_up", "nacre_subscriber_version", "nacre_resource_users", "nacre_layer_down_total"} {
		if n := len(series(text, metricName+"{")); n != 101 {
			t.Errorf("%s has %d series, want 100 and the one of all others", metricName, n)
		}
	}
	for _, want := range []string{
		`nacre_layer_up{config="bad __name",layer="other"} 0`,
		`nacre_layer_absent_documents{config="bad __name",layer="other"} 9901`,
		`nacre_resource_users{config="bad __name",resource="other"} 9901`,
		`nacre_observer_dropped_total{config="bad __name"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			name, _, _ := strings.Cut(want, "{")
			t.Errorf("the exposition lacks %s; it has %q", want, last(series(text, name+"{")))
		}
	}
	if bytes := len(text); bytes > 2<<20 {
		t.Errorf("the exposition has %d bytes", bytes)
	}
}

// Names that differ only in what a label cannot show share one series with the worse state.
func TestNamesThatReadTheSameShareASeries(t *testing.T) {
	t.Parallel()
	h := full()
	h.Subscribers = []observe.SubscriberHealth{{Name: "twice\n", LastVersion: 3}, {Name: "twice\t", LastVersion: 2, Pending: true}}
	text := exposition(t, "", fed(promobserve.New("orders"), h))
	for _, want := range []string{
		`nacre_subscriber_version{config="orders",subscriber="twice_"} 2`,
		`nacre_subscriber_pending{config="orders",subscriber="twice_"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the exposition lacks %s", want)
		}
	}
}

func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}
