package nacos_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Each cause has a text, one sentence that tells what to do, and a number that stays.
func TestCauses(t *testing.T) {
	t.Parallel()
	frozen := map[nacos.Cause]int{
		nacos.HostUnknown: 1, nacos.ConnectionRefused: 2, nacos.NoAnswer: 3, nacos.Unreachable: 4, nacos.GRPCPortShut: 5,
		nacos.NotNacos: 6, nacos.ConnectionLost: 7, nacos.ServerSilent: 8, nacos.NotReady: 9, nacos.Unregistered: 10,
		nacos.SentAway: 11, nacos.NoServers: 12, nacos.WrongLogin: 20, nacos.LoginMissing: 21, nacos.TokenRefused: 22,
		nacos.PermissionDenied: 23, nacos.RequestRefused: 24, nacos.SigningFailed: 25, nacos.SignatureRefused: 26,
		nacos.NamespaceMissing: 40, nacos.ConfigMissing: 41, nacos.Duplicate: 42, nacos.TooLarge: 43, nacos.ContentCorrupt: 44,
		nacos.ContentChanging: 45, nacos.Changed: 46, nacos.BadName: 47, nacos.BadContent: 48, nacos.FormatUnknown: 49,
		nacos.BadConfig: 50, nacos.ClientClosed: 51, nacos.RequestWrong: 52, nacos.AnswerWrong: 53, nacos.NotSupported: 54,
	}
	all := nacos.Causes()
	if len(all) != len(frozen) {
		t.Errorf("there are %d causes, %d have a frozen number", len(all), len(frozen))
	}
	texts := map[string]nacos.Cause{}
	for _, c := range all {
		if n, ok := frozen[c]; !ok || int(c) != n {
			t.Errorf("%q is %d, want %d", c, c, n)
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
