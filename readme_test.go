package nacre_test

import (
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
