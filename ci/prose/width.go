package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxWidth is how many columns a line of prose may have; tabWidth is what a tab counts.
const (
	maxWidth = 100
	tabWidth = 4
)

func width(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}

var linkDefinition = regexp.MustCompile(`^\s*\[[^\]]+\]: `)

// wideMarkdown returns the numbers of the lines of a Markdown file that are too long. Tables,
// headings, code and the targets of links are as long as they must be, and so is a line of one
// word.
func wideMarkdown(text string) []int {
	lines := strings.Split(text, "\n")
	code := codeLines(lines)
	var wide []int
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case code[i] || strings.HasPrefix(trimmed, "|") || strings.HasPrefix(trimmed, "#"):
		case linkDefinition.MatchString(line) || !strings.Contains(trimmed, " "):
		case width(linkTarget.ReplaceAllString(line, "]()")) > maxWidth:
			wide = append(wide, i+1)
		}
	}
	return wide
}

// wideComments returns the numbers of the lines of a Go file that hold nothing but a comment and
// are too long. Directives, code in comments, the expected output of examples and a line of one
// word are as long as they must be.
func wideComments(fset *token.FileSet, file *ast.File, src string) []int {
	lines := strings.Split(src, "\n")
	var wide []int
	for _, group := range file.Comments {
		output := false
		for _, c := range group.List {
			lower := strings.ToLower(strings.TrimLeft(c.Text, "/ "))
			output = output || strings.HasPrefix(lower, "output:") || strings.HasPrefix(lower, "unordered output:")
			first, last := fset.Position(c.Pos()).Line, fset.Position(c.End()).Line
			for line := first; line <= last && !output; line++ {
				if tooWide(lines[line-1]) {
					wide = append(wide, line)
				}
			}
		}
	}
	return wide
}

// tooWide reports whether a line in which there is a comment could be shorter.
func tooWide(line string) bool {
	text, isLine := strings.CutPrefix(strings.TrimLeft(line, " \t"), "//")
	switch {
	case !isLine && (strings.Contains(line, "//") || strings.Contains(line, "/*") && !strings.HasPrefix(strings.TrimSpace(line), "/*")):
		return false // behind code
	case isLine && (!strings.HasPrefix(text, " ") || strings.HasPrefix(text, "     ")): // a directive, or code
		return false
	}
	return strings.Contains(strings.TrimSpace(text), " ") && width(line) > maxWidth
}
