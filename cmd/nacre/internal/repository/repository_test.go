package repository_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const whole = `version: 1
documents:
- limits.yaml
- file: orders.yaml
  group: ORDERS
  type: yaml
  schema: schema/orders.json
  stage: 2
- file: "routes/*.yaml"
  stage: 3
  kind: routes
manifest:
  data_id: release.yaml
  audience:
  - {namespace: prod, service: orders}
  expires: 30d
environments:
  prod:
    context: production
    group: PROD
    policy: policy.yaml
    documents:
    - file: extra.json
      data_id: extra
    manifest: {data_id: release.yaml, signed: true}
  dev:
`

func TestParse(t *testing.T) {
	t.Parallel()
	r, err := repository.Parse([]byte(whole))
	if err != nil || len(r.Environments) != 2 {
		t.Fatalf("Parse returned %+v, %v", r, err)
	}
	prod, dev := r.Environments[0], r.Environments[1]
	if prod.Name != "prod" || prod.Context != "production" || prod.Group != "PROD" || prod.Overlay != "environments/prod" || prod.Base != "base" || prod.Policy != "policy.yaml" || len(prod.Documents) != 4 {
		t.Errorf("prod is %+v", prod)
	}
	if dev.Context != "" || dev.Group != "" || len(dev.Documents) != 3 || dev.Manifest.Signed {
		t.Errorf("dev is %+v", dev)
	}
	want := manifest.Audience{Namespace: "prod", Group: "*", Service: "orders"}
	if m := prod.Manifest; !m.Signed || m.DataID != "release.yaml" || m.Expires != 30*24*time.Hour || len(m.Audience) != 1 || m.Audience[0] != want {
		t.Errorf("the manifest is %+v", m)
	}
	if e := prod.Documents[1]; e.File != "orders.yaml" || e.Group != "ORDERS" || e.Stage != 2 || e.Schema != "schema/orders.json" || e.Line != 4 {
		t.Errorf("the second entry is %+v", e)
	}
	if e := prod.Documents[2]; e.Kind != repository.KindRoutes || prod.Documents[1].Kind != "" {
		t.Errorf("the third entry is %+v", e)
	}
	if _, err := r.Environment("stage"); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "prod, dev") {
		t.Errorf("an unknown environment: %v", err)
	}
	if e, err := r.Environment("dev"); err != nil || e.Name != "dev" {
		t.Errorf("Environment returned %+v, %v", e, err)
	}
}

// All mistakes come at once, in the order of their lines.
func TestMistakes(t *testing.T) {
	t.Parallel()
	text := `version: 2
documents:
- file: /etc/passwd
- file: ../outside.yaml
- file: a.yaml
  data_id: a b
  stage: 0
  color: red
  kind: route
- file: "x/*.yaml"
  data_id: x
- {}
manifest:
  expires: soon
  audience: everybody
environments:
  "pr od":
    group: ""
    documents: []
  dev:
    manifest: {data_id: m.yaml, signed: 1}
    dokuments: []
    group: A
    group: B
`
	_, err := repository.Parse([]byte(text))
	var all source.Problems
	if !errors.As(err, &all) {
		t.Fatalf("Parse returned %v", err)
	}
	var got []string
	for _, p := range all {
		if p.Position.Document != "nacre.yaml" || p.Position.Line == 0 {
			t.Errorf("a problem has no position: %+v", p)
		}
		got = append(got, strings.Join([]string{itoa(p.Position.Line), p.Key}, " "))
	}
	want := []string{
		"1 version", "3 documents[0].file", "4 documents[1].file", "6 documents[2].data_id", "7 documents[2].stage", "8 documents[2].color",
		"9 documents[2].kind", "10 documents[3].data_id", "12 documents[4].file", "14 manifest.expires", "14 manifest.data_id", "15 manifest.audience", "18 environments.pr od",
		"18 environments.pr od.group", "21 environments.dev.manifest.signed", "22 environments.dev.dokuments", "24 environments.dev.group",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the problems are\n %q, want\n %q\n%v", got, want, err)
	}
}

// A document that is in one list twice is a mistake with its line. The list of an environment
// replaces entries of the list for all, and a file replaces that of a pattern.
func TestDocumentsListedTwice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"documents: [a.yaml, b.yaml,\n  a.yaml]\nenvironments: {dev: }":                                            "nacre.yaml:3:3 documents[2]: is the document of line 2 again; list it once",
		"documents: [a.yaml]\nenvironments:\n  dev:\n    documents:\n    - c.yaml\n    - {file: c.yaml, stage: 2}": "nacre.yaml:7:7 environments.dev.documents[1]: is the document of line 6 again",
		"documents:\n- a.yaml\n- {file: x/other.yaml, data_id: a.yaml}\nenvironments: {dev: }":                     "nacre.yaml:4:3 documents[1]: is the document of line 3 again",
		"documents: [x/*.yaml,\n  x/*.yaml]\nenvironments: {dev: }":                                                "nacre.yaml:3:3 documents[1]: is the document of line 2 again",
		"documents: [a.yaml, x/*.yaml, {file: x/a.yaml, group: B}]\nenvironments: {dev: {documents: [a.yaml]}}":    "",
	} {
		_, err := repository.Parse([]byte("version: 1\n" + text))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s\nis the mistake %q, want %q", text, got, want)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestNotYAML(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "a comment": "# nothing\n", "a list": "- a\n", "two documents": "version: 1\n---\nversion: 1\n", "a tab": "version: 1\n\tx: 1\n",
		"nothing named": "version: 1\nenvironments: {}\n", "no version": "environments: {a: {documents: [x.yaml]}}\n",
		"no documents": "version: 1\nenvironments: {a: }\n", "an alias": "version: 1\na: &a {x: 1}\nenvironments: *a\n",
		"a secret": "version: hunter2-canary\nenvironments: [hunter2-canary\n",
	} {
		_, err := repository.Parse([]byte(text))
		var all source.Problems
		if !errors.As(err, &all) || len(all) == 0 || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"nacre.yaml": whole, "base/limits.yaml": "v: base", "base/orders.yaml": "v: base", "base/routes/b.yaml": "v: b", "base/routes/a.yaml": "v: a",
		"environments/prod/orders.yaml": "v: prod", "environments/prod/routes/c.yaml": "v: c", "environments/prod/extra.json": "{}",
	})
	r, err := repository.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"prod": {
			"1 PROD/limits.yaml base/limits.yaml v: base", "1 PROD/extra environments/prod/extra.json {}", "2 ORDERS/orders.yaml environments/prod/orders.yaml v: prod",
			"3 PROD/a.yaml base/routes/a.yaml v: a", "3 PROD/b.yaml base/routes/b.yaml v: b", "3 PROD/c.yaml environments/prod/routes/c.yaml v: c",
		},
		"dev": {
			"1 /limits.yaml base/limits.yaml v: base", "2 ORDERS/orders.yaml base/orders.yaml v: base", "3 /a.yaml base/routes/a.yaml v: a", "3 /b.yaml base/routes/b.yaml v: b",
		},
	} {
		env, err := r.Environment(name)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := r.Load(env)
		var got []string
		for _, d := range docs {
			got = append(got, itoa(d.Stage)+" "+d.Group+"/"+d.DataID+" "+d.File+" "+string(d.Content))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has\n %q, %v, want\n %q", name, got, err, want)
		}
	}
}

// What is wrong with the files is reported together, and nothing outside of the folder is read.
func TestLoadMistakes(t *testing.T) {
	t.Parallel()
	outside := folder(t, map[string]string{"secret.yaml": "password: hunter2-canary"})
	dir := folder(t, map[string]string{
		"nacre.yaml":      "version: 1\nenvironments:\n  prod:\n    documents:\n    - gone.yaml\n    - empty.yaml\n    - latin.yaml\n    - link.yaml\n    - none/*.yaml\n    - 'a b.yaml'\n",
		"base/empty.yaml": " \n", "base/latin.yaml": "v: \xfc", "base/a b.yaml": "v: 1",
	})
	if err := os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(dir, "base", "link.yaml")); err != nil {
		t.Skip(err)
	}
	r, err := repository.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Load(&r.Environments[0])
	var all source.Problems
	if !errors.As(err, &all) || len(all) != 6 || strings.Contains(err.Error(), "canary") {
		t.Fatalf("Load returned %v, want six problems", err)
	}
	for i, says := range []string{"neither environments/prod/gone.yaml nor base/gone.yaml", "is empty", "UTF-8", "base/link.yaml", "no file matches", "data_id"} {
		if !strings.Contains(all[i].Error(), says) || all[i].Position.Line != 5+i {
			t.Errorf("problem %d is %v, want %q in line %d", i, all[i], says, 5+i)
		}
	}
	if _, err := repository.Open(t.TempDir()); source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "nacre.yaml") {
		t.Errorf("a folder without nacre.yaml: %v", err)
	}
}

// FuzzParse: whatever a file says, Parse ends, and says where the mistake is.
func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("version: 1\nenvironments: {a: {documents: [x.yaml]}}")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := repository.Parse([]byte(text))
		var all source.Problems
		switch {
		case err == nil && len(r.Environments) == 0:
			t.Error("a repository without environments")
		case err != nil && !errors.As(err, &all):
			t.Errorf("the error is %T", err)
		}
	})
}
