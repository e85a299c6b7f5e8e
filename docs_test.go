package nacre_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	shownBy  = regexp.MustCompile("`([A-Z_]+=[0-9]+ )?go test ([^`]+)`")
	testName = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Example|Fuzz)\w*)\(`)
)

// Every command of the threat model runs a test: each of its packages has one that the command
// names, and each name is that of one.
func TestTheThreatModelNamesTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := shownBy.FindAllStringSubmatch(strings.ReplaceAll(string(text), `\|`, "|"), -1)
	if len(commands) < 15 {
		t.Errorf("only %d commands are found", len(commands))
	}
	for _, command := range commands {
		var patterns, packages []string
		words := strings.Fields(command[2])
		for i := 0; i < len(words); i++ {
			switch word := words[i]; {
			case word == "-run" || word == "-bench":
				i++
				patterns = strings.Split(strings.Trim(words[i], "'"), "|")
			case !strings.HasPrefix(word, "-"):
				packages = append(packages, word)
			}
		}
		var names []string
		for _, p := range packages {
			found := testsOf(t, p)
			if len(found) == 0 {
				t.Errorf("%s: there are no tests in %s", command[0], p)
			}
			names = append(names, found...)
		}
		for _, pattern := range patterns {
			if !regexp.MustCompile(pattern).MatchString(strings.Join(names, " ")) {
				t.Errorf("%s: no test is called like %s", command[0], pattern)
			}
		}
	}
}

// testsOf returns the names of the tests of a package.
func testsOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// docs/adr/README.md lists every decision record with its title.
func TestTheRecordsAreListed(t *testing.T) {
	t.Parallel()
	records, err := filepath.Glob("docs/adr/[0-9]*.md")
	if err != nil || len(records) < 20 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	table := "| | Decision |\n|---|---|\n"
	for _, record := range records {
		text, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		heading, _, _ := strings.Cut(string(text), "\n")
		number, title, ok := strings.Cut(strings.TrimPrefix(heading, "# "), ". ")
		if !ok || !strings.HasPrefix(filepath.Base(record), strings.Repeat("0", max(0, 4-len(number)))+number+"-") {
			t.Errorf("%s begins with %q, and not with its number and title", record, heading)
		}
		table += "| [" + number + "](" + filepath.Base(record) + ") | " + title + " |\n"
	}
	checkTable(t, "docs/adr/README.md", table)
}

var namedTest = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w*`)

// Every test that a document names is there; the name may be the beginning of one.
func TestDocumentsNameTests(t *testing.T) {
	t.Parallel()
	var all []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if err == nil && d.IsDir() {
			all = append(all, testsOf(t, path)...)
		}
		return err
	})
	if err != nil || len(all) < 500 {
		t.Fatalf("%d tests are found, %v", len(all), err)
	}
	for file, text := range documents(t) {
		for _, name := range namedTest.FindAllString(text, -1) {
			if !slices.ContainsFunc(all, func(test string) bool { return strings.HasPrefix(test, name) }) {
				t.Errorf("%s names %s, and there is no such test", file, name)
			}
		}
	}
}

var qualified = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)`)

// Every qualified name of this module's packages in a document, such as nacos.NewClient, is
// declared in the package; decision records may also name what they removed.
func TestDocumentsNameTheAPI(t *testing.T) {
	t.Parallel()
	code := map[string]string{} // by the last part of the package's path
	sources := readAll(t, "*.go", "*/*.go", "providers/*/*.go", "providers/nacos/*/*.go", "source/*/*.go", "observe/*/*.go", "observe/*/*/*.go")
	for file, text := range sources {
		if !strings.HasSuffix(file, "_test.go") {
			code[filepath.Base(filepath.Dir(file))] += text
		}
	}
	code["nacre"] = code["."]
	for file, text := range documents(t) {
		if strings.HasPrefix(file, "docs/adr/") {
			continue
		}
		for _, m := range qualified.FindAllStringSubmatch(text, -1) {
			declared := regexp.MustCompile(`(?m)^((func |type |const |var )` + m[2] + `\b|\t` + m[2] + `\b.* = )`)
			if in, ours := code[m[1]]; ours && !declared.MatchString(in) {
				t.Errorf("%s names %s, and package %s has no such name", file, m[0], m[1])
			}
		}
	}
}

// documents returns the texts of the Markdown files for readers, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	return readAll(t, "*.md", "docs/*.md", "docs/adr/*.md")
}

// readAll returns the texts of the files that match the patterns, by their path.
func readAll(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(text)
		}
	}
	return texts
}
