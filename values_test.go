package nacre_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// vars returns a source of variables with the prefix APP.
func vars(vars ...string) source.Source {
	return env.New("APP", env.Environ(func() []string { return vars }))
}

// written returns the path of a new file.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type textConfig struct {
	Hosts   []string `config:"hosts"`
	Ports   []int    `config:"ports" default:"[1,2]"`
	Servers []struct {
		Addr  string       `config:"addr"`
		Token nacre.Secret `config:"token"`
	} `config:"servers"`
	Labels map[string]string   `config:"labels" default:"{\"a\":\"default\"}"`
	Zones  map[string][]string `config:"zones"`
	DB     struct {
		Pool int          `config:"pool"`
		DSN  nacre.Secret `config:"dsn"`
	} `config:"db"`
	Keep time.Duration `config:"keep" default:"1d"`
	Max  binder.Size   `config:"max" default:"1Mi"`
}

// A list, a map or a struct can be one variable, and a layer below it is merged as with any
// document.
func TestVariablesOfListsMapsAndStructs(t *testing.T) {
	t.Parallel()
	path := written(t, "config.yaml", "labels: {low: file, a: file}\ndb: {pool: 3, dsn: secret-of-the-file}\nhosts: [x, y, z]\n")
	cfg, err := nacre.OpenWith[textConfig](t.Context(), quiet, file.New(path), vars(
		`APP_HOSTS=["a","b,c"]`, `APP_LABELS=a=1,b=2`, `APP_DB={"dsn":"canary-of-json"}`, `APP_ZONES__EU__0=one`, `APP_ZONES__EU__1=two`,
		`APP_SERVERS=[{"addr":"s","token":"canary-token"}]`, `APP_MAX=64Mi`,
	))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	got := cfg.Get()
	if !reflect.DeepEqual(got.Hosts, []string{"a", "b,c"}) || !reflect.DeepEqual(got.Labels, map[string]string{"low": "file", "a": "1", "b": "2"}) ||
		got.DB.Pool != 3 || got.DB.DSN.Reveal() != "canary-of-json" || !reflect.DeepEqual(got.Zones, map[string][]string{"eu": {"one", "two"}}) ||
		got.Servers[0].Addr != "s" || got.Servers[0].Token.Reveal() != "canary-token" || !reflect.DeepEqual(got.Ports, []int{1, 2}) ||
		got.Keep != 24*time.Hour || got.Max != 64<<20 {
		t.Errorf("the variables give %+v", got)
	}
	x, err := cfg.Explain("db.dsn")
	if err != nil || len(x.LayerValues) != 2 || x.LayerValues[0].Position.Document != "$APP_DB" || !x.LayerValues[0].Effective {
		t.Errorf("Explain does not name the variable with the JSON: %+v", x)
	}
	if text := explained(cfg.ExplainAll()); strings.Contains(text, "canary") {
		t.Errorf("a secret in the JSON of a variable is shown:\n%s", text)
	}
}

func explained(r observe.Report) string {
	var all []string
	for _, x := range r.Keys {
		all = append(all, x.String())
	}
	return strings.Join(all, "\n")
}

// A text that is not what it begins like is an error that names the variable and not its text.
func TestBrokenJSONInAVariable(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		`APP_HOSTS=["canary",b]`:       "$APP_HOSTS hosts: begins like JSON and is not valid JSON; put its strings in double quotes, or write a list as a,b",
		`APP_HOSTS=[canary]`:           "$APP_HOSTS hosts: begins like JSON and is not valid JSON",
		`APP_HOSTS=[1]`:                "$APP_HOSTS hosts[0]: must be a string, not a number; put it in quotes",
		`APP_LABELS=canary`:            "$APP_LABELS labels: must be a map, written key=value,key=value or as JSON",
		`APP_DB={"pol":1}`:             "$APP_DB db.pol: unknown key, did you mean db.pool?",
		`APP_DB={"pool":"canary"}`:     "$APP_DB db.pool: must be a whole number, not a string",
		`APP_SERVERS=[{"adr":"x"}]`:    "$APP_SERVERS servers[0].adr: unknown key",
		`APP_DB=canary`:                "$APP_DB db: has keys below it and cannot be set to a text, except to JSON in braces",
		`APP_PORTS=[1,"canary"]`:       "$APP_PORTS ports[1]: must be a whole number, not a string",
		`APP_LABELS={"a":"1","a":"2"}`: "$APP_LABELS labels: has a key twice",
	} {
		_, err := nacre.OpenWith[textConfig](t.Context(), quiet, vars(variable))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", variable, err, want)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error shows the text: %v", variable, err)
		}
	}
	type structDefault struct {
		DB struct{ Pool int } `config:"db" default:"{\"pool\":1}"`
	}
	if _, err := nacre.OpenWith[structDefault](t.Context(), quiet, memory.New("m.yaml", nil)); err == nil || !strings.Contains(err.Error(), "a struct cannot have a default") {
		t.Errorf("a default of a struct: %v", err)
	}
}

// A variable sets the key of a map that a document has in another spelling.
func TestAVariableFindsTheSpellingOfADocument(t *testing.T) {
	t.Parallel()
	m := memory.New("config.yaml", []byte("labels: {App-Name: document, other: document}"))
	applied := make(chan struct{}, 10)
	o := nacre.Options{Logger: quiet.Logger, Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.Applied && e.Version > 1 {
			applied <- struct{}{}
		}
	}}}
	cfg, err := nacre.OpenWith[textConfig](t.Context(), o, m, vars("APP_LABELS_APP_NAME=variable"))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if got := cfg.Get().Labels; !reflect.DeepEqual(got, map[string]string{"App-Name": "variable", "other": "document"}) {
		t.Errorf("the labels are %v", got)
	}
	x, err := cfg.Explain("labels.App-Name")
	if err != nil || len(x.LayerValues) != 2 || x.LayerValues[0].Position.Document != "$APP_LABELS_APP_NAME" {
		t.Errorf("Explain does not name the variable: %v, %v", x, err)
	}
	if unused := cfg.ExplainAll().UnusedKeys(); len(unused) > 0 {
		t.Errorf("the variable is reported as unused: %v", unused)
	}
	// The document takes another spelling while the service runs.
	m.Set([]byte("labels: {appName: document}"))
	<-applied
	if got := cfg.Get().Labels; !reflect.DeepEqual(got, map[string]string{"appName": "variable"}) {
		t.Errorf("after a change of the document the labels are %v", got)
	}
}
