package policy

import (
	"errors"
	"slices"
	"strings"
	"time"
)

var errHours = errors.New("not hours")

// hours returns the beginning and the end of Between, counted from midnight.
func (f Freeze) hours() (from, until time.Duration, err error) {
	if f.Between == "" {
		return 0, 24 * time.Hour, nil
	}
	begin, end, ok := strings.Cut(f.Between, "-")
	if !ok {
		return 0, 0, errHours
	}
	if from, err = clock(begin); err == nil {
		until, err = clock(end)
	}
	return from, until, err
}

// clock reads "22:00". "24:00" is the end of a day.
func clock(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, errHours
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// active reports whether a moment is within the freeze.
func (f Freeze) active(now time.Time) bool {
	if !f.From.IsZero() && (now.Before(f.From) || !now.Before(f.Until)) {
		return false
	}
	if f.Between == "" {
		return true
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		return true // Validate has refused it; if in doubt, nothing is changed
	}
	now = now.In(zone)
	from, until, err := f.hours()
	if err != nil {
		return true
	}
	hour := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	if from < until {
		return f.on(now.Weekday()) && from <= hour && hour < until
	}
	// It spans midnight: the hours after midnight belong to the day before.
	return f.on(now.Weekday()) && hour >= from || f.on((now.Weekday()+6)%7) && hour < until
}

func (f Freeze) on(day time.Weekday) bool {
	return len(f.Days) == 0 || slices.Contains(f.Days, strings.ToLower(day.String()[:3]))
}
