package archtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// platforms are what Load asks the go command about.
var platforms = []string{"linux", "darwin", "windows"}

// Load reads the module in dir. It runs the go command, which needs the required modules to be at
// hand.
func Load(ctx context.Context, dir string) (*Module, error) {
	m := &Module{}
	if err := m.loadGoMod(ctx, dir); err != nil {
		return nil, err
	}
	if err := m.loadFiles(dir); err != nil {
		return nil, err
	}
	for _, platform := range platforms {
		g, err := loadGraph(ctx, dir, platform)
		if err != nil {
			return nil, err
		}
		m.Graphs = append(m.Graphs, g)
	}
	described, err := os.ReadFile(filepath.Join(dir, "docs", "dependencies.md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m.Described = describedIn(string(described))
	return m, nil
}

func (m *Module) loadGoMod(ctx context.Context, dir string) error {
	// Read here too, so that the test cache knows that the result depends on it.
	if _, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil {
		return err
	}
	out, err := goCommand(ctx, dir, "", "mod", "edit", "-json")
	if err != nil {
		return err
	}
	var mod struct {
		Module  struct{ Path string }
		Require []Require
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return fmt.Errorf("go mod edit: %w", err)
	}
	m.Path, m.Requires = mod.Module.Path, mod.Require
	for _, r := range mod.Replace {
		m.Replaces = append(m.Replaces, r.Old.Path)
	}
	return nil
}

// loadFiles parses every Go file of the module, and the links of every Markdown file: not those of
// nested modules, and not what the go command passes over.
func (m *Module) loadFiles(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name == dir {
				return nil
			}
			if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return nil
		}
		code, text := strings.HasSuffix(base, ".go"), strings.HasSuffix(base, ".md")
		if !code && !text || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if text {
			m.Links = append(m.Links, ParseLinks(filepath.ToSlash(rel), string(src), func(target string) bool {
				_, err := os.Stat(filepath.Join(filepath.Dir(name), filepath.FromSlash(target)))
				return err == nil
			})...)
			return nil
		}
		f, err := ParseFile(filepath.ToSlash(rel), src)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, f)
		return nil
	})
}

func loadGraph(ctx context.Context, dir, platform string) (Graph, error) {
	out, err := goCommand(ctx, dir, platform, "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Error", "./...")
	if err != nil {
		return Graph{}, err
	}
	g := Graph{Platform: platform, Packages: map[string]Node{}}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Standard   bool
			Imports    []string
			Error      *struct{ Err string }
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return Graph{}, fmt.Errorf("go list: %w", err)
		}
		n := Node{Standard: p.Standard, Imports: p.Imports}
		if p.Error != nil {
			n.Broken = p.Error.Err
		}
		g.Packages[p.ImportPath] = n
	}
}

func goCommand(ctx context.Context, dir, platform string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// Without cgo the graph of a platform is the same wherever it is asked for.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "PWD="+dir)
	if platform != "" {
		cmd.Env = append(cmd.Env, "GOOS="+platform, "GOARCH=amd64")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

// A module is described in a row of a table whose first cell is its path.
var describedRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

func describedIn(doc string) []string {
	// Refused modules have a table of their own, below this heading.
	doc, _, _ = strings.Cut(doc, "\n## Refused")
	var all []string
	for _, match := range describedRow.FindAllStringSubmatch(doc, -1) {
		all = append(all, match[1])
	}
	return all
}
