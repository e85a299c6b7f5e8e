package impact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/impact"
)

func TestOf(t *testing.T) {
	t.Parallel()
	orders := impact.Service{
		Declaration: &declaration.Declaration{Service: "orders", Documents: []string{"orders.yaml", "base.yaml"}, Keys: []declaration.Key{
			{Path: "db.pool"}, {Path: "db.dsn", Restart: true}, {Path: "log.level", Aliases: []string{"lvl"}, Deprecated: "use logging.level"},
			{Path: "hosts[].port"}, {Path: "labels.*"}, {Path: "any"},
		}},
		Overriding: func(document, key string) string {
			if document == "base.yaml" && key == "db.pool" {
				return "orders.yaml:3:9"
			}
			return ""
		},
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
		"orders base.yaml db.pool":          "overridden by orders.yaml:3:9",
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
