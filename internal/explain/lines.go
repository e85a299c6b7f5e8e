package explain

import (
	"time"

	"github.com/nacre-go/nacre/source"
)

// Key is an observe.Explanation; its fields mean the same.
type Key struct {
	Key                                       string
	Known, HasDefault, ParentMissing, Pending bool
	Default, Value, Deprecated                string
	PartOf, RemovedBy                         *Value
	Values                                    []Value // observe.Explanation.LayerValues
}

// Value is an observe.LayerValue, with the same fields, so that one converts to the other.
type Value struct {
	Key string
	source.Position
	Value     string
	Effective bool
	Since     time.Time
	Note      string
}

// Line is one line of an explanation.
type Line struct {
	// Word relates the line to the first one, which has none: "with", "over", "since", or "waits"
	// for a value that waits for a restart.
	Word string
	// Value is the text of the value; with the word "since" that of a key, such as "db = null".
	Value string
	// From is the position, or "default" or "until a restart"; empty for a map of several layers.
	From string
	// Since is when the value became live; zero where that is unknown.
	Since time.Time
}

const (
	notSet = "not set"
	waits  = "waits"
)

// Lines returns the live value first, with k.Value, and then what else there is to say.
func Lines(k Key) []Line {
	first := Line{Value: k.Value}
	var winners, losers []Line
	for _, v := range k.Values {
		l := Line{Word: "over", Value: v.Value, From: v.Position.String(), Since: v.Since}
		if v.Note != "" {
			l.From += ", " + v.Note
		}
		if v.Key != "" {
			l.From += " as " + v.Key
		}
		switch {
		case v.Effective:
			l.Word = "with"
			winners = append(winners, l)
		case k.RemovedBy == nil || v.Position != k.RemovedBy.Position || k.RemovedBy.Key != k.Key:
			losers = append(losers, l)
		}
	}
	byDefault := Line{Value: k.Default, From: "default"}
	defaulted := len(winners) == 0 && k.HasDefault && !k.ParentMissing && k.PartOf == nil
	switch {
	case k.Pending:
		first.From = "until a restart"
		switch {
		case len(winners) > 0:
		case defaulted:
			winners = []Line{byDefault}
		default:
			winners = []Line{{Value: notSet}}
		}
		for i := range winners {
			winners[i].Word = waits
		}
	case len(winners) == 1:
		first.From, first.Since = winners[0].From, winners[0].Since
		if first.Value == "" { // the caller built the explanation by hand
			first.Value = winners[0].Value
		}
		winners = nil
	case len(winners) == 0 && defaulted:
		first = byDefault
	}
	lines := append([]Line{first}, winners...)
	if by := k.RemovedBy; by != nil {
		lines = append(lines, Line{Word: "since", Value: by.Key + " = " + by.Value, From: by.Position.String()})
	}
	lines = append(lines, losers...)
	if k.HasDefault && !defaulted && !k.ParentMissing && k.PartOf == nil {
		byDefault.Word = "over"
		lines = append(lines, byDefault)
	}
	return lines
}
