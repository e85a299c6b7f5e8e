package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// steps are those of .ci/run.
func steps(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^all=\((.*)\)$`).FindSubmatch(text)
	if match == nil {
		t.Fatal(".ci/run has no line that lists all steps")
	}
	return strings.FieldsFunc(string(match[1]), func(r rune) bool { return strings.ContainsRune(" +,", r) })
}

// TestEachStepIsDescribedAndRuns holds that CONTRIBUTING.md describes each step of .ci/run, and
// that the workflow runs it once.
func TestEachStepIsDescribedAndRuns(t *testing.T) {
	t.Parallel()
	contributing, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Strategy struct {
				Matrix struct {
					Include []struct {
						Group, Steps string
						Java         bool
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	runs := map[string]int{}
	for _, job := range workflow.Jobs {
		for _, group := range job.Strategy.Matrix.Include {
			names := strings.Fields(group.Steps)
			for _, name := range names {
				runs[name]++
			}
			if slices.Contains(names, "nacos") && !group.Java {
				t.Errorf("the group %s runs a real Nacos without Java", group.Group)
			}
		}
	}
	for _, step := range steps(t) {
		if !strings.Contains(string(contributing), "\n| "+step+" | ") {
			t.Errorf("CONTRIBUTING.md does not describe the step %s", step)
		}
		if n := runs[step]; n != 1 && step != "machine" { // it installs what a runner has
			t.Errorf("the workflow runs the step %s %d times, want once", step, n)
		}
		delete(runs, step)
	}
	for name := range runs {
		t.Errorf("the workflow runs %s, which is not a step of .ci/run", name)
	}
}

// TestGitHubFiles holds that the files of .github can be read, and that dependabot watches every
// module.
func TestGitHubFiles(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"*.yml", "*/*.yml"} {
		more, err := filepath.Glob("../../.github/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) < 6 {
		t.Errorf("only %v are found", files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := yaml.Unmarshal(text, &content); err != nil || len(content) == 0 {
			t.Errorf("%s is not YAML with keys: %v", file, err)
		}
	}

	text, err := os.ReadFile("../../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var dependabot struct {
		Updates []struct {
			Ecosystem string `yaml:"package-ecosystem"`
			Directory string
		}
	}
	if err := yaml.Unmarshal(text, &dependabot); err != nil {
		t.Fatal(err)
	}
	watched := map[string]bool{}
	for _, u := range dependabot.Updates {
		watched[u.Ecosystem+" "+u.Directory] = true
	}
	wanted := []string{"github-actions /"}
	for _, pattern := range []string{"../../go.mod", "../../*/go.mod", "../../*/*/go.mod", "../../*/*/*/go.mod"} {
		modules, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range modules {
			folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../..")
			wanted = append(wanted, "gomod /"+strings.TrimPrefix(folder, "/"))
		}
	}
	if len(wanted) < 3 {
		t.Errorf("only the modules %v are found", wanted)
	}
	for _, want := range wanted {
		if !watched[want] {
			t.Errorf("dependabot does not watch %s", want)
		}
		delete(watched, want)
	}
	for unknown := range watched {
		t.Errorf("dependabot watches %s, where there is nothing", unknown)
	}
}
