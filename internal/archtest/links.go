package archtest

import (
	"regexp"
	"strings"
)

// Link is a link in a Markdown file to something in the module.
type Link struct {
	// File has the link, and Target is what it says.
	File   string
	Line   int
	Target string
	// Dead says that there is nothing at Target.
	Dead bool
}

var linkText = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// ParseLinks returns the links of a Markdown text that lead to files, without their anchors. Code
// is passed over. Exists is asked about each target, which is relative to the file.
func ParseLinks(file, text string, exists func(target string) bool) []Link {
	var links []Link
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if fenced || strings.HasPrefix(line, "    ") {
			continue
		}
		for _, match := range linkText.FindAllStringSubmatch(line, -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links = append(links, Link{File: file, Line: i + 1, Target: target, Dead: !exists(target)})
		}
	}
	return links
}

// checkLinks reports links to nothing.
func checkLinks(m *Module, _ *Rules, ex *exceptions) []Finding {
	var found []Finding
	for _, l := range m.Links {
		if l.Dead && !ex.allow("links", l.File) {
			found = append(found, Finding{
				Rule: "links", Where: l.File, Line: l.Line, What: "links to " + l.Target + ", which is not there",
				Why: "a reader who follows a dead link trusts the next one less",
			})
		}
	}
	return found
}
