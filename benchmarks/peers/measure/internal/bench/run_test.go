package bench_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
)

// fixed is a peer that measures a time after the other, and takes as long for each measurement.
func fixed(peer string, takes time.Duration, order *[]string, ns ...float64) bench.Entry {
	n := 0
	return bench.Entry{Peer: peer, Measure: func(bench.Budget) (bench.Sample, error) {
		*order = append(*order, peer)
		time.Sleep(takes)
		n++
		return bench.Sample{NS: ns[n-1], CPU: 1, Least: ns[n-1], Bytes: 0.001}, nil
	}}
}

func TestPeersTakeTurnsAndRatiosAreThoseInsideAPass(t *testing.T) {
	var order []string
	j := bench.Job{Work: "w", N: 3, Base: "b", Entries: []bench.Entry{fixed("a", 0, &order, 10, 40, 90), fixed("b", 0, &order, 10, 20, 30)}}
	rows, err := bench.Run(j, 3, bench.Budget{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := "abbaab"; strings.Join(order, "") != want {
		t.Errorf("measured in the order %v, want %s", order, want)
	}
	a := rows[0]
	if a.NS != 40 || a.Base.NS != 2 || a.Base.Least != 1 || a.Base.Bytes != 0 || a.Passes != 3 {
		t.Errorf("the row is %+v, want medians 40 and 2, 1 for the least, no ratio to nothing, and 3 passes", a)
	}
}

func TestAPeerThatTakesLongHasFewerPasses(t *testing.T) {
	var order []string
	slow, quick := fixed("slow", 20*time.Millisecond, &order, 10, 20), fixed("quick", 0, &order, 1, 2, 3, 4, 50)
	j := bench.Job{Work: "w", N: 3, Base: "slow", Entries: []bench.Entry{slow, quick}}
	rows, err := bench.Run(j, 5, bench.Budget{Peer: 50 * time.Millisecond}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Passes < 1 || rows[0].Passes > 2 || rows[1].Passes != 5 || rows[1].NS != 3 || rows[1].Base.NS != 0.1 {
		t.Errorf("the rows are %+v, want at most 2 and 5 passes, and a ratio from the passes of both", rows)
	}
	if rows, err = bench.Run(bench.Job{Base: "slow", Entries: []bench.Entry{fixed("slow", time.Millisecond, &order, 1)}}, 5, bench.Budget{Peer: 1}, io.Discard); err != nil || rows[0].Passes != 1 {
		t.Errorf("a peer that takes longer than it may has %+v, %v; want one pass", rows, err)
	}
}

func TestAMeasurementThatFailsNamesItsPeer(t *testing.T) {
	failed := errors.New("no struct")
	j := bench.Job{Work: "w", N: 3, Entries: []bench.Entry{{Peer: "p", Measure: func(bench.Budget) (bench.Sample, error) { return bench.Sample{}, failed }}}}
	if _, err := bench.Run(j, 1, bench.Budget{}, io.Discard); !errors.Is(err, failed) || !strings.Contains(err.Error(), "w with 3, p") {
		t.Errorf("the error is %v", err)
	}
}
