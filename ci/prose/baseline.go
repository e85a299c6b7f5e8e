package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// baseline is how many findings each file may still have. A file that is not in it may have none.
type baseline map[string]int

// parseBaseline reads lines of a number and a file. Lines that begin with # are comments.
func parseBaseline(text string) (baseline, error) {
	b := baseline{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		number, file, ok := strings.Cut(line, " ")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n <= 0 {
			return nil, fmt.Errorf("line %d of the baseline is not a number and a file", i+1)
		}
		b[strings.TrimSpace(file)] = n
	}
	return b, nil
}

func (b baseline) String() string {
	var text strings.Builder
	text.WriteString("# How many findings of the step \"prose\" each file may still have. Numbers only get smaller:\n" +
		"#   go run ./ci/prose -update\n")
	for _, file := range slices.Sorted(maps.Keys(b)) {
		fmt.Fprintf(&text, "%d %s\n", b[file], file)
	}
	return text.String()
}

// lowered returns the baseline with the numbers that have become smaller. None is raised, and none
// is added.
func (b baseline) lowered(found []finding) baseline {
	now := count(found)
	low := baseline{}
	for file, n := range b {
		if n = min(n, now[file]); n > 0 {
			low[file] = n
		}
	}
	return low
}

// over returns the findings in files that have more than the baseline allows.
func (b baseline) over(found []finding) []finding {
	now := count(found)
	return slices.DeleteFunc(slices.Clone(found), func(f finding) bool { return now[f.file] <= b[f.file] })
}

func count(found []finding) baseline {
	n := baseline{}
	for _, f := range found {
		n[f.file]++
	}
	return n
}
