package nacre_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// The first code of these documents is that of a program, which compiles.
func TestReadmeShowsCodeThatCompiles(t *testing.T) {
	t.Parallel()
	for document, program := range map[string]string{
		"README.md":               "examples/service/main.go",
		"docs/getting-started.md": "examples/start/main.go",
	} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		code, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "```go\n")
		block, _, ok := strings.Cut(rest, "```")
		if !ok || len(block) < 500 {
			t.Fatalf("%s has no code", document)
		}
		if !strings.Contains(string(code), block) {
			t.Errorf("the code of %s is not in %s, word for word", document, program)
		}
	}
}

// README_zh.md is a translation. It has the code and the table of README.md as they are, and names
// the digest of the README.md that it translates, so that no change is forgotten.
func TestTheChineseReadmeIsInStep(t *testing.T) {
	t.Parallel()
	english, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := os.ReadFile("README_zh.md")
	if err != nil {
		t.Fatal(err)
	}
	between := func(text, begin, end string) string {
		_, rest, _ := strings.Cut(text, begin)
		inside, _, _ := strings.Cut(rest, end)
		return inside
	}
	for what, marks := range map[string][2]string{
		"code":  {"```go\n", "```"},
		"table": {"-->\n\n", "<!-- end -->"},
	} {
		if want := between(string(english), marks[0], marks[1]); want == "" || !strings.Contains(string(chinese), want) {
			t.Errorf("README_zh.md does not have the %s of README.md", what)
		}
	}
	inStep(t, "README_zh.md", "README.md")
}

// The translations of whole pages name the digest of the page that they translate. The other pages
// in docs/zh have the main points, and say so.
func TestTheChinesePagesAreInStep(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"config-as-code.md"} {
		inStep(t, "docs/zh/"+page, "docs/"+page)
	}
}

// inStep fails if a translation does not name the digest of what it translates.
func inStep(t *testing.T, translation, page string) {
	t.Helper()
	english, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := os.ReadFile(translation)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(english)
	if line := "<!-- This translates " + page + " " + hex.EncodeToString(sum[:6]) + " -->"; !strings.Contains(string(chinese), line) {
		t.Errorf("%s has changed: bring %s up to date, and let it say %s", page, translation, line)
	}
}
