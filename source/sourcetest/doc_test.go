package sourcetest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What docs/writing-a-source.md shows is the code that is tested here: each of its Go blocks stands
// in one of these files, and all that stands between their marks is in the document.
func TestDocumentShowsTestedCode(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	doc := read("../../docs/writing-a-source.md")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) == 0 {
		t.Fatal("the document shows no code")
	}
	for _, file := range []string{"example_http_test.go", "example_push_test.go", "example_decorator_test.go"} {
		_, shown, ok := strings.Cut(read(file), "word for word.\n")
		shown, _, ok2 := strings.Cut(shown, "// The marks end here.")
		if !ok || !ok2 {
			t.Fatalf("%s has no marks", file)
		}
		rest := shown
		for _, b := range blocks {
			rest = strings.Replace(rest, b[1], "", 1)
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			t.Errorf("%s has code between its marks that the document does not show:\n%s", file, rest)
		}
		for i, b := range blocks {
			if strings.Contains(shown, b[1]) {
				blocks[i][1] = "" // found; a block of the document stands in one file
			}
		}
	}
	for _, b := range blocks {
		if b[1] != "" {
			t.Errorf("the document shows code that is not tested:\n%s", b[1])
		}
	}
}
