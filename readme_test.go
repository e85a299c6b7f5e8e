package nacre_test

import (
	"os"
	"strings"
	"testing"
)

// The README's code is that of examples/service, which compiles.
func TestReadmeShowsCodeThatCompiles(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("examples/service/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok || len(block) < 500 {
		t.Fatal("the README has no code")
	}
	if !strings.Contains(string(code), block) {
		t.Error("the README's code is not in examples/service/main.go, word for word")
	}
}
