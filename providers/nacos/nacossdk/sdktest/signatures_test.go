package sdktest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/log-signatures.md has lines of the SDK. Each is in the source of the SDK.
func TestTheLinesOfTheSDKAreThoseOfItsSource(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/nacos-group/nacos-sdk-go/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	err = filepath.WalkDir(strings.TrimSpace(string(out)), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		source.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../../../docs/log-signatures.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(document), "<!-- sdk: begin -->")
	table, _, _ = strings.Cut(table, "<!-- sdk: end -->")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1)
	if len(rows) < 10 {
		t.Fatalf("the document has %d lines of the SDK", len(rows))
	}
	for _, row := range rows {
		for part := range strings.SplitSeq(row[1], "…") {
			if !strings.Contains(source.String(), part) {
				t.Errorf("the source of the SDK does not have %q, of the line %q", part, row[1])
			}
		}
	}
}
