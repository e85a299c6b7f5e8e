package main

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/report"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/work"
)

// tables collects rows into a section for each group of works.
type tables struct{ sections []report.Section }

func (t *tables) add(j bench.Job, rows []bench.Row) {
	g, _ := work.GroupOf(j.Work)
	i := slices.IndexFunc(t.sections, func(s report.Section) bool { return s.Title == g.Title })
	if i < 0 {
		i = len(t.sections)
		t.sections = append(t.sections, report.Section{Title: g.Title, Note: g.Note, Columns: columns(g.Kind, j)})
	}
	s := &t.sections[i]
	s.Rows = append(s.Rows, rows...)
	absent := work.Absent(j)
	for _, name := range slices.Sorted(maps.Keys(absent)) {
		if a := (report.Absence{Work: j.Work, Peer: name, Why: absent[name]}); !slices.Contains(s.Absent, a) {
			s.Absent = append(s.Absent, a)
		}
	}
}

// columns are those of a table of works of a kind.
func columns(kind work.Kind, j bench.Job) []report.Column {
	switch kind {
	case work.Called:
		return report.Called(j.Base)
	case work.Held:
		return report.Held(j.Base)
	case work.Weighed:
		return report.Weighed(j.Base)
	}
	return report.Timed(j.Base, j.Limit)
}

func (t *tables) rows() (all []bench.Row) {
	for _, s := range t.sections {
		all = append(all, s.Rows...)
	}
	return all
}

// about says what was measured on, and with which versions.
func about(took time.Duration) string {
	var versions []string
	for _, p := range peer.All() {
		if v := version(p.Module); v != "" && !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	return fmt.Sprintf("Measured on %s with %s, %s/%s, %d processors%s, in %s. Versions: %s.\n",
		time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load(), took.Round(time.Second), strings.Join(versions, ", "))
}

// version is a module that this program is made of, with its version; nothing for nacre, which is
// that of this repository.
func version(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok || path == "" {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == path && dep.Replace == nil {
			return path + " " + dep.Version
		}
	}
	return ""
}

// load tells how busy the machine was in the last minutes, where the system says so.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return ""
	}
	return ", load " + fields[2]
}
