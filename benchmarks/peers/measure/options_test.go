package main

import (
	"io"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		args string
		want string // in the error; empty: none
	}{
		"defaults":     {"", ""},
		"all":          {"-work reload,key/yaml -n 20,200 -peers nacre,viper -passes 1 -time 1ms -json -o f -recorded g", ""},
		"unknown work": {"-work reload,x", `"x"`},
		"no number":    {"-n 2,x", `"x"`},
		"too large":    {"-n 1000001", "1000001"},
		"no passes":    {"-passes 0", "-passes"},
		"no limit":     {"-limit -1s", "-limit"},
		"no time":      {"-time 1us", "-time"},
		"both":         {"-gate -record", "exclude"},
		"argument":     {"reload", `"reload"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Fields(c.args), io.Discard)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("parse(%q) = %v, want an error with %q in it", c.args, err, c.want)
			}
		})
	}
}

// TestWorks runs every work once with a small size, which checks the result of each peer.
func TestWorks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every peer")
	}
	var out, log strings.Builder
	if status := run([]string{"-n", "60", "-passes", "1", "-time", "1ms", "-json"}, &out, &log); status != 0 {
		t.Fatalf("the exit status is %d:\n%s", status, log.String())
	}
	for _, want := range []string{`"work":"reload"`, `"work":"layers"`, `"work":"key/json/last"`, `"work":"same"`, `"work":"comment"`, `"work":"documents/flat"`, `"work":"read/2-written"`,
		`"work":"fanout/all"`, `"work":"fanout/other"`, `"work":"file"`, `"work":"heap/key"`, `"work":"heap/all"`} {
		if !strings.Contains(out.String(), want+`,"n":60,"peer":"nacre"`) {
			t.Errorf("the lines do not have nacre with %s:\n%s", want, out.String())
		}
	}
	if !strings.Contains(out.String(), `"work":"weight","n":1,"peer":"nacre"`) {
		t.Errorf("the lines do not have the weight of nacre:\n%s", out.String())
	}
}
