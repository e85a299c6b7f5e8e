package observe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Explanation tells where the value of a key comes from.
type Explanation struct {
	Key string `json:"key"`
	// Known says that the struct has this key; Type is what it takes, in words.
	Known bool   `json:"known"`
	Type  string `json:"type,omitempty"`
	// Secret says that values are not shown: of a secret field, or of what a reference gave, which is shown itself.
	Secret bool `json:"secret,omitempty"`
	// Default is the text of the default tag; HasDefault that there is one.
	Default    string `json:"default,omitempty"`
	HasDefault bool   `json:"has_default,omitempty"`
	// Value is what is live, as text: that of the winner or the default, save for a key that is Pending. Of a map it says how many
	// keys it has; empty where nothing sets the key.
	Value string `json:"value,omitempty"`
	// Gone says that what the key stands in is not there, such as an item that a list no longer has
	// or a struct whose pointer is nil, so that the key has no value and its default does not hold.
	Gone bool `json:"gone,omitempty"`
	// Within is the text that holds the value, where a list or map is given as one, such as "a,b"
	// by a variable; else nil.
	Within *DecidingKey `json:"within,omitempty"`
	// RemovedBy is what takes the key away from the layers below it where no layer's claim wins: a
	// null or a list, at the key or above it. Nil where nothing does.
	RemovedBy *DecidingKey `json:"removed_by,omitempty"`
	// Pending says that the key takes effect only after a restart, and that the winner waits for one.
	Pending bool `json:"pending,omitempty"`
	// LayerValues are what the layers say, from the highest layer to the lowest, those that a higher
	// layer overrides included. Without one that Wins, the default holds, or the key is not set.
	LayerValues []LayerValue `json:"layer_values,omitempty"`
}

// DecidingKey is a key that decides on another one: the key itself or one above it.
type DecidingKey struct {
	Key string `json:"key"`
	// Position is where it stands; zero for a default.
	source.Position
	// Value is its text, as in [LayerValue].
	Value string `json:"value"`
}

// LayerValue is what one layer says of a key.
type LayerValue struct {
	source.Position
	// Value is the text of a scalar, "{3 keys}" of a map, "[2 items]" of a list, "******" of a secret.
	Value string `json:"value"`
	// Effective says that this claim is what is live, for a map: a part of it. Of a key that is Pending,
	// it is what waits for the restart.
	Effective bool `json:"effective"`
	// Since is when the content that says so became live.
	Since time.Time `json:"since,omitzero"`
}

// Report tells of every key of a config where its value comes from, and what the layers say in vain.
type Report struct {
	Version int64  `json:"version"`
	Sum     string `json:"sum"`
	// Keys are all scalars and lists that a layer or a default sets, in the order of the alphabet.
	Keys []Explanation `json:"keys"`
}

// UnusedKeys returns the keys that layers set and no field of the struct has: nothing ever reads them.
func (r Report) UnusedKeys() []Explanation {
	return r.pick(func(x Explanation) bool { return !x.Known && len(x.LayerValues) > 0 })
}

// Shadowed returns the keys of which a layer says something that a higher one says too: the lower one is in vain, as long as the
// higher one is there.
func (r Report) Shadowed() []Explanation {
	return r.pick(func(x Explanation) bool {
		return slices.ContainsFunc(x.LayerValues, func(c LayerValue) bool { return !c.Effective })
	})
}

func (r Report) pick(is func(Explanation) bool) (all []Explanation) {
	for _, x := range r.Keys {
		if is(x) {
			all = append(all, x)
		}
	}
	return all
}

// Redacted stands in place of a secret.
const Redacted = "******"

// Line is one line of the text of an Explanation.
type Line struct {
	// Word is how the line stands to the first one, which has none: "with", "over", "since", or
	// "waits" for a value that waits for a restart.
	Word string
	// Value is the text of the value; of a line with "since" that of a key, such as "db = null".
	Value string
	// From is where it stands, or "default" or "until a restart"; empty for a map of several
	// layers.
	From string
	// Since is when it became live; zero where that is not known.
	Since time.Time
}

// Lines returns what [Explanation.String] writes: first what is live, then what else there is to
// say. The first has the Value of the explanation.
func (e Explanation) Lines() []Line {
	first := Line{Value: e.Value}
	var winners, losers []Line
	for _, c := range e.LayerValues {
		l := Line{Word: "over", Value: c.Value, From: c.Position.String(), Since: c.Since}
		switch {
		case c.Effective:
			l.Word = "with"
			winners = append(winners, l)
		case e.RemovedBy == nil || c.Position != e.RemovedBy.Position || e.RemovedBy.Key != e.Key:
			losers = append(losers, l)
		}
	}
	byDefault := Line{Value: e.Default, From: "default"}
	defaulted := len(winners) == 0 && e.HasDefault && !e.Gone && e.Within == nil
	switch {
	case e.Pending:
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
		if first.Value == "" { // of who has made the explanation by hand
			first.Value = winners[0].Value
		}
		winners = nil
	case len(winners) == 0 && defaulted:
		first = byDefault
	}
	lines := append([]Line{first}, winners...)
	if by := e.RemovedBy; by != nil {
		lines = append(lines, Line{Word: "since", Value: by.Key + " = " + by.Value, From: by.Position.String()})
	}
	lines = append(lines, losers...)
	if e.HasDefault && !defaulted && !e.Gone && e.Within == nil {
		byDefault.Word = "over"
		lines = append(lines, byDefault)
	}
	return lines
}

const (
	notSet = "not set"
	waits  = "waits"
)

// String returns a line for each claim: "db.pool = 20   orders.yaml:7:9 (nacos)", which is live,
// losers and the default after it.
func (e Explanation) String() string {
	var b strings.Builder
	lines := e.Lines()
	b.WriteString(e.headline(lines[0]))
	for _, l := range lines[1:] {
		if l.Word == waits {
			l.Word = "waits for a restart:"
		}
		fmt.Fprintf(&b, "  %s %s%s\n", l.Word, l.Value, at(l.From))
	}
	if !e.Known && len(e.LayerValues) > 0 {
		b.WriteString("  no field of the struct has this key\n")
	}
	return b.String()
}

func (e Explanation) headline(l Line) string {
	switch {
	case l.Value != "" || l.From != "" && !e.Pending:
		return e.Key + " = " + l.Value + at(l.From) + "\n"
	case e.Within != nil:
		from := e.Within.Position.String()
		if from == "" {
			from = "default"
		}
		return e.Key + ": part of " + e.Within.Key + " = " + e.Within.Value + at(from) + "\n"
	case len(e.LayerValues) > 0 || e.Gone || e.RemovedBy != nil || e.Pending:
		return e.Key + ": " + notSet + at(l.From) + "\n"
	case e.Known:
		return e.Key + ": no layer sets it\n"
	}
	return e.Key + ": no such key\n"
}

// at sets apart where something stands.
func at(from string) string {
	if from == "" {
		return ""
	}
	return "   " + from
}
