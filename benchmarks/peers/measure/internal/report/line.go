// Package report writes what was measured: as JSON, an object a line, and as tables in Markdown.
package report

import (
	"encoding/json"
	"io"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/stats"
)

// line is a row in JSON. Ratios are to the base of the work; those of limit are to the reference
// that shows what is possible.
type line struct {
	Work       string  `json:"work"`
	N          int     `json:"n"`
	Peer       string  `json:"peer"`
	NS         float64 `json:"ns"`
	CPU        float64 `json:"cpu_ns"`
	Ratio      float64 `json:"ratio"`
	CPURatio   float64 `json:"cpu_ratio"`
	LimitRatio float64 `json:"limit_ratio,omitempty"`
	LimitCPU   float64 `json:"limit_cpu_ratio,omitempty"`
	Allocs     float64 `json:"allocs"`
	Bytes      float64 `json:"bytes"`
	BytesRatio float64 `json:"bytes_ratio,omitempty"`
	Opened     float64 `json:"opened,omitempty"`
	Packages   float64 `json:"packages,omitempty"`
	Modules    float64 `json:"modules,omitempty"`
	Passes     int     `json:"passes"`
}

// Line writes a row as JSON.
func Line(to io.Writer, r bench.Row) error {
	return json.NewEncoder(to).Encode(line{
		Work: r.Work, N: r.N, Peer: r.Peer, NS: Round(r.NS), CPU: Round(r.CPU), Ratio: Round(r.Base.NS), CPURatio: Round(r.Base.CPU),
		LimitRatio: Round(r.Limit.NS), LimitCPU: Round(r.Limit.CPU), Allocs: Round(r.Allocs), Bytes: Round(r.Bytes), BytesRatio: Round(r.Base.Bytes),
		Opened: Round(r.Opened), Packages: r.Packages, Modules: r.Modules, Passes: r.Passes,
	})
}

// Growth is how the cost of a peer grows with the size: with n to the power of Exponent.
type Growth struct {
	Work     string  `json:"work"`
	Peer     string  `json:"peer"`
	Exponent float64 `json:"exponent"`
}

// Growths are those of the rows, where a work has at least three sizes. Processor time is fitted,
// which other programs on the machine disturb least.
func Growths(rows []bench.Row) (all []Growth) {
	points := map[[2]string][]stats.Point{}
	var order [][2]string
	for _, r := range rows {
		key := [2]string{r.Work, r.Peer}
		if points[key] == nil {
			order = append(order, key)
		}
		points[key] = append(points[key], stats.Point{N: float64(r.N), Cost: r.CPU})
	}
	for _, key := range order {
		if e, ok := stats.Exponent(points[key]); ok {
			all = append(all, Growth{key[0], key[1], Round(e)})
		}
	}
	return all
}

// GrowthLine writes a growth as JSON.
func GrowthLine(to io.Writer, g Growth) error { return json.NewEncoder(to).Encode(g) }
