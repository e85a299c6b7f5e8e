package cli_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
)

const (
	invalidYAML = "version: [1\n"
	goodRepo    = "version: 1\ndocuments: [a.yaml]\nenvironments: {prod: {policy: policy.yaml}}\n"
	goodSchema  = `{"type": "object"}`
)

// A file whose content is not valid ends a command with 5, whatever the file and the command are,
// and a file that does not exist ends it with 2.
func TestExitCodesOfFiles(t *testing.T) {
	t.Parallel()
	srv := start(t)
	plan := savedPlan(t, srv.Addr())
	repository := map[string]string{"nacre.yaml": goodRepo, "base/a.yaml": "a: 1\n", "policy.yaml": "version: 1\n"}
	with := func(name, content string) map[string]string {
		files := map[string]string{name: content}
		for other, text := range repository {
			if other != name {
				files[other] = text
			}
		}
		return files
	}
	for what, c := range map[string]struct {
		args    string // {} is the file
		file    string
		invalid string
		files   map[string]string // others
		missing int               // the exit code without the file; 0: it need not exist
	}{
		"contexts file":               {"get a.yaml", "config.yaml", invalidYAML, nil, 0},
		"contexts file of context":    {"context list", "config.yaml", "contexts: {a: {}}\n", nil, 0},
		"document of check":           {"check {} --schema schema.json", "a.yaml", invalidYAML, map[string]string{"schema.json": goodSchema}, 2},
		"schema of check":             {"check a.yaml --schema {}", "schema.json", "{", map[string]string{"a.yaml": "a: 1\n"}, 2},
		"declaration of check":        {"check a.yaml --schema {}", "schema.json", `{"schema_version": 9, "schema": {}}`, map[string]string{"a.yaml": "a: 1\n"}, 2},
		"nacre.yaml of check":         {"check -C .", "nacre.yaml", invalidYAML, with("nacre.yaml", ""), 2},
		"nacre.yaml of plan":          {"plan prod -C . --server $S", "nacre.yaml", invalidYAML, with("nacre.yaml", ""), 2},
		"nacre.yaml of verify":        {"verify prod -C . --server $S", "nacre.yaml", "version: 1\n", with("nacre.yaml", ""), 2},
		"nacre.yaml of rollback":      {"rollback prod 1 -C . --server $S --reason x --author a", "nacre.yaml", invalidYAML, with("nacre.yaml", ""), 2},
		"document of plan":            {"plan prod -C . --server $S", "base/a.yaml", "a: [\n", with("base/a.yaml", ""), 5}, // nacre.yaml names it
		"policy":                      {"plan prod -C . --server $S", "policy.yaml", "limit: 1\n", with("policy.yaml", ""), 5},
		"policy that is not YAML":     {"plan prod -C . --server $S", "policy.yaml", invalidYAML, with("policy.yaml", ""), 5},
		"schema of nacre.yaml":        {"plan prod -C . --server $S", "s.json", "[", map[string]string{"nacre.yaml": "version: 1\ndocuments: [{file: a.yaml, schema: s.json}]\nenvironments: {prod: {}}\n", "base/a.yaml": "a: 1\n"}, 5},
		"plan of apply":               {"apply {} -C . --server $S --reason x --author a", "prod.plan", strings.Replace(plan, "prod", "test", 1), repository, 2},
		"plan of impact":              {"impact {} --declaration d.json", "prod.plan", "{}", map[string]string{"d.json": "{}"}, 2},
		"plan of canary remove":       {"canary remove {} -C . --server $S --canary-tag x", "prod.plan", "{}", repository, 2},
		"declaration of impact":       {"impact prod.plan --declaration {}", "d.json", "{}", map[string]string{"prod.plan": plan}, 2},
		"key of apply":                {"apply prod.plan -C . --server $S --reason x --author a --key {}", "k.pem", "hunter2", with("prod.plan", plan), 2},
		"key of sign":                 {"sign m.yaml --key {}", "k.pem", "hunter2", map[string]string{"m.yaml": "release: 1\n"}, 2},
		"list of a folder to compare": {"diff ./out --server $S", "out/nacre-export.yaml", invalidYAML, nil, 2},
		"list of a folder to import":  {"import out --server $S", "out/nacre-export.yaml", "version: 7\n", nil, 2},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for _, there := range []bool{true, false} {
				dir := t.TempDir()
				files := map[string]string{}
				maps.Copy(files, c.files)
				delete(files, c.file)
				want := c.missing
				if there {
					files[c.file], want = c.invalid, 5
				}
				for name, content := range files {
					path := filepath.Join(dir, filepath.FromSlash(name))
					if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if !there && want == 0 {
					continue
				}
				in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
				var args []string
				for word := range strings.FieldsSeq(c.args) {
					_, isFile := files[word]
					switch {
					case word == "{}":
						word = in(c.file)
					case word == "$S":
						word = srv.Addr()
					case word == ".":
						word = dir
					case isFile, word == "out", word == "./out":
						word = in(word)
					}
					args = append(args, word)
				}
				var out, errs bytes.Buffer
				code := cli.Main(&cli.Env{
					Args: args, In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Environ: []string{"NACRE_CONFIG=" + in("config.yaml")},
				})
				if code != want {
					t.Errorf("nacre %s with the file (%v) ends with %d, want %d:\n%s%s", c.args, there, code, want, out.String(), errs.String())
				}
				if there && !strings.Contains(errs.String()+out.String(), filepath.Base(c.file)) && !strings.Contains(errs.String(), "plan") && !strings.Contains(errs.String(), "key") {
					t.Errorf("nacre %s does not say which file is wrong: %s", c.args, errs.String())
				}
			}
		})
	}
}

// savedPlan returns the text of a plan.
func savedPlan(t *testing.T, server string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"nacre.yaml": "version: 1\ndocuments: [a.yaml]\nenvironments: {prod: {}}\n", "base/a.yaml": "a: 1\n"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "prod.plan")
	if code, _, errs := run(t, "plan", "prod", "-C", dir, "--server", server, "--out", path); code != 0 {
		t.Fatalf("no plan: %s", errs)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
