// Command prose checks the words and the width of the prose in this repository.
//
//	go run ./ci/prose              the files that have more findings than baseline.txt allows
//	go run ./ci/prose -all [file]  every finding, of these files or of all
//	go run ./ci/prose -update      lowers the numbers of baseline.txt to what is found
//
// It reads Markdown files without their code, comments of Go files, and strings with a space in
// code that is not a test. words.go lists the refused wordings with better ones, and allow.go the
// exceptions. A line of Markdown or of a comment has at most 100 columns; tables, headings, code
// and the targets of links may be longer.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
)

func main() {
	all := flag.Bool("all", false, "print every finding")
	update := flag.Bool("update", false, "lower the numbers of the baseline")
	flag.Parse()
	if err := run(os.Stdout, *all, *update, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(1)
	}
}

const baselineFile = "ci/prose/baseline.txt"

func run(out io.Writer, all, update bool, files []string) error {
	c := newChecker(rules, allowances)
	found, err := c.tree(os.DirFS("."))
	if err != nil {
		return err
	}
	if all {
		for _, f := range found {
			if len(files) == 0 || slices.Contains(files, f.file) {
				fmt.Fprintln(out, f)
			}
		}
		return nil
	}
	text, err := readFile(baselineFile)
	if err != nil {
		return err
	}
	base, err := parseBaseline(text)
	if err != nil {
		return err
	}
	if update {
		base = base.lowered(found)
		if err := os.WriteFile(baselineFile, []byte(base.String()), 0o644); err != nil {
			return err
		}
	}
	over := base.over(found)
	for _, f := range over {
		fmt.Fprintln(out, f)
	}
	for _, a := range c.unused() {
		fmt.Fprintf(out, "%s no longer has %q: remove its entry from ci/prose/allow.go\n", a.file, a.wording)
	}
	fmt.Fprintf(out, "%d findings in %d files", len(found), len(count(found)))
	fmt.Fprintf(out, "; the baseline allows %d in %d\n", base.sum(), len(base))
	if len(over) > 0 || len(c.unused()) > 0 {
		return errors.New("files have more findings than the baseline allows, or exceptions that nothing needs")
	}
	return nil
}

func (b baseline) sum() int {
	n := 0
	for _, m := range b {
		n += m
	}
	return n
}
