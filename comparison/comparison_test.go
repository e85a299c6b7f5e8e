package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables into the documents")

func TestMain(m *testing.M) {
	if name := os.Getenv(envLibrary); name != "" { // this is the process of a service
		if err := serve(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	m.Run()
}

// inReadme reports which rows README shows.
func inReadme(row int) bool {
	if row == len(scenarios) {
		return true // lines of code
	}
	name := scenarios[row].name
	for _, start := range []string{"Start with a misspelled", "A change that no rule", "The document is deleted", "A callback", "The document is gone"} {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

// TestDocumentsTellWhatHappensToNacre plays all scenarios with nacre, and compares nacre's columns
// of the documents. What other libraries do is not a promise of this project: -update writes it.
func TestDocumentsTellWhatHappensToNacre(t *testing.T) {
	var play []library
	for _, l := range libraries {
		if *update || strings.HasPrefix(l.name, "nacre") {
			play = append(play, l)
		}
	}
	r, err := compare(t.Context(), play)
	if err != nil {
		t.Fatal(err)
	}
	for path, keep := range map[string]func(int) bool{
		"../README.md": inReadme, "../docs/comparison.md": func(int) bool { return true },
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- The table is written by: go -C comparison test -update -->\n\n", "\n<!-- end -->"
		before, rest, ok := bytes.Cut(text, []byte(begin))
		shown, after, ended := bytes.Cut(rest, []byte(end))
		if !ok || !ended {
			t.Fatalf("%s has no place for the table between %q and %q", path, begin, end)
		}
		want := r.table(play, keep)
		if *update {
			if err := os.WriteFile(path, []byte(string(before)+begin+want+end+string(after)), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := onlyNacre(string(shown)); got != want {
			t.Errorf("%s says of nacre\n%swant\n%s", path, got, want)
		}
	}
}

// onlyNacre returns a table without the columns of other libraries.
func onlyNacre(table string) string {
	var b strings.Builder
	var keep []int
	for n, line := range strings.Split(strings.TrimSuffix(table, "\n"), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if n == 0 {
			for i, name := range cells {
				if i == 0 || strings.HasPrefix(strings.TrimSpace(name), "nacre") {
					keep = append(keep, i)
				}
			}
		}
		for _, i := range keep {
			b.WriteString("|" + cells[i])
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func TestLinesOfCodeAreCountedWithoutComments(t *testing.T) {
	for _, l := range libraries {
		n, err := linesOfCode(l.file)
		if err != nil || n < 15 {
			t.Errorf("%s has %d lines, error %v", l.file, n, err)
		}
	}
}
