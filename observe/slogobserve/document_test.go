package slogobserve_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"log/slog"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/slogobserve"
	"github.com/nacre-go/nacre/source"
)

// variants are the events of a kind that have lines of their own, besides that of an event with the
// kind alone.
var variants = []observe.Event{
	{Kind: observe.UnusedKeys, Problems: source.Problems{{Key: "a"}}},
	{Kind: observe.DeprecatedKeys, Problems: source.Problems{{Key: "a"}}},
	{Kind: observe.ReadinessChanged, Reasons: []string{"x"}},
	{Kind: observe.Opened, FromLastKnownGood: []string{"x"}},
	{Kind: observe.Opened, FromSeed: []string{"x"}},
	{Kind: observe.Closed, Version: 1},
	{Kind: observe.Closed, Err: errors.New("x")},
	{Kind: observe.SubscriberCalled, Err: errors.New("x")},
	{Kind: observe.ResourceBuilt, Err: errors.New("x")},
	{Kind: observe.ResourceClosed, Count: 1},
	{Kind: observe.ResourceClosed, Err: errors.New("x")},
}

type signature struct{ event, level, message string }

// The document has each line, and no other.
func TestTheDocumentHasEachLine(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/log-signatures.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "<!-- lines: begin -->")
	table, _, ok := strings.Cut(table, "<!-- lines: end -->")
	if !ok {
		t.Fatal("the document has lost the marks of its table")
	}
	documented := map[signature]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| ([^|]+) \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(table, -1) {
		documented[signature{row[1], row[2], row[3]}] = true
	}
	events := variants
	for k := observe.EventKind(1); k.String() != "unknown"; k++ {
		events = append(events, observe.Event{Kind: k})
	}
	for _, e := range events {
		var out bytes.Buffer
		slogobserve.New(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))(e)
		var line struct{ Event, Level, Msg string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		s := signature{line.Event, line.Level, strings.TrimPrefix(line.Msg, "nacre: ")}
		if line.Event != e.Kind.String() {
			t.Errorf("the attribute event of %v is %q", e.Kind, line.Event)
		}
		if seen, ok := documented[s]; !ok {
			t.Errorf("the document does not have the line %+v", s)
		} else if seen {
			documented[s] = false
		}
	}
	for s, unseen := range documented {
		if unseen {
			t.Errorf("the document has the line %+v, which no event writes", s)
		}
	}
}

// What a search or an alert needs of an error is in attributes of its own.
func TestErrorsHaveASignature(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event observe.Event
		want  string
	}{
		{observe.Event{Kind: observe.LayerDown, Err: &source.Error{Kind: source.Unavailable, Op: "read", Err: named("ConnectionRefused")}}, " kind=unavailable code=ConnectionRefused\n"},
		{observe.Event{Kind: observe.SubscriberCalled, Err: errors.New("x")}, ` error=x took=0s` + "\n"},
		{observe.Event{Kind: observe.Rejected, Problems: source.Problems{{Kind: source.UnknownKey}, {Kind: source.WrongType}, {Kind: source.UnknownKey}}}, ` kinds="unknown_key; wrong_type"` + "\n"},
		{observe.Event{Kind: observe.Applied, Causes: []observe.Cause{{Release: "2.4.0"}, {}, {Release: "2.4.0"}}}, " took=0s release=2.4.0\n"},
		{observe.Event{Kind: observe.Rejected, Causes: []observe.Cause{{Release: "2.4.0"}, {Release: "2.5.0"}}, Problems: source.Problems{{Kind: source.Invalid}}}, " release=2.4.0,2.5.0 kinds=invalid\n"},
		{observe.Event{Kind: observe.ResourceBuilt, Err: &source.Error{Kind: source.PermissionDenied, Op: "open"}}, " took=0s kind=permission_denied\n"},
	} {
		var out bytes.Buffer
		slogobserve.New(debug(&out))(test.event)
		if !strings.HasSuffix(out.String(), test.want) {
			t.Errorf("%v is the line %s, want it to end with %s", test.event.Kind, out.String(), test.want)
		}
	}
}

// named is an error like nacos.Code.
type named string

func (n named) Error() string { return "text of " + string(n) }
func (n named) Name() string  { return string(n) }
