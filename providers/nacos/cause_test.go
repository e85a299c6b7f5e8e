package nacos_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

type numbered struct {
	name   string
	cause  nacos.Cause
	number int
}

// frozen are the causes by their names.
var frozen = []numbered{
	{"HostUnknown", nacos.HostUnknown, 1},
	{"ConnectionRefused", nacos.ConnectionRefused, 2},
	{"NoAnswer", nacos.NoAnswer, 3},
	{"Unreachable", nacos.Unreachable, 4},
	{"GRPCPortShut", nacos.GRPCPortShut, 5},
	{"NotNacos", nacos.NotNacos, 6},
	{"ConnectionLost", nacos.ConnectionLost, 7},
	{"ServerSilent", nacos.ServerSilent, 8},
	{"NotReady", nacos.NotReady, 9},
	{"Unregistered", nacos.Unregistered, 10},
	{"SentAway", nacos.SentAway, 11},
	{"NoServers", nacos.NoServers, 12},
	{"ServerFailed", nacos.ServerFailed, 13},
	{"Unlisted", nacos.Unlisted, 14},
	{"CertificateRefused", nacos.CertificateRefused, 15},
	{"WrongLogin", nacos.WrongLogin, 20},
	{"LoginMissing", nacos.LoginMissing, 21},
	{"TokenRefused", nacos.TokenRefused, 22},
	{"PermissionDenied", nacos.PermissionDenied, 23},
	{"RequestRefused", nacos.RequestRefused, 24},
	{"SigningFailed", nacos.SigningFailed, 25},
	{"SignatureRefused", nacos.SignatureRefused, 26},
	{"SentInClear", nacos.SentInClear, 27},
	{"NamespaceMissing", nacos.NamespaceMissing, 40},
	{"ConfigMissing", nacos.ConfigMissing, 41},
	{"Duplicate", nacos.Duplicate, 42},
	{"TooLarge", nacos.TooLarge, 43},
	{"ContentCorrupt", nacos.ContentCorrupt, 44},
	{"ContentChanging", nacos.ContentChanging, 45},
	{"Changed", nacos.Changed, 46},
	{"BadName", nacos.BadName, 47},
	{"BadContent", nacos.BadContent, 48},
	{"FormatUnknown", nacos.FormatUnknown, 49},
	{"BadConfig", nacos.BadConfig, 50},
	{"ClientClosed", nacos.ClientClosed, 51},
	{"RequestWrong", nacos.RequestWrong, 52},
	{"AnswerWrong", nacos.AnswerWrong, 53},
	{"NotSupported", nacos.NotSupported, 54},
	{"ContentOlder", nacos.ContentOlder, 55},
}

// Each cause has a text, one sentence that tells what to do, and a number that stays.
func TestCauses(t *testing.T) {
	t.Parallel()
	all := nacos.Causes()
	if len(all) != len(frozen) {
		t.Errorf("there are %d causes, %d have a frozen number", len(all), len(frozen))
	}
	texts := map[string]nacos.Cause{}
	for _, c := range all {
		if !slices.ContainsFunc(frozen, func(f numbered) bool { return f.cause == c && f.number == int(c) }) {
			t.Errorf("%q is %d, which is not its frozen number", c, c)
		}
		if other, twice := texts[c.Error()]; twice {
			t.Errorf("causes %d and %d read the same: %q", c, other, c)
		}
		texts[c.Error()] = c
		if fix := c.Fix(); fix == "" || strings.HasSuffix(fix, ".") || strings.Contains(fix, ". ") || strings.Contains(fix, "\n") {
			t.Errorf("the fix of %q is not one sentence: %q", c, fix)
		}
		if c.Kind() == source.Unknown && c != nacos.AnswerWrong {
			t.Errorf("%q has no kind", c)
		}
	}
	if none := nacos.Cause(200); none.Error() != "unknown" || none.Fix() != "" || none.Kind() != source.Unknown {
		t.Errorf("a cause that is none says %q, %q, %v", none, none.Fix(), none.Kind())
	}
}

// Kind and cause of an error are both reachable, by Is and by As, also of the errors of several servers.
func TestCauseIsReachable(t *testing.T) {
	t.Parallel()
	c := dial(t, nacos.Config{Servers: []string{"127.0.0.1:2", "127.0.0.1:1"}})
	err := follow(t, c.Config("x.yaml")).trouble()
	var cause nacos.Cause
	if !errors.Is(err, nacos.ConnectionRefused) || !errors.Is(err, source.Unavailable) || !errors.As(err, &cause) || cause != nacos.ConnectionRefused {
		t.Errorf("with two servers down: %v has cause %v", err, cause)
	}
}

var update = flag.Bool("update", false, "write the table of docs/nacos-errors.md anew")

// The document for users has all causes, as they are.
func TestCausesDocument(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/nacos-errors.md", "<!-- causes: begin -->\n", "<!-- causes: end -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(data), begin)
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has lost the marks of its table", file)
	}
	var table strings.Builder
	table.WriteString("| Cause | Kind | What it says | What to do |\n|---|---|---|---|\n")
	for _, f := range frozen {
		fmt.Fprintf(&table, "| `%s` (%d) | %v | %v | %s |\n", f.name, f.number, f.cause.Kind(), f.cause, f.cause.Fix())
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("%s is not what the code says; write it anew with go test ./providers/nacos -run TestCausesDocument -update", file)
	}
}
