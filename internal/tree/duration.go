package tree

import (
	"errors"
	"math"
	"strings"
	"time"
)

const day = 24 * time.Hour

var errDuration = errors.New("not a duration")

// ParseDuration is time.ParseDuration with the unit d, a day of 24 hours: "1d", "1d12h", "1.5d".
// The error does not contain the text.
func ParseDuration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(text, "+")
	}
	if rest == "" {
		return 0, errDuration
	}
	var total time.Duration
	for rest != "" {
		unit := strings.TrimLeft(rest, ".0123456789")
		number := rest[:len(rest)-len(unit)]
		if next := strings.IndexAny(unit, ".0123456789"); next >= 0 {
			unit = unit[:next]
		}
		rest = rest[len(number)+len(unit):]
		part, err := parsePart(number, unit)
		if err != nil || part > math.MaxInt64-total {
			return 0, errDuration
		}
		total += part
	}
	if negative {
		total = -total
	}
	return total, nil
}

// parsePart parses a number with one unit, without a sign.
func parsePart(number, unit string) (time.Duration, error) {
	hours := int64(1)
	if unit == "d" {
		unit, hours = "h", int64(day/time.Hour)
	}
	if number == "" || unit == "" {
		return 0, errDuration
	}
	part, err := time.ParseDuration(number + unit)
	if err != nil || int64(part) > math.MaxInt64/hours {
		return 0, errDuration
	}
	return time.Duration(int64(part) * hours), nil
}
