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
	"behind": behind,
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

// behindLayer is a layer whose content in use may not be the newest, and why.
type behindLayer struct{ Name, Text string }

// behind returns the layers whose content in use is not, or may not be, the newest.
func behind(now time.Time, layers []observe.LayerHealth) (all []behindLayer) {
	for _, l := range layers {
		stays := "the content in use stays"
		if len(l.Documents) == 0 {
			stays = "none of its content is in use"
		}
		var texts []string
		if len(l.Rejected) > 0 {
			texts = append(texts, "the newest content is rejected")
		}
		if len(l.Held) > 0 {
			texts = append(texts, "the newest content is held")
		}
		switch {
		case l.Stale && l.VerifiedAt.IsZero():
			texts = append(texts, "never verified as current")
		case l.Stale:
			texts = append(texts, "last verified as current "+ago(now, l.VerifiedAt))
		case l.Down != "":
			texts = append(texts, "its source has failed since "+l.DownSince.UTC().Format(time.TimeOnly))
		}
		switch {
		case l.FromLastKnownGood:
			texts = append(texts, "started from the last known good copy")
		case l.FromSeed:
			texts = append(texts, "started from the seed")
		}
		if texts != nil {
			all = append(all, behindLayer{l.Name, strings.Join(texts, "; ") + "; " + stays})
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
