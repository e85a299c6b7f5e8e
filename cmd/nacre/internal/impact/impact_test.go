package impact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/impact"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// instance is one with the layers base.yaml and orders.yaml, each with a content.
func instance(address string, change func(*impact.Instance)) impact.Instance {
	i := impact.Instance{Address: address, Health: observe.Health{
		Version: 7, Guard: observe.GuardHealth{MaxKeyLoss: 0.5, MaxBadChanges: 10},
		Layers: []observe.LayerHealth{{Name: "base.yaml", Applied: "md5:b"}, {Name: "orders.yaml", Applied: "md5:o"}, {Name: "new.yaml"}},
	}}
	if change != nil {
		change(&i)
	}
	i.LayerOf = func(name string) (observe.LayerHealth, bool) {
		for _, l := range i.Health.Layers {
			if l.Name == name {
				return l, true
			}
		}
		return observe.LayerHealth{}, false
	}
	return i
}

func TestOf(t *testing.T) {
	t.Parallel()
	orders := impact.Service{
		Declaration: &declaration.Declaration{Service: "orders", Documents: []string{"orders.yaml", "base.yaml"}, Keys: []declaration.Key{
			{Path: "db.pool"}, {Path: "db.dsn", Restart: true}, {Path: "log.level", Aliases: []string{"lvl"}, Deprecated: "use logging.level"},
			{Path: "hosts[].port"}, {Path: "labels.*"}, {Path: "any"},
		}},
		Instances: []impact.Instance{instance("10.0.0.7:8080", func(i *impact.Instance) {
			i.Report.Keys = []observe.Explanation{{Key: "db.pool", LayerValues: []observe.LayerValue{
				{Position: source.Position{Layer: "orders.yaml", Document: "orders.yaml", Line: 3, Column: 9}, Effective: true},
				{Position: source.Position{Layer: "base.yaml"}},
			}}}
		})},
	}
	billing := impact.Service{Declaration: &declaration.Declaration{Service: "billing", Keys: []declaration.Key{{Path: "db.pool", Restart: true}}}}
	got := map[string]string{}
	for _, e := range impact.Of([]impact.Service{orders, billing}, []impact.Change{
		{"orders.yaml", "db.pool", "changed"}, {"base.yaml", "db.pool", "changed"}, {"orders.yaml", "db.dsn", "added"},
		{"orders.yaml", "log.lvl", "changed"}, {"orders.yaml", "hosts[2].port", "removed"}, {"orders.yaml", `labels."a.b"`, "added"},
		{"orders.yaml", "labels[0]", "added"}, {"orders.yaml", "db", "removed"}, {"orders.yaml", "any.thing[1]", "changed"},
		{"orders.yaml", "db.pol", "added"}, {"limits.yaml", "db.pool", "changed"},
	}) {
		got[e.Service+" "+e.Document+" "+e.Key] = strings.TrimSpace(e.What + " " + e.Why)
	}
	want := map[string]string{
		"orders orders.yaml db.pool":        "live",
		"orders base.yaml db.pool":          "overridden by orders.yaml:3:9 on 10.0.0.7:8080",
		"orders orders.yaml db.dsn":         "restart",
		"orders orders.yaml log.lvl":        "live deprecated: use logging.level",
		"orders orders.yaml hosts[2].port":  "live",
		`orders orders.yaml labels."a.b"`:   "live",
		"orders orders.yaml labels[0]":      "unread",
		"orders orders.yaml db":             "restart", // of db.dsn
		"orders orders.yaml any.thing[1]":   "live",
		"orders orders.yaml db.pol":         "unread",
		"billing limits.yaml db.pool":       "restart",
		"billing orders.yaml db.pool":       "restart",
		"billing base.yaml db.pool":         "restart",
		"billing orders.yaml db.dsn":        "unread",
		"billing orders.yaml log.lvl":       "unread",
		"billing orders.yaml hosts[2].port": "unread",
		`billing orders.yaml labels."a.b"`:  "unread",
		"billing orders.yaml labels[0]":     "unread",
		"billing orders.yaml db":            "restart",
		"billing orders.yaml any.thing[1]":  "unread",
		"billing orders.yaml db.pol":        "unread",
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: the effect is %q, want %q", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d effects, want %d: %v", len(got), len(want), fmt.Sprint(got))
	}
}

func TestReadersOfAChange(t *testing.T) {
	t.Parallel()
	readers := []observe.Reader{
		{Kind: "resource", Name: "pool", Keys: []string{"db"}}, {Kind: "subscriber", Name: "log.go:7", Keys: []string{"log.level"}},
		{Kind: "section", Name: "redis", Keys: []string{"redis"}}, {Kind: "resource", Name: "opaque", Unknown: true},
		{Kind: "resource", Name: "hosts", Keys: []string{"hosts"}},
	}
	d := &declaration.Declaration{Service: "orders", Sections: []string{"redis"}, Readers: readers, Keys: []declaration.Key{
		{Path: "db.pool"}, {Path: "db.dsn", Restart: true}, {Path: "log.level", Aliases: []string{"lvl"}}, {Path: "hosts[].port"},
	}}
	asked := *d
	asked.Readers, asked.Sections = nil, nil
	for what, s := range map[string]impact.Service{
		"the declaration": {Declaration: d},
		"the instances": {Declaration: &asked, Instances: []impact.Instance{
			instance("a", func(i *impact.Instance) {
				i.Report.Readers = readers
				i.Health.Sections = []observe.SectionHealth{{Key: "redis"}}
			}),
			instance("b", func(i *impact.Instance) { i.Report.Readers = readers }),
		}},
	} {
		for key, want := range map[string]string{
			"db.pool":       "live [{resource pool false} {resource opaque true}]",
			"db.dsn":        "restart []",
			"log.lvl":       "live [{subscriber log.go:7 false} {resource opaque true}]",
			"hosts[1].port": "live [{resource opaque true} {resource hosts false}]",
			"redis.addr":    "live [{section redis false} {resource opaque true}]",
			"rdis.addr":     "unread []",
		} {
			e := impact.Of([]impact.Service{s}, []impact.Change{{Document: "x.yaml", Key: key, Op: "changed"}})[0]
			if got := e.What + " " + fmt.Sprint(e.Readers); got != want {
				t.Errorf("by %s, a change of %s means %s, want %s", what, key, got, want)
			}
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	declared := &declaration.Declaration{Service: "orders", Guard: &observe.GuardHealth{MaxKeyLoss: 0.5},
		Keys: []declaration.Key{{Path: "typed", Type: "int"}, {Path: "any", Type: "anything"}}}
	much := &document.Loss{Had: 8, Lost: 5, Left: 3}
	for what, c := range map[string]struct {
		document string
		loss     *document.Loss
		at       []func(*impact.Instance)
		want     string
	}{
		"nothing is lost":       {"orders.yaml", nil, []func(*impact.Instance){nil}, ""},
		"a few keys":            {"orders.yaml", &document.Loss{Had: 4, Lost: 3, Left: 1}, []func(*impact.Instance){nil}, ""},
		"half of the keys":      {"orders.yaml", &document.Loss{Had: 10, Lost: 5, Left: 5}, []func(*impact.Instance){nil}, ""},
		"most keys":             {"orders.yaml", much, []func(*impact.Instance){nil, nil}, "MaxKeyLoss orders.yaml [0 1] of 2: it loses 5 of 8 keys"},
		"all keys":              {"orders.yaml", &document.Loss{Had: 1, Lost: 1}, []func(*impact.Instance){nil}, "MaxKeyLoss orders.yaml [0] of 1: it is empty and had 1 key"},
		"no instance asked":     {"orders.yaml", much, nil, "MaxKeyLoss  [] of 0: it loses 5 of 8 keys"},
		"another type":          {"orders.yaml", &document.Loss{Had: 1, Left: 1, Retyped: []document.Retyped{{Key: "typed", Was: "a number", Is: "a string"}, {Key: "any.x", Was: "a map", Is: "a list"}}}, []func(*impact.Instance){nil}, "MaxKeyLoss orders.yaml [0] of 1: any.x was a map and is a list"},
		"a layer without guard": {"orders.yaml", much, []func(*impact.Instance){func(i *impact.Instance) { i.Health.Layers[1].WithoutChangeGuard = true }, nil}, "MaxKeyLoss orders.yaml [1] of 2: it loses 5 of 8 keys"},
		"a guard that is off":   {"orders.yaml", much, []func(*impact.Instance){func(i *impact.Instance) { i.Health.Guard.MaxKeyLoss = 0 }}, ""},
		"a new document":        {"new.yaml", much, []func(*impact.Instance){nil}, ""},
		"another document":      {"other.yaml", much, []func(*impact.Instance){nil}, ""},
		"an open breaker":       {"orders.yaml", nil, []func(*impact.Instance){nil, func(i *impact.Instance) { i.Health.Layers[1].BreakerOpen = true }}, "MaxBadChanges orders.yaml [1] of 2: layer orders.yaml has had 10 bad changes"},
		"a quarantine":          {"orders.yaml", nil, []func(*impact.Instance){func(i *impact.Instance) { i.Health.Layers[1].Quarantined = []source.Revision{"md5:new"} }}, "quarantine orders.yaml [0] of 1: this content was live before, and was rolled back"},
		"another quarantine":    {"orders.yaml", nil, []func(*impact.Instance){func(i *impact.Instance) { i.Health.Layers[1].Quarantined = []source.Revision{"md5:x"} }}, ""},
		"a pin":                 {"orders.yaml", much, []func(*impact.Instance){func(i *impact.Instance) { i.Health.Pinned = true }}, "pin orders.yaml [0] of 1: version 7 is pinned"},
		"a null": {"orders.yaml", &document.Loss{Had: 1, Left: 1, Nulls: []string{"db"}}, []func(*impact.Instance){func(i *impact.Instance) {
			for _, key := range []string{"db.a", "db.b", "db.c", "db.d", "db.e", "dbx"} {
				i.Report.Keys = append(i.Report.Keys, observe.Explanation{Key: key, LayerValues: []observe.LayerValue{{Effective: true}}})
			}
		}}, "MaxKeyLoss orders.yaml [0] of 1: the null at db removes 5 keys"},
	} {
		s := impact.Service{Declaration: declared}
		for n, change := range c.at {
			s.Instances = append(s.Instances, instance(fmt.Sprint(n), change))
		}
		var got []string
		for _, h := range impact.Holds([]impact.Service{s}, []impact.Publication{{Document: c.document, MD5: "new", Loss: c.loss}}) {
			got = append(got, fmt.Sprintf("%s %s %v of %d: %s", h.Guard, h.Layer, h.Instances, h.Of, h.Why))
			if !strings.Contains(h.Fix, "nacre instance ") {
				t.Errorf("%s: the fix %q names no command", what, h.Fix)
			}
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: held are %q, want %q", what, got, c.want)
		}
	}
}
