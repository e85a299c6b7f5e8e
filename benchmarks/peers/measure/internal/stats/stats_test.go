package stats_test

import (
	"math"
	"testing"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/stats"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := stats.Median(c.values); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.values, got, c.want)
		}
	}
	values := []float64{3, 1, 2}
	stats.Median(values)
	if values[0] != 3 {
		t.Errorf("the values are sorted in place: %v", values)
	}
}

func TestExponent(t *testing.T) {
	for _, want := range []float64{0, 0.5, 1, 2} {
		var points []stats.Point
		for i, n := range []float64{20, 200, 2000, 20000, 200000} {
			noise := 1.1
			if i%2 == 0 {
				noise = 0.9
			}
			points = append(points, stats.Point{N: n, Cost: 7 * noise * math.Pow(n, want)})
		}
		if got, ok := stats.Exponent(points); !ok || math.Abs(got-want) > 0.03 {
			t.Errorf("the exponent is %v, %v, want %v", got, ok, want)
		}
	}
	for _, points := range [][]stats.Point{
		nil, {{20, 1}, {200, 2}}, {{20, 1}, {20, 2}, {20, 3}}, {{20, 1}, {200, 0}, {2000, 3}}, {{0, 1}, {200, 1}, {2000, 3}},
	} {
		if e, ok := stats.Exponent(points); ok {
			t.Errorf("%v have the exponent %v, want none", points, e)
		}
	}
}
