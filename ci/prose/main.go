// Command prose checks the words and the width of the prose in this repository.
//
//	go run ./ci/prose          every finding in the repository
//	go run ./ci/prose file...  the findings in these files
//
// It reads Markdown files without their code, comments of Go files, and strings with a space in
// code that is not a test. words.go lists the rejected wordings with better ones, and allow.go the
// exceptions. A line of Markdown or of a comment has at most 100 columns; tables, headings, code
// and the targets of links may be longer.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, files []string) error {
	c := newChecker(rules, allowances)
	found, err := c.tree(os.DirFS("."))
	if err != nil {
		return err
	}
	n := 0
	for _, f := range found {
		if len(files) == 0 || slices.Contains(files, f.file) {
			fmt.Fprintln(out, f)
			n++
		}
	}
	for _, a := range c.unused() {
		fmt.Fprintf(out, "%s no longer has %q: remove its entry from ci/prose/allow.go\n", a.file, a.wording)
		n++
	}
	if n > 0 {
		return errors.New("the prose has findings")
	}
	return nil
}
