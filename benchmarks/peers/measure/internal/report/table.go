package report

import (
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
)

// Section is a part of the report: works of one kind.
type Section struct {
	Title   string
	Note    string // what the works are, in sentences; may be empty
	Rows    []bench.Row
	Columns []Column // after those that every table has
	// Absent are peers that have no part, and why.
	Absent []Absence
}

// Absence says why a peer has no part in a work.
type Absence struct{ Work, Peer, Why string }

// Markdown is all sections as tables, one after the other.
func Markdown(about string, sections []Section) string {
	var b strings.Builder
	b.WriteString(wrap(about, ""))
	for _, s := range sections {
		s.write(&b)
	}
	return b.String()
}

func (s Section) write(b *strings.Builder) {
	if len(s.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", s.Title)
	if s.Note != "" {
		b.WriteString(wrap(s.Note, "") + "\n")
	}
	head, line := "| Work | n | |", "|---|---|---|"
	for _, c := range s.Columns {
		head += " " + c.Title + " |"
		line += "---|"
	}
	b.WriteString(head + "\n" + line + "\n")
	for _, r := range s.Rows {
		name := r.Peer
		if strings.HasPrefix(name, "nacre") {
			name = "**" + name + "**"
		}
		fmt.Fprintf(b, "| %s | %d | %s |", r.Work, r.N, name)
		for _, c := range s.Columns {
			b.WriteString(" " + c.Cell(r) + " |")
		}
		b.WriteString("\n")
	}
	if growths := Growths(s.Rows); len(growths) > 0 {
		b.WriteString("\n| Growth | n to the power of |\n|---|---|\n")
		for _, g := range growths {
			fmt.Fprintf(b, "| %s, %s | %.2f |\n", g.Work, g.Peer, g.Exponent)
		}
	}
	if len(s.Absent) > 0 {
		b.WriteString("\nNot measured here:\n\n")
		for _, a := range s.Absent {
			b.WriteString(wrap(fmt.Sprintf("- %s (%s): %s.", a.Peer, a.Work, a.Why), "  "))
		}
	}
}
