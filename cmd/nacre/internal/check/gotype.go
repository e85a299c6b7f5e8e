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

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
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

// checker is the source of the program that checks. Its folder is below that of the package, so
// that it may import the package if that is internal.
const checker = `package main

import (
	"github.com/nacre-go/nacre"

	checked %q
)

func main() { nacre.CheckMain[checked.%s](%s) }
`

// declarer is the source of the program that describes the struct.
const declarer = `package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/describe"
	"github.com/nacre-go/nacre/observe"

	checked %q
)

func main() {
	var options nacre.Options = %[3]s
	d, err := describe.Of[checked.%[2]s](options.Binder...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	type key struct {
		Path       string   ` + "`json:\"path\"`" + `
		Type       string   ` + "`json:\"type\"`" + `
		Secret     bool     ` + "`json:\"secret,omitempty\"`" + `
		Restart    bool     ` + "`json:\"restart,omitempty\"`" + `
		Deprecated string   ` + "`json:\"deprecated,omitempty\"`" + `
		Aliases    []string ` + "`json:\"aliases,omitempty\"`" + `
	}
	keys := []key{}
	for _, k := range d.Keys() {
		keys = append(keys, key{k.Path, k.Type, k.Secret, k.RestartOnly, k.Deprecated, k.Aliases})
	}
	sections := []string{}
	for _, s := range options.Sections {
		sections = append(sections, s.Key())
	}
	// As nacre.Options says: 0 stands for the default, and Off for no limit.
	guard := observe.GuardHealth{MaxKeyLoss: options.MaxKeyLoss, MaxBadChanges: options.MaxBadChanges}
	switch guard.MaxKeyLoss {
	case 0:
		guard.MaxKeyLoss = 0.5
	case nacre.Off:
		guard.MaxKeyLoss = 0
	}
	switch guard.MaxBadChanges {
	case 0:
		guard.MaxBadChanges = 10
	case nacre.Off:
		guard.MaxBadChanges = 0
	}
	declared := map[string]any{"keys": keys, "sections": sections, "guard": guard, "schema": json.RawMessage(d.WholeSchema())}
	if err := json.NewEncoder(os.Stdout).Encode(declared); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`

// Check compiles a program and runs it. The program is in a temporary folder; nothing is written to
// the user's module.
func (t Type) Check(ctx context.Context, r Request) (Report, error) {
	temp, err := os.MkdirTemp("", "nacre-check-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(temp)
	path, err := t.build(ctx, temp, checker)
	if err != nil {
		return Report{}, err
	}
	return Program{Path: path, Dir: t.Dir, Env: t.Env}.Check(ctx, r)
}

// Declare returns the keys of the struct, and its JSON Schema.
func (t Type) Declare(ctx context.Context) (*declaration.Declaration, error) {
	temp, err := os.MkdirTemp("", "nacre-schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	path, err := t.build(ctx, temp, declarer)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Dir, cmd.Env, cmd.WaitDelay = t.Dir, t.Env, 5*time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("describe %s.%s: %w: %s", t.Package, t.Name, err, lastLines(errs.String(), 20)), "")
	}
	d := &declaration.Declaration{SchemaVersion: declaration.Version}
	if err := json.Unmarshal(out, d); err != nil {
		return nil, fmt.Errorf("read the description of %s.%s: %w", t.Package, t.Name, err)
	}
	return d, nil
}

// build compiles a program for the type.
func (t Type) build(ctx context.Context, temp, program string) (string, error) {
	options := "nacre.Options{}"
	if t.Options != "" {
		options = "checked." + t.Options + "()"
	}
	if !isName(t.Name) || t.Options != "" && !isName(t.Options) {
		return "", exit.With(exit.Usage, fmt.Errorf("%q is not the name of a type with %q as its options", t.Name, t.Options), "use exported names")
	}
	out, err := t.run(ctx, "list", "-json=Dir,ImportPath,Name,Module", "--", t.Package)
	if err != nil {
		return "", err
	}
	var found struct {
		Dir, ImportPath, Name string
		Module                struct{ GoMod string }
	}
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
	args := []string{"build", "-overlay", overlaid, "-o", binary}
	if program == declarer {
		// The user's module need not have the checksums of what describe imports.
		mod, err := t.copyOfModule(ctx, temp, found.Module.GoMod)
		if err != nil {
			return "", err
		}
		args = append(args, mod...)
	}
	_, err = t.run(ctx, append(args, found.ImportPath+"/"+folder)...)
	return binary, err
}

// copyOfModule returns the flags with which the go command uses copies of go.mod and go.sum, and
// may add to them. A workspace has no such flag; there the checksums must be complete.
func (t Type) copyOfModule(ctx context.Context, temp, path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if workspace, err := t.run(ctx, "env", "GOWORK"); err != nil || len(bytes.TrimSpace(workspace)) > 0 && !bytes.Equal(bytes.TrimSpace(workspace), []byte("off")) {
		return nil, err
	}
	mod, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(strings.TrimSuffix(path, ".mod") + ".sum")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	copied := filepath.Join(temp, "check.mod")
	if err := errors.Join(os.WriteFile(copied, mod, 0o600), os.WriteFile(filepath.Join(temp, "check.sum"), sum, 0o600)); err != nil {
		return nil, err
	}
	return []string{"-modfile", copied, "-mod=mod"}, nil
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
