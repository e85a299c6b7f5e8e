package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// Type is a struct of a Go module: its package and its name, and a function of the package that
// returns the service's nacre.Options, or "".
type Type struct {
	Package string // as "go list" knows it: "./internal/conf"
	Name    string // "Config"
	Options string // "Options", or empty
	Dir     string // where the go command runs; empty: the working directory of the process
	Env     []string
}

// ParseType reads "./internal/conf.Config".
func ParseType(text string) (Type, error) {
	dot := strings.LastIndexByte(text, '.')
	if dot <= strings.LastIndexByte(text, '/') || dot <= 0 || !isName(text[dot+1:]) {
		return Type{}, exit.With(exit.Usage, fmt.Errorf("%q is not a type", text), "write a package and an exported type, such as ./internal/conf.Config")
	}
	return Type{Package: text[:dot], Name: text[dot+1:]}, nil
}

// isName reports whether a text is an exported name of Go. What is not must not enter a program.
func isName(text string) bool { return token.IsIdentifier(text) && token.IsExported(text) }

// program is the source of the checker. Its folder is below that of the package, so that it may
// import the package if that is internal.
const program = `package main

import (
	"github.com/nacre-go/nacre"

	checked %q
)

func main() { nacre.CheckMain[checked.%s](%s) }
`

// Check compiles the program and runs it. The program is in a temporary folder; nothing is written
// to the user's module.
func (t Type) Check(ctx context.Context, r Request) (Report, error) {
	temp, err := os.MkdirTemp("", "nacre-check-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(temp)
	path, err := t.build(ctx, temp)
	if err != nil {
		return Report{}, err
	}
	return Program{Path: path, Dir: t.Dir, Env: t.Env}.Check(ctx, r)
}

func (t Type) build(ctx context.Context, temp string) (string, error) {
	options := "nacre.Options{}"
	if t.Options != "" {
		options = "checked." + t.Options + "()"
	}
	if !isName(t.Name) || t.Options != "" && !isName(t.Options) {
		return "", exit.With(exit.Usage, fmt.Errorf("%q is not the name of a type with %q as its options", t.Name, t.Options), "use exported names")
	}
	out, err := t.run(ctx, "list", "-json=Dir,ImportPath,Name", "--", t.Package)
	if err != nil {
		return "", err
	}
	var found struct{ Dir, ImportPath, Name string }
	decoder := json.NewDecoder(bytes.NewReader(out))
	if err := decoder.Decode(&found); err != nil {
		return "", fmt.Errorf("read what go list printed: %w", err)
	}
	if decoder.More() {
		return "", exit.With(exit.Usage, fmt.Errorf("%q is more than one package", t.Package), "name one")
	}
	if found.Name == "main" {
		return "", exit.With(exit.Usage, fmt.Errorf("package %s is a program, which no other program can import", t.Package),
			"move the type to a package of its own, or use a validator with nacre.CheckMain")
	}
	source := filepath.Join(temp, "main.go")
	if err := os.WriteFile(source, fmt.Appendf(nil, program, found.ImportPath, t.Name, options), 0o600); err != nil {
		return "", err
	}
	const folder = "nacre_check_program"
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(found.Dir, folder, "main.go"): source}})
	if err != nil {
		return "", err
	}
	overlaid := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(overlaid, overlay, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(temp, "check")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	_, err = t.run(ctx, "build", "-overlay", overlaid, "-o", binary, found.ImportPath+"/"+folder)
	return binary, err
}

// run runs the go command. Its errors are those of the user's code, so they are shown.
func (t Type) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = t.Dir, t.Env, 5*time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, exit.With(exit.Usage, errors.New("the go command is not installed"), "install Go, or use a validator with nacre.CheckMain, or a JSON Schema")
	}
	return nil, exit.With(exit.Usage, fmt.Errorf("compile a check of %s.%s: %w:\n%s", t.Package, t.Name, err, strings.TrimSpace(errs.String())), "")
}
