package nacos_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The table of FromEnv has every variable that is read, and no other.
func TestFromEnvTable(t *testing.T) {
	t.Parallel()
	variable := regexp.MustCompile(`^(NACOS|nacos)_[A-Za-z_]+$`)
	read := map[string]bool{"nacos_remote_client_rpc_tls_": true}
	var table string
	for _, pattern := range []string{"env.go", "internal/envconf/*.go", "ram/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && variable.MatchString(text) {
						read[text] = true
					}
				case *ast.FuncDecl:
					if n.Name.Name == "FromEnv" && f.Name.Name == "nacos" {
						table = n.Doc.Text()
					}
				}
				return true
			})
		}
	}
	var listed []string
	for _, word := range regexp.MustCompile(`\b(NACOS|nacos)_[A-Za-z_]+`).FindAllString(table, -1) {
		if !slices.Contains(listed, word) {
			listed = append(listed, word)
		}
		if !read[word] {
			t.Errorf("the documentation of FromEnv lists %s, which nothing reads", word)
		}
	}
	for name := range read {
		if !slices.Contains(listed, name) {
			t.Errorf("the documentation of FromEnv does not list %s", name)
		}
	}
	if len(listed) < 25 {
		t.Errorf("the documentation of FromEnv lists %d variables", len(listed))
	}
}
