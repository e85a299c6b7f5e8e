package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"strconv"
	"strings"
	"sync"
)

//go:embed with_*.go
var services embed.FS

// result is what became of each library in each scenario. The last row has the lines of code.
type result struct {
	rows  []string
	cells [][]string // by row, then by library
}

// compare plays each scenario with each of the libraries, 16 at the same time.
func compare(ctx context.Context, libraries []library) (result, error) {
	var r result
	var errs []error
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i, sc := range scenarios {
		r.rows = append(r.rows, sc.name)
		r.cells = append(r.cells, make([]string, len(libraries)))
		row := r.cells[i]
		for k, l := range libraries {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				outcome, err := play(ctx, sc, l)
				mu.Lock()
				defer mu.Unlock()
				row[k] = outcome
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %s: %w", l.name, sc.name, err))
				}
			})
		}
	}
	all.Wait()
	lines := make([]string, len(libraries))
	for k, l := range libraries {
		n, err := linesOfCode(l.file)
		errs = append(errs, err)
		lines[k] = strconv.Itoa(n)
	}
	r.rows, r.cells = append(r.rows, "Lines of code of the service"), append(r.cells, lines)
	return r, errors.Join(errs...)
}

// table returns the rows that keep wants as a table in Markdown.
func (r result) table(libraries []library, keep func(row int) bool) string {
	var b strings.Builder
	line := func(first string, rest []string) { fmt.Fprintf(&b, "| %s | %s |\n", first, strings.Join(rest, " | ")) }
	var names []string
	for _, l := range libraries {
		names = append(names, l.name)
	}
	line("", names)
	b.WriteString(strings.Repeat("|---", len(libraries)+1) + "|\n")
	for i, name := range r.rows {
		if keep(i) {
			line(name, r.cells[i])
		}
	}
	return b.String()
}

func play(ctx context.Context, sc scenario, l library) (string, error) {
	dir, err := os.MkdirTemp("", "comparison-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	st, err := newStore(dir, l.onNacos)
	if err != nil {
		return "", err
	}
	defer st.close()
	return sc.play(ctx, l, st)
}

// linesOfCode counts the lines of a file that have more than a comment.
func linesOfCode(name string) (int, error) {
	text, err := services.ReadFile(name)
	if err != nil {
		return 0, err
	}
	set := token.NewFileSet()
	file := set.AddFile(name, -1, len(text))
	var scan scanner.Scanner
	scan.Init(file, text, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, lit := scan.Scan()
		if tok == token.EOF {
			return len(lines), nil
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		lines[file.Line(pos)] = true
	}
}
