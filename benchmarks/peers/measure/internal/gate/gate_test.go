package gate_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/gate"
)

func TestJudge(t *testing.T) {
	records := []gate.Record{{Work: "reload", N: 200, Of: "koanf", Ratio: 0.4, Tolerance: 1.5, Latency: 1, LatencyTolerance: 3}}
	for _, c := range []struct {
		measured gate.Record
		want     string // in the error; empty: none
	}{
		{gate.Record{Work: "reload", N: 200, Of: "koanf", Ratio: 0.1}, ""},
		{gate.Record{Work: "reload", N: 200, Of: "koanf", Ratio: 0.599}, ""},
		{gate.Record{Work: "reload", N: 200, Of: "koanf", Ratio: 0.61}, "reload with 200 has a processor time of 0.61 of that of koanf, and may have 0.6"},
		{gate.Record{Work: "reload", N: 200, Of: "koanf", Ratio: 0.1, Latency: 3}, ""},
		{gate.Record{Work: "reload", N: 200, Of: "koanf", Ratio: 0.1, Latency: 3.1}, "a latency of 3.1"},
		{gate.Record{Work: "reload", N: 2000, Of: "koanf", Ratio: 0.1}, "no recorded ratio; -record"},
		{gate.Record{Work: "same", N: 200, Of: "koanf", Ratio: 0.1}, "no recorded ratio; -record"},
		{gate.Record{Work: "reload", N: 200, Of: "viper", Ratio: 0.1}, "is to koanf and not to viper"},
	} {
		err := gate.Judge(records, c.measured)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v is judged %v, want an error with %q", c.measured, err, c.want)
		}
	}
}

// measures is a work with a ratio for each measurement.
func measures(n *int, ratios ...float64) gate.Work {
	return gate.Work{Measure: func() (gate.Record, error) {
		*n++
		if *n > len(ratios) {
			return gate.Record{}, errors.New("measured too often")
		}
		return gate.Record{Work: "same", N: 20, Of: "koanf", Ratio: ratios[*n-1]}, nil
	}}
}

func TestAWorkIsMeasuredOnceMoreBeforeItFails(t *testing.T) {
	records := []gate.Record{{Work: "same", N: 20, Of: "koanf", Ratio: 0.1, Tolerance: 2, Latency: 1, LatencyTolerance: 2}}
	quiet := func(string, ...any) {}
	for _, c := range []struct {
		ratios []float64
		failed int
		times  int
	}{
		{[]float64{0.1}, 0, 1}, {[]float64{0.3, 0.1}, 0, 2}, {[]float64{0.3, 0.3}, 1, 2},
	} {
		var n int
		failed, err := gate.Run(records, []gate.Work{measures(&n, c.ratios...)}, quiet)
		if err != nil || len(failed) != c.failed || n != c.times {
			t.Errorf("with %v, %d works fail after %d measurements (%v), want %d after %d", c.ratios, len(failed), n, err, c.failed, c.times)
		}
	}
	var a, b int
	failed, err := gate.Run(records, []gate.Work{measures(&a, 0.9, 0.9), measures(&b, 0.1)}, quiet)
	if err != nil || len(failed) != 1 || b != 1 {
		t.Errorf("one work that fails hides the next: %v, %v, %d measurements", failed, err, b)
	}
	if _, err := gate.Run(records, []gate.Work{measures(&a)}, quiet); err == nil {
		t.Error("a measurement that fails passes")
	}
}

func TestRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recorded.json")
	if _, err := gate.Read(path); err == nil || !strings.Contains(err.Error(), "-record") {
		t.Errorf("without a file: %v, want an error that names -record", err)
	}
	first := []gate.Record{{Work: "same", N: 20, Of: "koanf", Ratio: 0.1, Tolerance: 3, Latency: 1, LatencyTolerance: 4}, {Work: "read", N: 20, Of: "atomic", Ratio: 1, Tolerance: 1.5, Latency: 1, LatencyTolerance: 2}}
	if err := gate.Write(path, first); err != nil {
		t.Fatal(err)
	}
	second := []gate.Record{{Work: "same", N: 20, Of: "koanf", Ratio: 0.05, Tolerance: gate.DefaultTolerance, Latency: 1, LatencyTolerance: gate.DefaultLatencyTolerance}}
	if err := gate.Write(path, second); err != nil {
		t.Fatal(err)
	}
	got, err := gate.Read(path)
	if err != nil || len(got) != 1 || got[0].Ratio != 0.05 || got[0].Tolerance != 3 || got[0].LatencyTolerance != 4 {
		t.Errorf("records %+v, %v: want the new ratio with the old tolerance", got, err)
	}
	for _, text := range []string{`[{"work":"same","n":20,"of":"koanf","ratio":0,"tolerance":2,"latency":1,"latency_tolerance":2}]`, `[{"work":"same","n":20,"of":"koanf","ratio":1,"tolerance":2}]`, `[{"work":"same","n":20,"ratio":1}]`, `{`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := gate.Read(path); err == nil {
			t.Errorf("%s passes for records: %+v", text, r)
		}
	}
}
