package confighttp

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/explain"
	"github.com/nacre-go/nacre/observe"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"ago":    ago,
	"short":  short,
	"causes": causes,
	"lines":  lines,
	"words":  words,
	"word":   word,
	"unset":  unset,
	"stale":  stale,
}).Parse(pageText))

// ago says how long ago a moment was.
func ago(now, at time.Time) string {
	switch d := now.Sub(at); {
	case at.IsZero():
		return "never"
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// short is the beginning of a sum or revision.
func short(text any) string {
	s := fmt.Sprint(text)
	if len(s) > 16 {
		return s[:16] + "…"
	}
	return s
}

func causes(all []observe.Cause) string {
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = c.String()
		if c.Release != "" {
			texts[i] += ", release " + c.Release
		}
	}
	return strings.Join(texts, "; ")
}

// word is the state of a layer in a word, which is also its class.
func word(l observe.LayerHealth) string {
	switch {
	case l.Stale:
		return "stale"
	case len(l.Rejected) > 0:
		return "rejected"
	case len(l.Held) > 0:
		return "held"
	case l.Down != "":
		return "down"
	}
	return "fresh"
}

// stale returns the layers that are stale.
func stale(layers []observe.LayerHealth) (all []observe.LayerHealth) {
	for _, l := range layers {
		if l.Stale {
			all = append(all, l)
		}
	}
	return all
}

// lines returns the lines of an explanation, of which Explanation.String makes text.
func lines(x observe.Explanation) []explain.Line {
	k := explain.Key{Key: x.Key, Known: x.Known, Default: x.Default, HasDefault: x.HasDefault, Value: x.Value,
		ParentMissing: x.ParentMissing, Pending: x.Pending, Deprecated: x.Deprecated,
		PartOf: (*explain.Value)(x.PartOf), RemovedBy: (*explain.Value)(x.RemovedBy)}
	for _, v := range x.LayerValues {
		k.Values = append(k.Values, explain.Value(v))
	}
	return explain.Lines(k)
}

// unset says that a key has no value of its own; empty where it has one.
func unset(x observe.Explanation) string {
	switch first := lines(x)[0]; {
	case x.PartOf != nil:
		return "part of " + x.PartOf.Key
	case first.Value == "" && (first.From == "" || x.Pending):
		return "not set"
	}
	return ""
}

// words is the name of a kind with spaces.
func words(k observe.EventKind) string { return strings.ReplaceAll(k.String(), "_", " ") }
