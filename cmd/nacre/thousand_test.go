package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// manyDocuments is the number of documents of the largest release of a script, and whether its
// times are bounded: on a real server, unless it requires a login, for which it would read its
// database at each request.
func manyDocuments() (n int, bounded bool) {
	if os.Getenv("NACRE_NACOS_ADDR") == "" || os.Getenv("NACRE_NACOS_USERNAME") != "" {
		return 100, false
	}
	return 1000, true
}

// documents writes a repository with documents of one version.
func documents(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	base := filepath.Join(ts.MkAbs(args[0]), "base")
	ts.Check(os.MkdirAll(base, 0o755))
	var list strings.Builder
	list.WriteString("version: 1\nenvironments:\n  prod:\n    documents:\n")
	for i := range n {
		name := fmt.Sprintf("d%04d.yaml", i)
		fmt.Fprintf(&list, "    - {file: %s, stage: %d}\n", name, 1+3*i/n)
		text := fmt.Sprintf("version: %s\nnumber: %d\n%s", args[2], i, strings.Repeat("# a line of a comment\n", 20))
		ts.Check(os.WriteFile(filepath.Join(base, name), []byte(text), 0o644))
	}
	ts.Check(os.WriteFile(filepath.Join(filepath.Dir(base), "nacre.yaml"), []byte(list.String()), 0o644))
}

// within runs a program, and fails if it takes longer than a time that holds on this server.
func within(ts *testscript.TestScript, _ bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	begin := time.Now()
	ts.Check(ts.Exec(args[1], args[2:]...))
	took := time.Since(begin)
	ts.Logf("%s took %v", strings.Join(args[1:3], " "), took.Round(time.Millisecond))
	if _, bounded := manyDocuments(); bounded && took > limit {
		ts.Fatalf("took %v, want at most %v", took.Round(time.Millisecond), limit)
	}
}
