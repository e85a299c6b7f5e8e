package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type typedRefs struct {
	Port  int           `config:"port" validate:"lte=65535"`
	On    bool          `config:"on"`
	Wait  time.Duration `config:"wait"`
	Max   binder.Size   `config:"max"`
	Rate  float64       `config:"rate"`
	Hosts []string      `config:"hosts"`
	Name  string        `config:"name"`
	Pass  nacre.Secret  `config:"pass"`
	Any   any           `config:"any"`
}

// store resolves names that exist; a name that begins with "down" is an outage.
func store(values map[string]string) func(context.Context, string) (string, error) {
	return func(_ context.Context, name string) (string, error) {
		if strings.HasPrefix(name, "down") {
			return "", errors.New("the store is down")
		}
		text, ok := values[name]
		if !ok {
			return "", fmt.Errorf("no entry: %w", fs.ErrNotExist)
		}
		return text, nil
	}
}

func openRefs(t *testing.T, name, text string, options ...nacre.LayerOption) (typedRefs, error) {
	t.Helper()
	cfg, err := nacre.OpenWith[typedRefs](t.Context(), nacre.Options{Logger: quiet.Logger, BootTimeout: time.Second}, nacre.Layer(memory.New(name, []byte(text)), options...))
	if err != nil {
		return typedRefs{}, err
	}
	defer cfg.Close()
	return *cfg.Get(), nil
}

// A reference that is the whole value of a key is read as the field needs, in every format.
func TestReferencesInFieldsOfAllTypes(t *testing.T) {
	t.Parallel()
	values := store(map[string]string{"port": "8080", "on": "true", "wait": "1d", "max": "64Mi", "rate": "0.5", "hosts": "a,b", "json": `["a","b"]`, "name": "7", "pass": "p"})
	want := typedRefs{Port: 8080, On: true, Wait: 24 * time.Hour, Max: 64 << 20, Rate: 0.5, Hosts: []string{"a", "b"}, Name: "7", Pass: nacre.NewSecret("p"), Any: "8080"}
	for name, text := range map[string]string{
		"c.yaml":       "port: \"${s:port}\"\non: ${s:on}\nwait: ${s:wait}\nmax: ${s:max}\nrate: ${s:rate}\nhosts: ${s:hosts}\nname: ${s:name}\npass: ${s:pass}\nany: ${s:port}\n",
		"c.json":       `{"port":"${s:port}","on":"${s:on}","wait":"${s:wait}","max":"${s:max}","rate":"${s:rate}","hosts":"${s:json}","name":"${s:name}","pass":"${s:pass}","any":"${s:port}"}`,
		"c.toml":       "port = \"${s:port}\"\non = \"${s:on}\"\nwait = \"${s:wait}\"\nmax = \"${s:max}\"\nrate = \"${s:rate}\"\nhosts = \"${s:hosts}\"\nname = \"${s:name}\"\npass = \"${s:pass}\"\nany = \"${s:port}\"\n",
		"c.properties": "port=${s:port}\non=${s:on}\nwait=${s:wait}\nmax=${s:max}\nrate=${s:rate}\nhosts=${s:json}\nname=${s:name}\npass=${s:pass}\nany=${s:port}\n",
	} {
		if got, err := openRefs(t, name, text, nacre.Resolve("s", values)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, %v, want %+v", name, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"port: ${s:name-x}": "cannot be resolved",
		"port: ${s:wait}":   "must be a whole number",
		"port: 1${s:port}":  "AllowEmbedding",
		"port: ${s:big}":    "must be at most 65535",
	} {
		_, err := openRefs(t, "c.yaml", text, nacre.Resolve("s", store(map[string]string{"wait": "canary", "port": "8", "big": "70000"})))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if got, err := openRefs(t, "c.yaml", "port: 1${s:port}", nacre.Resolve("s", store(map[string]string{"port": "8"})), nacre.AllowEmbedding("s")); err != nil || got.Port != 18 {
		t.Errorf("a reference as a part of a number, which AllowEmbedding allows, gives %d, %v", got.Port, err)
	}
}

// A default takes the place of a name that does not exist, and of nothing else.
func TestDefaultsOfReferences(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "name"), []byte("of the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NACRE_TEST_PORT", "9090")
	t.Setenv("NACRE_TEST_EMPTY", "")
	options := []nacre.LayerOption{
		nacre.ResolveEnv("NACRE_TEST_PORT", "NACRE_TEST_NONE", "NACRE_TEST_EMPTY"), nacre.ResolveFiles(dir),
		nacre.Resolve("s", store(map[string]string{"arn:aws:x": "by arn", "a": "short"})),
	}
	for text, want := range map[string]string{
		"${env:NACRE_TEST_PORT:1}":                     "9090",
		"${env:NACRE_TEST_NONE:8080}":                  "8080",
		"${env:NACRE_TEST_NONE::8080}":                 ":8080",
		"${env:NACRE_TEST_NONE:pg://u@h:5432/db}":      "pg://u@h:5432/db",
		"${env:NACRE_TEST_NONE:}":                      "",
		"${env:NACRE_TEST_EMPTY:x}":                    "",
		"${file:name:x}":                               "of the file",
		"${file:none:x}":                               "x",
		"${s:arn:aws:x}":                               "by arn",
		"${s:a:b}":                                     "short",
		"${s:b:c}":                                     "c",
		"pg://${env:NACRE_TEST_NONE:h}:${file:none:1}": "pg://h:1",
	} {
		if got, err := openRefs(t, "c.yaml", fmt.Sprintf("name: %q", text), options...); err != nil || got.Name != want {
			t.Errorf("%s is %q, %v, want %q", text, got.Name, err, want)
		}
	}
	for text, want := range map[string]string{
		"${s:down:canary}":                           "${s:down:…} cannot be resolved: the store is down",
		"${env:NACRE_TEST_OTHER:canary}":             "not among those",
		"${env:NACRE_TEST_NONE}":                     "the variable is not set",
		"${file:none}":                               "no such file",
		"${file:../x:canary}":                        "not in the folder",
		"${env:NACRE_TEST_NONE:-8080}":               "its default begins with '-'; write ${env:name:default} without ':-'",
		"${env:NACRE_TEST_NONE:${env:NACRE_TEST_X}}": "references do not nest",
	} {
		_, err := openRefs(t, "c.yaml", fmt.Sprintf("name: %q", text), options...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	_, err := openRefs(t, "c.yaml", "name: ${file:x:default}", nacre.ResolveFiles(filepath.Join(dir, "not mounted yet")))
	if err == nil || !strings.Contains(err.Error(), "the folder that was named for references does not exist") {
		t.Errorf("a folder that does not exist counts as a file that does not: %v", err)
	}
}

// A reference in a layer without a resolver is an error if it surely is one, and is reported if it
// may be one.
func TestReferencesThatNobodyResolves(t *testing.T) {
	t.Parallel()
	const is = "and its layer has no resolver - give nacre.Layer the option ResolveEnv"
	for text, want := range map[string]string{
		"port: ${env:PORT}":        "c.yaml:1:7 port: is a reference of the scheme env, " + is,
		"port: \"${vault:port}\"":  "port: is a reference of the scheme vault, " + is,
		"pass: ${file:canary}":     "pass: is a reference of the scheme file, " + is,
		"pass: ${file:x:canary-d}": "pass: is a reference of the scheme file, " + is,
	} {
		_, err := openRefs(t, "c.yaml", text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") || source.KindOf(err) != source.Invalid || strings.Count(err.Error(), "port") > 2 {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"name: ${env:HOME}":              "c.yaml:1:7 name: has a reference of the scheme env, for which its layer has no resolver",
		"name: in ${file:x} and":         "scheme file",
		"name: ${vault:x}":               "scheme vault",
		"name: \"%d ${date:yyyy} %m\"":   "",
		"name: ${HOME}":                  "",
		"any: {a: [x, \"${env:HOME}\"]}": "any.a[1]",
	} {
		var events []observe.Event
		o := nacre.Options{Logger: quiet.Logger, Observers: []observe.Observer{func(e observe.Event) {
			if e.Kind == observe.ReferenceUnresolved {
				events = append(events, e)
			}
		}}}
		cfg, err := nacre.OpenWith[typedRefs](t.Context(), o, memory.New("c.yaml", []byte(text)))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := strings.Join(cfg.Health().Layers[0].Unresolved, "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) || len(events) != len(cfg.Health().Layers[0].Unresolved) {
			t.Errorf("%s is reported as %q, with the events %v, want %q", text, got, events, want)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	}
	// Another layer resolves the scheme, so this layer was forgotten.
	_, err := nacre.OpenWith[typedRefs](t.Context(), quiet, memory.New("c.yaml", []byte("name: ${s:a}")),
		nacre.Layer(memory.New("d.yaml", nil), nacre.Resolve("s", store(nil))))
	if err == nil || !strings.Contains(err.Error(), "name: is a reference of the scheme s") {
		t.Errorf("a reference in the wrong layer: %v", err)
	}
}
