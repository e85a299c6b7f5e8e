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
	cause  nacos.Code
	number int
}

// frozen are the causes by their names.
var frozen = []numbered{
	{"UnknownHost", nacos.UnknownHost, 1},
	{"ConnectionRefused", nacos.ConnectionRefused, 2},
	{"NoResponse", nacos.NoResponse, 3},
	{"Unreachable", nacos.Unreachable, 4},
	{"GRPCPortClosed", nacos.GRPCPortClosed, 5},
	{"NotNacos", nacos.NotNacos, 6},
	{"ConnectionLost", nacos.ConnectionLost, 7},
	{"ServerUnresponsive", nacos.ServerUnresponsive, 8},
	{"NotReady", nacos.NotReady, 9},
	{"NotRegistered", nacos.NotRegistered, 10},
	{"Redirected", nacos.Redirected, 11},
	{"NoServers", nacos.NoServers, 12},
	{"ServerError", nacos.ServerError, 13},
	{"UnlistedServer", nacos.UnlistedServer, 14},
	{"InvalidCertificate", nacos.InvalidCertificate, 15},
	{"BadCredentials", nacos.BadCredentials, 20},
	{"CredentialsMissing", nacos.CredentialsMissing, 21},
	{"TokenRejected", nacos.TokenRejected, 22},
	{"PermissionDenied", nacos.PermissionDenied, 23},
	{"RequestRejected", nacos.RequestRejected, 24},
	{"SigningFailed", nacos.SigningFailed, 25},
	{"SignatureRejected", nacos.SignatureRejected, 26},
	{"UnencryptedCredentials", nacos.UnencryptedCredentials, 27},
	{"NamespaceNotFound", nacos.NamespaceNotFound, 40},
	{"ConfigNotFound", nacos.ConfigNotFound, 41},
	{"DuplicateListener", nacos.DuplicateListener, 42},
	{"TooLarge", nacos.TooLarge, 43},
	{"ContentCorrupt", nacos.ContentCorrupt, 44},
	{"UpdateInProgress", nacos.UpdateInProgress, 45},
	{"PreconditionFailed", nacos.PreconditionFailed, 46},
	{"InvalidName", nacos.InvalidName, 47},
	{"InvalidContent", nacos.InvalidContent, 48},
	{"UnknownFormat", nacos.UnknownFormat, 49},
	{"InvalidConfig", nacos.InvalidConfig, 50},
	{"ClientClosed", nacos.ClientClosed, 51},
	{"BadRequest", nacos.BadRequest, 52},
	{"BadResponse", nacos.BadResponse, 53},
	{"NotSupported", nacos.NotSupported, 54},
	{"StaleContent", nacos.StaleContent, 55},
	{"InvalidRoutes", nacos.InvalidRoutes, 56},
	{"NoRoute", nacos.NoRoute, 57},
	{"ServersDiffer", nacos.ServersDiffer, 58},
}

// Each cause has a text, one sentence that tells what to do, and a number that stays.
func TestCodes(t *testing.T) {
	t.Parallel()
	all := nacos.Codes()
	if len(all) != len(frozen) {
		t.Errorf("there are %d causes, %d have a frozen number", len(all), len(frozen))
	}
	texts := map[string]nacos.Code{}
	for _, c := range all {
		if !slices.ContainsFunc(frozen, func(f numbered) bool { return f.cause == c && f.number == int(c) && f.name == c.Name() }) {
			t.Errorf("%q is %d, and %s, which is not its frozen number or name", c, c, c.Name())
		}
		if other, twice := texts[c.Error()]; twice {
			t.Errorf("causes %d and %d read the same: %q", c, other, c)
		}
		texts[c.Error()] = c
		if fix := c.Fix(); fix == "" || strings.HasSuffix(fix, ".") || strings.Contains(fix, ". ") || strings.Contains(fix, "\n") {
			t.Errorf("the fix of %q is not one sentence: %q", c, fix)
		}
		if c.Kind() == source.Unknown && c != nacos.BadResponse {
			t.Errorf("%q has no kind", c)
		}
	}
	if none := nacos.Code(200); none.Error() != "unknown" || none.Name() != "Unknown" || none.Fix() != "" || none.Kind() != source.Unknown {
		t.Errorf("a cause that is none says %q, %q, %v", none, none.Fix(), none.Kind())
	}
}

// Kind and cause of an error are both reachable, by Is and by As, also of the errors of several
// servers.
func TestCauseIsReachable(t *testing.T) {
	t.Parallel()
	c := newClient(t, nacos.Config{Servers: []string{"127.0.0.1:2", "127.0.0.1:1"}})
	err := follow(t, c.Config("x.yaml")).trouble()
	var cause nacos.Code
	if !errors.Is(err, nacos.ConnectionRefused) || !errors.Is(err, source.Unavailable) || !errors.As(err, &cause) || cause != nacos.ConnectionRefused {
		t.Errorf("with two servers down: %v has cause %v", err, cause)
	}
}

var update = flag.Bool("update", false, "write the table of docs/nacos-errors.md anew")

// The document for users has all causes, as they are.
func TestCodesDocument(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/nacos-errors.md", "<!-- codes: begin -->\n", "<!-- codes: end -->\n"
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
	table.WriteString("| Code | Kind | Text | What to do |\n|---|---|---|---|\n")
	for _, f := range frozen {
		fmt.Fprintf(&table, "| `%s` (%d) | %v | %v | %s |\n", f.name, f.number, f.cause.Kind(), f.cause, f.cause.Fix())
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("%s is not what the code says; write it anew with go test ./providers/nacos -run TestCodesDocument -update", file)
	}
}
