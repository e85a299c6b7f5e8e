// Package stats has the few statistics that are needed: a median, and how a cost grows.
package stats

import (
	"math"
	"slices"
)

// Median returns the middle value, or the mean of the two in the middle; 0 for no values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Point is the cost at a size.
type Point struct{ N, Cost float64 }

// Exponent fits cost = a * n^e by least squares over logarithms, and returns e. ok is false if
// there are fewer than three sizes to fit, or a point without a logarithm.
func Exponent(points []Point) (e float64, ok bool) {
	var sx, sy, sxx, sxy float64
	sizes := map[float64]bool{}
	for _, p := range points {
		if p.N <= 0 || p.Cost <= 0 {
			return 0, false
		}
		x, y := math.Log(p.N), math.Log(p.Cost)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
		sizes[p.N] = true
	}
	if len(sizes) < 3 {
		return 0, false
	}
	n := float64(len(points))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx), true
}
