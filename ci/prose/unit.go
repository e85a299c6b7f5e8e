package main

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// unit is a piece of prose: a Markdown file without its code, a comment, or a string.
type unit struct {
	text string
	line int
	// oneLine says that line breaks in the text are not breaks in the file.
	oneLine bool
}

// lineAt returns the line of the file that an offset in the text is on.
func (u unit) lineAt(offset int) int {
	if u.oneLine {
		return u.line
	}
	return u.line + strings.Count(u.text[:offset], "\n")
}

var (
	inlineCode  = regexp.MustCompile("`[^`\n]+`")
	linkTarget  = regexp.MustCompile(`\]\([^)\n]*\)`)
	htmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// mask replaces what a pattern matches by letters, so that no wording is found in it and no line
// moves.
func mask(text string, pattern *regexp.Regexp) string {
	return pattern.ReplaceAllStringFunc(text, func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '\n' {
				return r
			}
			return 'x'
		}, s)
	})
}

// markdown returns the prose of a Markdown file, with code and the targets of links masked.
func markdown(text string) unit {
	lines := strings.Split(mask(text, htmlComment), "\n")
	for i, code := range codeLines(lines) {
		if code {
			lines[i] = ""
		}
	}
	return unit{text: mask(mask(strings.Join(lines, "\n"), inlineCode), linkTarget), line: 1}
}

// codeLines says of each line of a Markdown file whether it is in a block of code, or the fence of
// one. A block that is indented begins after an empty line; a line that is indented elsewhere
// belongs to a list.
func codeLines(lines []string) []bool {
	code := make([]bool, len(lines))
	fenced, list := false, false
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			fenced = !fenced
			code[i] = true
		case fenced:
			code[i] = true
		case trimmed == "":
		case strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t"):
			code[i] = !list && (i == 0 || code[i-1] || strings.TrimSpace(lines[i-1]) == "")
		default:
			list = listItem.MatchString(line) || list && strings.HasPrefix(line, " ")
		}
		// An empty line between two lines of code is code too.
		if code[i] && !fenced && i > 1 && strings.TrimSpace(lines[i-1]) == "" && code[i-2] {
			code[i-1] = true
		}
	}
	return code
}

var listItem = regexp.MustCompile(`^\s*([-*+]|[0-9]+[.)]) `)

// goUnits returns the comments and the strings of a Go file that are prose: strings with a space,
// no tags and imports.
func goUnits(fset *token.FileSet, file *ast.File) []unit {
	var units []unit
	for _, group := range file.Comments {
		units = append(units, unit{text: mask(comment(group), inlineCode), line: fset.Position(group.Pos()).Line})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind == token.STRING && err == nil && strings.Contains(text, " ") {
				units = append(units, unit{text: text, line: fset.Position(n.Pos()).Line, oneLine: n.Value[0] == '"'})
			}
		}
		return true
	})
	return units
}

// comment returns the text of a comment, one line for each of its lines; lines of code in it, and
// directives, are empty.
func comment(group *ast.CommentGroup) string {
	var lines []string
	for _, c := range group.List {
		text, isLine := strings.CutPrefix(c.Text, "//")
		if !isLine {
			text = strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")
		}
		directive := isLine && !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\t")
		if directive || strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "     ") {
			text = ""
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}
