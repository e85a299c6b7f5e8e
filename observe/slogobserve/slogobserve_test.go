package slogobserve_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"

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
	causes := []observe.Cause{{Layer: "nacos", Document: "orders.yaml"}}
	o.Rejected(observe.Rejected{Version: 4, Causes: causes, Problems: source.Problems{{
		Kind: source.UnknownKey, Key: "db.pol", Message: "unknown key", Suggest: "db.pool",
		Position: source.Position{Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 3}}}})
	o.Applied(observe.Applied{Version: 5, Sum: strings.Repeat("ab", 32), Causes: causes, Changed: []string{"db.pool"}})
	// Output:
	// level=WARN msg="config: change rejected" live=4 causes="orders.yaml (nacos)" problems="orders.yaml:7:3 (nacos) db.pol: unknown key, did you mean db.pool?"
	// level=INFO msg="config: new version" version=5 sum=abababababab causes="orders.yaml (nacos)" changed=db.pool took=0s
}

// Every event is a line, so that one that is added is not forgotten here.
func TestEveryEventIsALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := reflect.ValueOf(slogobserve.New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).IsNil() {
			t.Errorf("%s is not logged", name)
			continue
		}
		out.Reset()
		v.Field(i).Call([]reflect.Value{reflect.Zero(v.Field(i).Type().In(0))})
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%s is %d lines: %s", name, n, out.String())
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for want, tell := range map[string]func(){
		"DEBUG": func() { o.Delivered(observe.Delivered{}) },
		"ERROR": func() { o.Delivered(observe.Delivered{Err: errors.New("x")}) },
		"INFO":  func() { o.Booted(observe.Booted{}) },
		"WARN":  func() { o.Booted(observe.Booted{Stale: []string{"nacos"}}) },
	} {
		out.Reset()
		tell()
		if !strings.Contains(out.String(), "level="+want) {
			t.Errorf("want level %s: %s", want, out.String())
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := slogobserve.New(slog.New(slog.NewTextHandler(&out, nil)))
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = "key"
	}
	o.Applied(observe.Applied{Changed: keys})
	if n := strings.Count(out.String(), "key"); n != 8 || !strings.Contains(out.String(), "and 92 more") || keys[8] != "key" {
		t.Errorf("%d of 100 keys are shown: %s", n, out.String())
	}
}
