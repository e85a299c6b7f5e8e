package layer_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestAVariableSetsTheKeyThatALowerLayerHas(t *testing.T) {
	t.Parallel()
	shape := structOf("labels", mapOf(leaf), "dbs", mapOf(structOf("dsn", "pool")), "any", &tree.Shape{}, "zones", mapOf(listOf(leaf)))
	for _, c := range []struct{ name, yaml, env, want string }{
		{"dash", "labels: {app-name: x}", "LABELS_APP_NAME=1", "labels.app-name=1"},
		{"camel", "labels: {appName: x}", "LABELS_APP_NAME=1", "labels.appName=1"},
		{"camel, one word", "labels: {appName: x}", "LABELS_APPNAME=1", "labels.appName=1"},
		{"case", "labels: {App: x}", "LABELS_APP=1", "labels.App=1"},
		{"dot", "labels: {app.kubernetes-name: x}", "LABELS_APP_KUBERNETES_NAME=1", `labels."app.kubernetes-name"=1`},
		{"same", "labels: {app_name: x, appName: y}", "LABELS_APP_NAME=1", "labels.app_name=1"},
		{"new", "labels: {other: x}", "LABELS_APP_NAME=1", "labels.app_name=1"},
		{"below a key", "dbs: {mainDB: {dsn: x}}", "DBS_MAIN_DB_DSN=1 DBS_MAIN_DB_POOL=2", "dbs.mainDB.dsn=1 dbs.mainDB.pool=2"},
		{"anything", "any: {fooBar: {bazQux: x}}", "ANY__FOO_BAR__BAZ_QUX=1", "any.fooBar.bazQux=1"},
		{"map of lists", "zones: {euWest: [x]}", "ZONES__EU_WEST__0=1", "zones.euWest[0]=1"},
		{"pairs are exact", "labels: {App: x}", "LABELS=app=1", "labels.app=1"},
		{"no map below", "labels: null", "LABELS_APP_NAME=1", "labels.app_name=1"},
		{"two spellings", "labels: {app-name: x, appName: y}", "LABELS_APP_NAME=1",
			"$APP_LABELS_APP_NAME labels.app_name: is ambiguous: it can mean labels.app-name or labels.appName, which lower layers have; set this key in a document"},
		{"two variables", "labels: {appName: x}", "LABELS_APP_NAME=1 LABELS_APPNAME=2",
			"$APP_LABELS_APPNAME labels.appName: is also set by $APP_LABELS_APP_NAME, in another spelling of one key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			low := must(t, "yaml", c.yaml, shape)
			high, ps := layer.Decode("env", "r", source.Document{Name: "environment", Format: "environ", Data: []byte(environData(t, strings.Fields(c.env)...))}, shape)
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			roots := []*tree.Node{low, high}
			out, ps := layer.Respell(roots)
			got := told(ps)
			if got == "" {
				got = strings.Join(leaves(nil, out[1]), " ")
			}
			if got != c.want {
				t.Errorf("%s over %s gives %s, want %s", c.env, c.yaml, got, c.want)
			}
			if roots[1] != high || out[0] != low {
				t.Error("the roots were changed in place")
			}
		})
	}
	low, high := must(t, "yaml", "labels: {App: x}", shape), must(t, "properties", "labels.app=1", shape)
	if out, ps := layer.Respell([]*tree.Node{low, nil, high}); ps != nil || out[2] != high {
		t.Errorf("a property, whose key has a spelling, was changed: %v", ps)
	}
	low, high = must(t, "dotenv", "LABELS_APP=1", shape), must(t, "dotenv", "LABELS_APP=2", shape)
	if out, ps := layer.Respell([]*tree.Node{low, high}); ps != nil || out[1] != high {
		t.Errorf("two .env files with one name differ: %v", ps)
	}
}

func FuzzRespell(f *testing.F) {
	f.Add("labels: {appName: x, app-name: y}", "LABELS_APP_NAME=1\nLABELS_APPNAME=2\n")
	f.Add("any: {aB: {c: 1}}", "ANY__A_B__C=1\n")
	shape := structOf("labels", mapOf(leaf), "any", &tree.Shape{})
	f.Fuzz(func(t *testing.T, low, high string) {
		a, _ := read("yaml", low, shape)
		b, _ := read("dotenv", high, shape)
		out, ps := layer.Respell([]*tree.Node{a, b})
		if again, more := layer.Respell(out); len(ps) == 0 && (len(more) > 0 || len(again) > 1 && again[1] != out[1]) {
			t.Fatalf("%s over %s is spelled in another way the second time", high, low)
		}
		layer.Merge(out...)
	})
}
