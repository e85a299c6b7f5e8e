package advice_test

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/advice"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// ofGo matches what only a programmer can change.
var ofGo = regexp.MustCompile(`\b(Config|Options|nacos|nacre|ram)\.[A-Z]|\b(FromEnv|ContextPath|PasswordFile|Plaintext|Signer)\b|Username and Password|Servers,`)

var users = map[string]advice.User{"a context": {Context: "prod"}, "--server": {Servers: true}, "variables": {}}

// Whatever code an error has, its fix names only what a user of the command can change.
func TestEachFixIsForAUserOfTheCommand(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/nacos-errors.md")
	if os.IsNotExist(err) {
		t.Skip("the module is not in its repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\(([0-9]+)\\) .*$").FindAllStringSubmatch(string(page), -1)
	if len(codes) < 30 {
		t.Fatalf("docs/nacos-errors.md has %d codes", len(codes))
	}
	for _, c := range codes {
		n, err := strconv.Atoi(c[2])
		code, columns := nacos.Code(n), strings.Split(c[0], "|")
		if err != nil || code.Name() != c[1] || len(columns) < 5 {
			t.Fatalf("docs/nacos-errors.md has a line of another form: %s", c[0])
		}
		for who, u := range users {
			library := &source.Error{Kind: source.Unavailable, Op: "ask", Fix: strings.TrimSpace(columns[4]), Err: code}
			own, ok := errors.AsType[*source.Error](u.Rewrite(library))
			if !ok || own.Fix == "" || !errors.Is(own, code) {
				t.Fatalf("%s with %s: the error lost its fix or its code: %v", code.Name(), who, own)
			}
			if found := ofGo.FindString(own.Fix); found != "" && code != nacos.ClientClosed { // closing is the command's own
				t.Errorf("%s with %s: the fix %q names %q, which a user of the command cannot change", code.Name(), who, own.Fix, found)
			}
			if who != "a context" && strings.Contains(own.Fix, "context set  ") {
				t.Errorf("%s with %s: the fix %q names a context without a name", code.Name(), who, own.Fix)
			}
		}
	}
}

func TestRewriteLooksIntoAllServers(t *testing.T) {
	t.Parallel()
	one := &source.Error{Kind: source.PermissionDenied, Op: "login to", Document: "a:8848", Fix: "set Username", Err: nacos.BadCredentials}
	two := &source.Error{Kind: source.Unavailable, Op: "connect to", Document: "b:8848", Fix: "start it", Err: nacos.ConnectionRefused}
	err := advice.User{Context: "prod"}.Rewrite(&source.Error{Kind: source.PermissionDenied, Op: "connect to", Err: errors.Join(one, two)})
	if text := err.Error(); strings.Contains(text, "set Username") || !strings.Contains(text, "nacre context set prod") || !strings.Contains(text, "start it") {
		t.Errorf("the error of two servers is %q", text)
	}
	if !errors.Is(err, nacos.BadCredentials) || !errors.Is(err, nacos.ConnectionRefused) || source.KindOf(err) != source.PermissionDenied {
		t.Errorf("the error of two servers has lost what it is: %v", err)
	}
	if text := (advice.User{}).Rewrite(exit.With(exit.Denied, one, "or ask for it")).Error(); strings.Contains(text, "set Username") || !strings.HasSuffix(text, "; or ask for it") {
		t.Errorf("an error with an exit code is %q", text)
	}
	problems := source.Problems{{Kind: source.UnknownKey, Key: "limit", Position: source.Position{Document: "policy.yaml", Line: 1, Column: 1}, Message: "unknown key"}}
	if got := (advice.User{}).Rewrite(exit.With(exit.Invalid, problems, "")).Error(); got != "policy.yaml:1:1 limit: unknown key" {
		t.Errorf("problems of a document are %q", got)
	}
	if other := errors.New("other"); (advice.User{}).Rewrite(other) != other { //nolint:errorlint // the same error
		t.Error("an error of another kind is changed")
	}
}
