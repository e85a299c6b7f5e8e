package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Round keeps four significant digits.
func Round(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}

// wrap breaks a text into lines of at most 100 columns, each after the first with an indent.
func wrap(text, indent string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > 100:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String() + "\n"
}

// duration shows nanoseconds for people.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return strconv.FormatFloat(ns, 'g', 3, 64) + " ns"
	case ns < 1e6:
		return strconv.FormatFloat(ns/1e3, 'g', 3, 64) + " µs"
	case ns < float64(time.Second):
		return strconv.FormatFloat(ns/1e6, 'g', 3, 64) + " ms"
	}
	return fmt.Sprintf("%.2f s", ns/1e9)
}

// ratio shows two significant digits, and nothing for a ratio that is not known.
func ratio(r float64) string {
	switch {
	case r == 0:
		return ""
	case r >= 10:
		return fmt.Sprintf("%.0f", r)
	}
	digits := 1 - int(math.Floor(math.Log10(r)))
	return strconv.FormatFloat(r, 'f', digits, 64)
}

// count shows a number of bytes or allocations.
func count(v float64) string {
	switch {
	case v < 0.5:
		return "0"
	case v < 1e3:
		return fmt.Sprintf("%.0f", v)
	case v < 1e6:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + " k"
	}
	return strconv.FormatFloat(v/1e6, 'g', 3, 64) + " M"
}
