package report

import (
	"strconv"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
)

// Column is a column of a table.
type Column struct {
	Title string
	Cell  func(bench.Row) string
}

// Timed are the columns of works whose time and allocations are measured. The ratios are to the
// peers base and limit; limit may be empty.
func Timed(base, limit string) []Column {
	all := append(Called(base),
		Column{"Allocations", func(r bench.Row) string { return count(r.Allocs) }},
		Column{"Bytes", func(r bench.Row) string { return count(r.Bytes) }},
		Column{times(base), func(r bench.Row) string { return ratio(r.Base.Bytes) }},
	)
	if limit == "" {
		return all
	}
	ofLimit := Column{times(limit), func(r bench.Row) string { return ratio(r.Limit.CPU) }}
	return append(all[:5:5], append([]Column{ofLimit}, all[5:]...)...)
}

// Called are the columns of works whose time alone is measured.
func Called(base string) []Column {
	return []Column{
		{"Passes", func(r bench.Row) string { return strconv.Itoa(r.Passes) }},
		{"Time", func(r bench.Row) string { return duration(r.NS) }},
		{times(base), func(r bench.Row) string { return ratio(r.Base.NS) }},
		{"Processor", func(r bench.Row) string { return duration(r.CPU) }},
		{times(base), func(r bench.Row) string { return ratio(r.Base.CPU) }},
	}
}

// Held are the columns of works that measure the live heap.
func Held(base string) []Column {
	return []Column{
		{"Opened", func(r bench.Row) string { return count(r.Opened) }},
		{"After the changes", func(r bench.Row) string { return count(r.Bytes) }},
		{times("opened"), func(r bench.Row) string { return ratio(r.Bytes / r.Opened) }},
		{times(base), func(r bench.Row) string { return ratio(r.Base.Bytes) }},
	}
}

// Weighed are the columns of works that measure binaries.
func Weighed(base string) []Column {
	return []Column{
		{"Bytes over hello", func(r bench.Row) string { return count(r.Bytes) }},
		{times(base), func(r bench.Row) string { return ratio(r.Base.Bytes) }},
		{"Packages", func(r bench.Row) string { return count(r.Packages) }},
		{"Modules", func(r bench.Row) string { return count(r.Modules) }},
	}
}

func times(peer string) string { return "× " + peer }
