package slogobserve_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/slogobserve"
	"github.com/nacre-go/nacre/source"
)

func Example() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	o := slogobserve.New(logger)
	causes := []observe.Cause{{Position: source.Position{Layer: "nacos", Document: "orders.yaml", Revision: "md5:900150983cd24fb0d6963f7d28e17f72"}}}
	o(observe.Event{Kind: observe.Rejected, Version: 4, Causes: causes, Problems: source.Problems{{
		Kind: source.UnknownKey, Key: "db.pol", Message: "unknown key", Suggest: "db.pool",
		Position: source.Position{Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 3}}}})
	o(observe.Event{Kind: observe.Applied, Version: 5, Sum: strings.Repeat("ab", 32), Causes: causes, Changed: []string{"db.pool"}})
	// Output:
	// level=WARN msg="nacre: change rejected" event=rejected live=4 causes="orders.yaml (nacos)" problems="orders.yaml:7:3 (nacos) db.pol: unknown key, did you mean db.pool?" revision=md5:900150983cd24fb0d6963f7d28e17f72 kinds=unknown_key
	// level=INFO msg="nacre: new version" event=applied version=5 sum=abababababab causes="orders.yaml (nacos)" changed=db.pool took=0s
}

// Every kind is a line of its own, so that one that is added is not forgotten here.
func TestEveryKindIsALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(debug(&out))
	seen := map[string]observe.EventKind{}
	for k := observe.EventKind(1); k.String() != "unknown"; k++ {
		out.Reset()
		o(observe.Event{Kind: k})
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%s is %d lines: %s", k, n, out.String())
		}
		_, message, _ := strings.Cut(out.String(), "msg=")
		message, _, _ = strings.Cut(message[1:], `"`)
		if other, ok := seen[message]; ok || message == "nacre: "+k.String() {
			t.Errorf("%s has no line of its own, or that of %s: %s", k, other, out.String())
		}
		seen[message] = k
	}
	out.Reset()
	o(observe.Event{Kind: 255})
	if !strings.Contains(out.String(), "number=255") {
		t.Errorf("a kind of a later version is lost: %q", out.String())
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(debug(&out))
	failed := errors.New("x")
	for _, test := range []struct {
		want  string
		event observe.Event
	}{
		{"DEBUG", observe.Event{Kind: observe.SubscriberCalled}},
		{"ERROR", observe.Event{Kind: observe.SubscriberCalled, Err: failed}},
		{"INFO", observe.Event{Kind: observe.Opened}},
		{"WARN", observe.Event{Kind: observe.Opened, FromLastKnownGood: []string{"nacos"}}},
		{"INFO", observe.Event{Kind: observe.ResourceBuilt}},
		{"ERROR", observe.Event{Kind: observe.ResourceBuilt, Err: failed}},
		{"INFO", observe.Event{Kind: observe.ResourceClosed}},
		{"WARN", observe.Event{Kind: observe.ResourceClosed, Count: 1}},
		{"ERROR", observe.Event{Kind: observe.ResourceClosed, Err: failed}},
		{"DEBUG", observe.Event{Kind: observe.LastKnownGoodSaved}},
		{"WARN", observe.Event{Kind: observe.LayerStale}},
		{"INFO", observe.Event{Kind: observe.LayerFresh}},
		{"ERROR", observe.Event{Kind: observe.ReadinessChanged, Reasons: []string{"x"}}},
		{"INFO", observe.Event{Kind: observe.ReadinessChanged}},
		{"ERROR", observe.Event{Kind: observe.LastKnownGoodFailed, Err: failed}},
		{"WARN", observe.Event{Kind: observe.LastKnownGoodExposed}},
		{"WARN", observe.Event{Kind: observe.ReferenceUnresolved}},
	} {
		out.Reset()
		o(test.event)
		if !strings.Contains(out.String(), "level="+test.want) {
			t.Errorf("%+v is not of level %s: %s", test.event, test.want, out.String())
		}
	}
}

// Several texts stay apart in every format: problems have punctuation of their own.
func TestListsAreUnambiguous(t *testing.T) {
	t.Parallel()
	e := observe.Event{Kind: observe.Rejected, Causes: []observe.Cause{{Position: source.Position{Document: "a.yaml"}}, {Position: source.Position{Document: "b.yaml"}}},
		Problems: source.Problems{{Key: "a", Message: "must be a list; put it in square brackets"}, {Key: "b", Message: "is required"}}}
	var text, lines bytes.Buffer
	slogobserve.New(debug(&text))(e)
	slogobserve.New(slog.New(slog.NewJSONHandler(&lines, nil)))(e)
	if want := `causes="a.yaml; b.yaml" problems="[1] a: must be a list; put it in square brackets [2] b: is required"`; !strings.Contains(text.String(), want) {
		t.Errorf("as text it is %s, want %s", text.String(), want)
	}
	if want := `"causes":["a.yaml","b.yaml"],"problems":["a: must be a list; put it in square brackets","b: is required"]`; !strings.Contains(lines.String(), want) {
		t.Errorf("as JSON it is %s, want %s", lines.String(), want)
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(debug(&out))
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = "key"
	}
	o(observe.Event{Kind: observe.Applied, Changed: keys})
	if n := strings.Count(out.String(), "key"); n != 8 || !strings.Contains(out.String(), "and 92 more") || keys[8] != "key" {
		t.Errorf("%d of 100 keys are shown: %s", n, out.String())
	}
}

func debug(out io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// A search in the log for the sum of a metric or an alert finds its lines.
func TestASumIsThatOfTheMetrics(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(debug(&out))
	for sum, want := range map[string]string{
		"v2-" + strings.Repeat("0123456789abcdef", 4): "v2-0123456789ab", // as in nacre_config_info
		strings.Repeat("0123456789abcdef", 4):         "0123456789ab",
		"v2-01":                                       "v2-01",
	} {
		for _, k := range []observe.EventKind{observe.Applied, observe.Opened} {
			out.Reset()
			o(observe.Event{Kind: k, Version: 1, Sum: sum})
			if !strings.Contains(out.String(), " sum="+want+" ") {
				t.Errorf("%s of the sum %s has not sum=%s, the text of the metrics: %s", k, sum, want, out.String())
			}
		}
	}
}

// A thousand subscribers are called at once: a line that the logger does not want must not be made.
func TestALineOfALevelThatIsOffIsNotMade(t *testing.T) {
	o := slogobserve.New(slog.New(slog.DiscardHandler))
	called := observe.Event{Kind: observe.SubscriberCalled, Name: "s", Version: 1000, Took: time.Second, Causes: []observe.Cause{{Release: "a"}, {Release: "b"}}}
	if allocs := testing.AllocsPerRun(100, func() { o(called) }); allocs > 4 {
		t.Errorf("an event whose level is off allocates %v times, want 4 at most", allocs)
	}
}
