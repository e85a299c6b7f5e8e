package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/policy"
)

const example = `version: 1
freezes:
- name: holidays
  from: 2026-12-23T18:00:00+01:00
  until: 2027-01-02T06:00:00+01:00
- name: weekends
  days: [sat, sun]
  between: 00:00-24:00
- name: nights
  between: 22:00-06:00
  days: [mon]
  zone: Europe/Berlin
protected:
- name: database
  keys: ["db.*", "*.password"]
  documents: [orders*.yaml]
  why: ask the team of the database
- name: routes
  documents: [routes.txt]
limits:
  documents: 2
  keys: 3
  removed_keys: 0
  deletions: 0
`

func parse(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(t.Context(), "policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rules(all []policy.Violation) string {
	var names []string
	for _, v := range all {
		names = append(names, v.Rule)
	}
	return strings.Join(names, " ")
}

func TestFreezes(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	for at, want := range map[string]string{
		"2026-11-30T12:00:00Z":      "", // a Monday at noon
		"2026-12-23T17:00:00Z":      "holidays",
		"2026-12-23T16:59:59Z":      "",
		"2027-01-02T05:00:00Z":      "weekends", // a Saturday; the holidays are over
		"2026-11-28T00:00:00Z":      "weekends",
		"2026-11-29T23:59:59Z":      "weekends",
		"2026-11-30T00:00:00Z":      "",
		"2026-11-30T21:00:00Z":      "nights", // 22:00 in Berlin
		"2026-11-30T20:59:59Z":      "",
		"2026-12-01T04:59:59Z":      "nights", // the night from Monday to Tuesday
		"2026-12-01T05:00:00Z":      "",
		"2026-11-30T04:00:00Z":      "",       // the night from Sunday to Monday
		"2026-07-06T20:00:00Z":      "nights", // 22:00 in Berlin, in summer
		"2026-11-30T22:00:00+01:00": "nights",
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := rules(p.Evaluate(policy.Change{At: when, Documents: []policy.Document{{Name: "a.yaml"}}})); got != want {
			t.Errorf("at %s the freezes %q apply, want %q", at, got, want)
		}
		if got := p.Evaluate(policy.Change{At: when}); got != nil {
			t.Errorf("at %s a release without changes breaks %v", at, got)
		}
	}
}

func TestProtectedKeysAndLimits(t *testing.T) {
	t.Parallel()
	p := parse(t, example)
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	key := func(path string) policy.Key { return policy.Key{Path: path} }
	tests := map[string]struct {
		documents []policy.Document
		want      string
	}{
		"an ordinary key":      {[]policy.Document{{Name: "orders.yaml", Keys: []policy.Key{key("log.level")}}}, ""},
		"a protected key":      {[]policy.Document{{Name: "orders.yaml", Keys: []policy.Key{key("db.pool.size")}}}, "database"},
		"a suffix":             {[]policy.Document{{Name: "orders-eu.yaml", Keys: []policy.Key{key("smtp.password")}}}, "database"},
		"another document":     {[]policy.Document{{Name: "limits.yaml", Keys: []policy.Key{key("db.pool")}}}, ""},
		"keys are not known":   {[]policy.Document{{Name: "orders.yaml", Opaque: true}}, "database"},
		"a protected document": {[]policy.Document{{Name: "orders.yaml", Deleted: true}}, "database removed-keys deletions"},
		"another one":          {[]policy.Document{{Name: "a.yaml", Deleted: true, Keys: []policy.Key{{Path: "db.a", Removed: true}}}}, "removed-keys deletions"},
		"one without keys":     {[]policy.Document{{Name: "routes.txt", Keys: []policy.Key{key("a")}}}, "routes"},
		"one of unknown keys":  {[]policy.Document{{Name: "routes.txt", Opaque: true}}, "routes"},
		"a removed key":        {[]policy.Document{{Name: "a.yaml", Keys: []policy.Key{{Path: "a", Removed: true}}}}, "removed-keys"},
		"too many keys":        {[]policy.Document{{Name: "a.yaml", Keys: []policy.Key{key("a"), key("b"), key("c"), key("d")}}}, "max-keys"},
		"as many as are meant": {[]policy.Document{{Name: "a.yaml", Keys: []policy.Key{key("a"), key("b"), key("c")}}, {Name: "b.yaml"}}, ""},
		"too many documents":   {[]policy.Document{{Name: "a.yaml"}, {Name: "b.yaml"}, {Name: "c.yaml"}}, "max-documents"},
	}
	for name, tt := range tests {
		all := p.Evaluate(policy.Change{At: noon, Documents: tt.documents})
		if got := rules(all); got != tt.want {
			t.Errorf("%s breaks %q, want %q: %v", name, got, tt.want, all)
		}
	}
	all := p.Evaluate(policy.Change{At: noon, Documents: tests["a protected key"].documents})
	if got, want := all[0].String(), "orders.yaml db.pool.size: the key is protected; ask the team of the database (rule database)"; got != want {
		t.Errorf("the violation reads %q, want %q", got, want)
	}

	all = p.Evaluate(policy.Change{At: noon, Documents: tests["a protected document"].documents})
	left, unused := policy.Override(all, []string{"database", "deletions", "databse"})
	if rules(left) != "removed-keys" || fmt.Sprint(unused) != "[databse]" {
		t.Errorf("left %q and unused %q, want removed-keys and databse", rules(left), unused)
	}
	if none := (*policy.Policy)(nil).Evaluate(policy.Change{Documents: tests["a protected key"].documents}); none != nil {
		t.Errorf("no policy forbids %v", none)
	}
}

func TestMistakesOfAPolicy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"empty":              {"", "version"},
		"another version":    {"version: 2", "version"},
		"an unknown key":     {"version: 1\nfreeze: []\n", "policy.yaml:2:1 freeze: unknown key"},
		"no time":            {"version: 1\nfreezes: [{name: a}]", "needs from and until, or between"},
		"half a time":        {"version: 1\nfreezes: [{name: a, from: 2026-01-01T00:00:00Z}]", "needs from and until"},
		"an end before":      {"version: 1\nfreezes: [{name: a, from: 2026-02-01T00:00:00Z, until: 2026-01-01T00:00:00Z}]", "later than from"},
		"bad hours":          {"version: 1\nfreezes: [{name: a, between: 22-6}]", "22:00-06:00"},
		"a bad day":          {"version: 1\nfreezes: [{name: a, between: 00:00-24:00, days: [monday]}]", "days[0]"},
		"a bad zone":         {"version: 1\nfreezes: [{name: a, between: 00:00-24:00, zone: Berlin}]", "Europe/Berlin"},
		"two with one name":  {"version: 1\nprotected: [{name: a, keys: [x]}, {name: a, keys: [y]}]", "twice"},
		"a line of its own":  {"version: 1\nprotected:\n- {name: a, keys: [x]}\n- {name: a, keys: [y]}", "policy.yaml:4:10 protected[1].name: is given twice"},
		"the name of limit":  {"version: 1\nprotected: [{name: max-keys, keys: [x]}]", "a name that nacre uses"},
		"a name with space":  {"version: 1\nprotected: [{name: a b, keys: [x]}]", "no space"},
		"no keys":            {"version: 1\nprotected: [{name: a}]", "keys"},
		"the name of a rule": {"version: 1\nprotected: [{name: listeners, keys: [x]}]", "a name that nacre uses"},
		"no number":          {"version: 1\nlimits: {deletions: none}", "limits.deletions"},
		"a bad pattern":      {"version: 1\nprotected: [{name: a, keys: ['[']}]", "pattern"},
		"a negative limit":   {"version: 1\nlimits: {keys: -1}", "limits.keys"},
		"not YAML":           {"version: [", "policy.yaml"},
	}
	for name, tt := range tests {
		if _, err := policy.Parse(t.Context(), "policy.yaml", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, tt.want)
		}
	}
}
