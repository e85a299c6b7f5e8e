package work

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// weight measures the binary of a program that reads one file.
func weight() Group {
	return Group{
		Name: "weight", Title: "A program that reads one file", Kind: Weighed, Passes: 1,
		Note: "Each program reads a YAML file with four keys into a struct and prints it; that of agollo reads them from a server. It is built with " +
			"`CGO_ENABLED=0 go build -trimpath -ldflags='-s -w'`, with the versions above. The size is that over a program that prints hello. Packages " +
			"are those outside of the standard library, and modules those that they are of.",
		Sizes: []int{1}, Fixed: true,
		jobs: func(int) []bench.Job {
			j := bench.Job{Work: "weight", N: 1, Base: peer.Koanf}
			for _, p := range peer.Programs() {
				j.Entries = append(j.Entries, bench.Entry{Peer: p.Name, Measure: func(bench.Budget) (bench.Sample, error) { return weigh(p.Dir) }})
			}
			return []bench.Job{j}
		},
		absent: func() map[string]string { return nil },
	}
}

// What the programs read, and print.
const (
	printedFile = "server:\n  name: orders\n  weight: 7\n  enabled: true\n  ratio: 0.25\n"
	printedText = "orders 7 true 0.25"
)

// hello is the size of a program that imports none of the peers.
var hello = sync.OnceValues(func() (float64, error) {
	dir, err := os.MkdirTemp("", "nacre-peers-hello-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	return build("hello", filepath.Join(dir, "program.exe"))
})

// weigh builds a program, runs it, and counts what it is made of.
func weigh(name string) (s bench.Sample, err error) {
	least, err := hello()
	if err != nil {
		return s, err
	}
	dir, err := os.MkdirTemp("", "nacre-peers-weight-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "program.exe")
	size, err := build(name, program)
	if err != nil {
		return s, err
	}
	if err := prints(dir, program); err != nil {
		return s, err
	}
	list, err := tool("list", "-deps", "-f", "{{if .Module}}{{.Module.Path}}{{end}}", "./programs/"+name)
	if err != nil {
		return s, err
	}
	modules, packages := map[string]bool{}, 0
	for module := range strings.Lines(list) { // none for a package of the standard library
		packages++
		modules[module] = true
	}
	// The program itself is a package of a module.
	return bench.Sample{Bytes: size - least, Packages: float64(packages - 1), Modules: float64(len(modules) - 1)}, nil
}

// build builds a program and returns its size.
func build(name, path string) (float64, error) {
	if _, err := tool("build", "-trimpath", "-ldflags=-s -w", "-o", path, "./programs/"+name); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}

// tool runs the go command in the folder of this module.
func tool(args ...string) (string, error) {
	module := "peers/measure"
	if _, err := os.Stat(module); err != nil {
		module = "." // as in a test
		if _, err := os.Stat("programs"); err != nil {
			return "", fmt.Errorf("%w; the command runs in the folder benchmarks: go -C benchmarks run ./peers", err)
		}
	}
	var problems strings.Builder
	cmd := exec.Command("go", args...) //nolint:noctx // an interrupt ends it
	cmd.Dir, cmd.Env, cmd.Stderr = module, append(os.Environ(), "CGO_ENABLED=0"), &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, problems.String())
	}
	return string(out), nil
}

// prints runs a program with the file, and checks what it prints.
func prints(dir, program string) error {
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(printedFile), 0o600); err != nil {
		return err
	}
	server := apollo()
	defer server.Close()
	cmd := exec.Command(program) //nolint:noctx,gosec // the program was built here
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PEERS_APOLLO="+server.URL)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if !strings.Contains(string(out), printedText) { // agollo logs to standard output
		return fmt.Errorf("the program printed %q, want %q in it", out, printedText)
	}
	return nil
}

// apollo is an Apollo server with one namespace.
func apollo() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/configfiles/json/") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = fmt.Fprint(w, `{"server.name":"orders","server.weight":"7","server.enabled":"true","server.ratio":"0.25"}`)
	}))
}
