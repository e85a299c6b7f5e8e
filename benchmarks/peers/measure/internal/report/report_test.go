package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/report"
)

func rows() []bench.Row {
	var all []bench.Row
	for _, n := range []int{20, 200, 2000} {
		all = append(all, bench.Row{
			Work: "reload", N: n, Peer: "nacre", Sample: bench.Sample{NS: 1234.56 * float64(n), CPU: 2000 * float64(n), Allocs: 7 * float64(n), Bytes: 500 * float64(n)},
			Base: bench.Ratios{NS: 0.51234, CPU: 0.4, Bytes: 0.25}, Limit: bench.Ratios{NS: 1.2, CPU: 1.1}, Passes: 3,
		})
	}
	return all
}

func TestLine(t *testing.T) {
	var text bytes.Buffer
	if err := report.Line(&text, rows()[0]); err != nil {
		t.Fatal(err)
	}
	const want = `{"work":"reload","n":20,"peer":"nacre","ns":24690,"cpu_ns":40000,"ratio":0.5123,"cpu_ratio":0.4,"limit_ratio":1.2,"limit_cpu_ratio":1.1,"allocs":140,"bytes":10000,"bytes_ratio":0.25,"passes":3}` + "\n"
	if text.String() != want {
		t.Errorf("a row in JSON is\n%swant\n%s", text.String(), want)
	}
	text.Reset()
	for _, g := range report.Growths(rows()) {
		if err := report.GrowthLine(&text, g); err != nil {
			t.Fatal(err)
		}
	}
	if got := text.String(); got != `{"work":"reload","peer":"nacre","exponent":1}`+"\n" {
		t.Errorf("the growth in JSON is %s", got)
	}
	if g := report.Growths(rows()[:2]); g != nil {
		t.Errorf("two sizes have a growth: %v", g)
	}
}

func TestMarkdown(t *testing.T) {
	got := report.Markdown("About "+strings.Repeat("the versions of all ", 6)+"libraries.", []report.Section{
		{Title: "A reload", Note: "What it is.", Rows: rows(), Columns: report.Timed("koanf", "yaml.v3"), Absent: []report.Absence{{Work: "reload", Peer: "agollo", Why: "fills no struct"}}},
		{Title: "A wait", Rows: rows()[:1], Columns: report.Called("koanf")},
		{Title: "A heap", Rows: []bench.Row{{Work: "heap", N: 20, Peer: "viper", Sample: bench.Sample{Opened: 2e6, Bytes: 3e6}, Base: bench.Ratios{Bytes: 1.5}}}, Columns: report.Held("koanf")},
		{Title: "A binary", Rows: []bench.Row{{Work: "weight", N: 1, Peer: "viper", Sample: bench.Sample{Bytes: 3e6, Packages: 90, Modules: 12}, Base: bench.Ratios{Bytes: 1.5}}}, Columns: report.Weighed("koanf")},
		{Title: "Nothing"},
	})
	for _, want := range []string{
		"About the versions of all the versions of all the versions of all the versions of all the versions\nof all the versions of all libraries.\n\n### A reload\n\nWhat it is.\n\n| Work | n | | Passes | Time | × koanf | Processor | × koanf | × yaml.v3 | Allocations | Bytes | × koanf |\n",
		"| reload | 20 | **nacre** | 3 | 24.7 µs | 0.51 | 40 µs | 0.40 | 1.1 | 140 | 10 k | 0.25 |\n",
		"\n\n| Work | n | | Passes | Time | × koanf | Processor | × koanf |\n|---|---|---|---|---|---|---|---|\n| reload | 20 | **nacre** | 3 | 24.7 µs | 0.51 | 40 µs | 0.40 |\n",
		"| heap | 20 | viper | 2 M | 3 M | 1.5 | 1.5 |\n", "| weight | 1 | viper | 3 M | 1.5 | 90 | 12 |\n",
		"| reload, nacre | 1.00 |\n", "- agollo (reload): fills no struct.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report is\n%s\nwant in it\n%s", got, want)
		}
	}
	if strings.Contains(got, "Nothing") {
		t.Error("a section without rows has a title")
	}
}

func TestTablesGoBetweenTheirMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := report.Write(path, "first\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first\n" {
		t.Errorf("a new file is %q, %v", got, err)
	}
	if err := report.Writable(path); err == nil {
		t.Error("a file without marks would be overwritten")
	}
	const old = "# Title\n\n<!-- peers: begin -->\na\n<!-- peers: end -->\nend\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := report.Write(path, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != strings.Replace(old, "\na\n", "\nnew\n", 1) {
		t.Errorf("the file is now\n%s", got)
	}
}
