package sourcetest_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// A harness that is wrong is told so, and is not taken for a source that is right.
func TestHarnessMustDeclare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sourcetest.Harness)
		cases  []string
		want   string
	}{
		"an ability that is missing": {func(h *sourcetest.Harness) { h.Delete = nil }, []string{"AbsentIsNotEmpty"}, "the harness has no Delete; name the case in Cannot"},
		"half an ability":            {func(h *sourcetest.Harness) { h.Repair = nil }, []string{"SameErrorWakesNobody"}, "the harness has no Break"},
		"a case that is none":        {func(h *sourcetest.Harness) { h.Cannot = map[string]string{"Delete": "x"} }, []string{"TwoSources"}, `Cannot names "Delete", which is not a case`},
		"no reason":                  {func(h *sourcetest.Harness) { h.Cannot = map[string]string{"TwoSources": " "} }, []string{"TwoSources"}, "Cannot gives no reason"},
		"no source":                  {func(h *sourcetest.Harness) { h.Source = nil }, []string{"TwoSources"}, "a harness needs Source and Put"},
		"a source that is nil":       {func(h *sourcetest.Harness) { h.Source = func() source.Source { return nil } }, []string{"TwoSources"}, "Source of the harness returned nil"},
		"a put that fails": {func(h *sourcetest.Harness) {
			h.Put = func(context.Context, sourcetest.Values) error { return errors.New("disk is full") }
		}, []string{"TwoSources"}, "Put of the harness: disk is full"},
		"a close that fails": {func(h *sourcetest.Harness) { h.Close = func() error { return errors.New("still open") } }, []string{"TwoSources"}, "Close of the harness: still open"},
		"a name of no case":  {func(*sourcetest.Harness) {}, []string{"NoSuchCase"}, "there is no such case"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				found := sourcetest.Check(func() sourcetest.Harness {
					h := (&origin{}).harness(newGood)
					test.change(&h)
					return h
				}, test.cases...)
				if len(found) != 1 || found[0].Rule != 0 || !strings.Contains(found[0].String(), test.want) {
					t.Errorf("found %v; must be one thing, by rule 0: %s", found, test.want)
				}
			})
		})
	}
}

// What a harness cannot do is not run, and everything else is.
func TestCannotIsHeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cannot, ran := map[string]string{}, 0
		for _, name := range sourcetest.Cases() {
			cannot[name] = "for a test"
		}
		closed := 0
		found := sourcetest.Check(func() sourcetest.Harness {
			h := sourcetest.Harness{
				Source: func() source.Source { ran++; return nil },
				Put:    func(context.Context, sourcetest.Values) error { ran++; return nil },
				Close:  func() error { closed++; return nil },
				Cannot: maps.Clone(cannot),
			}
			return h
		})
		if len(found) != 0 || ran != 0 {
			t.Errorf("cases that cannot run did something %d times and found %v", ran, found)
		}
		if closed != len(cannot) {
			t.Error("a harness whose case does not run is not closed")
		}
	})
}

// Each violation quotes its rule as package source has it, and says where in the suite it was
// found.
func TestRulesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`\n//\s+`).ReplaceAllString(string(doc), " ")
	text = strings.NewReplacer("[", "", "]", "").Replace(text) // links
	numbers := regexp.MustCompile(` (\d+)\. `).FindAllString(text, -1)
	if len(numbers) == 0 {
		t.Fatal("the package comment of source has no rules")
	}
	for i := range numbers {
		rule := sourcetest.Rule(i + 1)
		_, words, ok := strings.Cut(rule.String(), ": ")
		if !ok || !strings.Contains(text, numbers[i]+words) {
			t.Errorf("%q is not what the package comment of source has under %s", rule, numbers[i])
		}
	}
	if next := sourcetest.Rule(len(numbers) + 1).String(); !strings.HasSuffix(next, ": ") {
		t.Errorf("the suite has a rule that the contract has not: %s", next)
	}
}

// Every rule has a broken source that shows that the suite finds it.
func TestEveryRuleHasABrokenSource(t *testing.T) {
	t.Parallel()
	shown := map[sourcetest.Rule]bool{}
	for _, b := range broken {
		shown[b.rule] = true
	}
	for rule := sourcetest.Rule(1); !strings.HasSuffix(rule.String(), ": "); rule++ {
		if !shown[rule] {
			t.Errorf("no source is broken to show that this is found: %s", rule)
		}
	}
}

func TestViolationSaysWhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		found := sourcetest.Check(func() sourcetest.Harness {
			return (&origin{}).harness(func(o *origin) source.Source {
				return &variant{good: newGoodOne(o), name: func() string { return "" }}
			})
		}, "NameIsAlwaysTheSame")
		if len(found) != 1 || !regexp.MustCompile(`^sourcetest/cases_life\.go:\d+$`).MatchString(found[0].At) {
			t.Errorf("found %v", found)
		}
		for _, want := range []string{"NameIsAlwaysTheSame: ", "rule 9 of package source: Name always returns the same short name", "found at sourcetest/"} {
			if !strings.Contains(found[0].String(), want) {
				t.Errorf("a violation does not say %q: %s", want, found[0])
			}
		}
	})
}

func TestValuesInEveryFormat(t *testing.T) {
	t.Parallel()
	v := sourcetest.Values{"seq": "1", "b": "x-1"}
	for format, want := range map[string]string{
		source.FormatYAML: "b: \"x-1\"\nseq: \"1\"\n", source.FormatJSON: `{"b":"x-1","seq":"1"}`, source.FormatTOML: "b = \"x-1\"\nseq = \"1\"\n",
		source.FormatDotenv: "b=x-1\nseq=1\n", source.FormatProperties: "b=x-1\nseq=1\n", "environ": "B<APP_B=x-1\x00SEQ<APP_SEQ=1\x00",
	} {
		if got := string(v.Encode(format)); got != want {
			t.Errorf("in %s the values are %q, must be %q", format, got, want)
		}
		if got := (sourcetest.Values{}).Encode(format); got == nil || len(got) != 0 {
			t.Errorf("no values in %s are %q, must be no bytes", format, got)
		}
	}
	if tree := v.Tree(); len(tree) != 2 || tree["seq"] != "1" {
		t.Errorf("the tree is %v", tree)
	}
}
