package otelobserve

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The bounds of attributes.
const (
	maxText  = 128 // bytes of a text
	maxItems = 16  // items of a list
	maxLinks = 32
	// maxCauses is the number of causes that are looked at.
	maxCauses = 1000
)

// The keys of attributes.
const (
	keyConfig      = attribute.Key("nacre.config")
	keyResult      = attribute.Key("nacre.result")
	keyVersion     = attribute.Key("nacre.version")
	keyFrom        = attribute.Key("nacre.version.from")
	keyTo          = attribute.Key("nacre.version.to")
	keySum         = attribute.Key("nacre.sum")
	keyRelease     = attribute.Key("nacre.release")
	keyLayers      = attribute.Key("nacre.layers")
	keyDocuments   = attribute.Key("nacre.documents")
	keyRevisions   = attribute.Key("nacre.revisions")
	keyChangedKeys = attribute.Key("nacre.changed_keys")
	keyProblems    = attribute.Key("nacre.problems")
	keyLayer       = attribute.Key("nacre.layer")
	keyResource    = attribute.Key("nacre.resource")
	keySubscriber  = attribute.Key("nacre.subscriber")
	keyDocument    = attribute.Key("nacre.document")
	keyErrorType   = attribute.Key("error.type")
)

// clean returns at most maxText bytes of a text, valid and without control characters.
func clean(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "_")
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '_'
		}
		return c
	}, text)
}

// short returns the beginning of a sum: its scheme, such as "v2-", and 12 digits.
func short(sum string) string {
	return clean(sum[:min(len(sum), strings.IndexByte(sum, '-')+1+12)])
}

// aboutCauses returns the attributes of the documents that an event is about.
func aboutCauses(causes []observe.Cause) (all []attribute.KeyValue) {
	var layers, documents, revisions, releases []string
	add := func(to *[]string, text string) {
		if len(*to) == maxItems {
			return
		}
		if text = clean(text); text != "" && !slices.Contains(*to, text) {
			*to = append(*to, text)
		}
	}
	for i := range causes[:min(len(causes), maxCauses)] {
		add(&layers, causes[i].Layer)
		add(&documents, causes[i].Document)
		add(&revisions, string(causes[i].Revision))
		add(&releases, causes[i].Release)
	}
	for _, list := range []struct {
		key   attribute.Key
		texts []string
	}{{keyLayers, layers}, {keyDocuments, documents}, {keyRevisions, revisions}} {
		if list.texts != nil {
			all = append(all, list.key.StringSlice(list.texts))
		}
	}
	if releases != nil {
		all = append(all, keyRelease.String(strings.Join(releases, ",")))
	}
	return all
}

// publications finds the spans that published documents. It keeps the last one, since most events
// in a row are about the same publication. It is not safe for concurrent use.
type publications struct {
	parent string
	span   trace.SpanContext
}

// of returns the span of a trace parent; an invalid one if it is not valid.
func (p *publications) of(parent string) trace.SpanContext {
	if parent != p.parent {
		carrier := propagation.MapCarrier{"traceparent": parent}
		p.parent, p.span = parent, trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
	}
	return p.span
}

// first returns the first span that published one of the causes; an invalid one if there is none.
func (p *publications) first(causes []observe.Cause) trace.SpanContext {
	for i := range causes[:min(len(causes), maxCauses)] {
		if span := p.of(causes[i].TraceParent); span.IsValid() {
			return span
		}
	}
	return trace.SpanContext{}
}

// links returns a link to each span that published one of the causes.
func (p *publications) links(causes []observe.Cause) (all []trace.Link) {
	last := ""
	for i := range causes[:min(len(causes), maxCauses)] {
		parent := causes[i].TraceParent
		if parent == last || len(all) == maxLinks {
			continue
		}
		last = parent
		published := p.of(parent)
		if published.IsValid() && !slices.ContainsFunc(all, func(l trace.Link) bool { return l.SpanContext.Equal(published) }) {
			all = append(all, trace.Link{SpanContext: published})
		}
	}
	return all
}

// kindOf returns the kind of an error, fit for an attribute; "" for nil.
func kindOf(err error) string {
	var panicked *observe.PanicError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &panicked):
		return "panic"
	}
	return kindText(source.KindOf(err))
}

func kindText(k source.Kind) string { return strings.ReplaceAll(k.Error(), " ", "_") }

// problemKind returns the kind of the first problem.
func problemKind(problems source.Problems) string {
	if len(problems) == 0 {
		return kindText(source.Unknown)
	}
	return kindText(problems[0].Kind)
}
