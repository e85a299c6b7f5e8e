package env_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

// The case of a prefix does not matter, and neither do '-' and '.': no variable is ignored for
// them.
func TestAPrefixFindsItsVariablesHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	all := list("APP_PORT=1", "MY_APP_PORT=2", "app_host=3", "my_app_host=4", "my-app_name=5", "my.app_name=6", "App_x=7", "APPLE_A=8", "2FA_A=9", "ÄPP_A=10")
	for _, c := range []struct{ prefix, want string }{
		{"APP", "PORT=1"},
		{"app", "PORT=1 host=3"},
		{"App", "PORT=1 x=7"},
		{"app_", "PORT=1 host=3"},
		{"app-", "PORT=1 host=3"},
		{"app.", "PORT=1 host=3"},
		{"my-app", "PORT=2 name=5 host=4"},
		{"my.app", "PORT=2 name=6 host=4"},
		{"my_app", "PORT=2 host=4"},
		{"My-App", "PORT=2"},
		{"MY_APP", "PORT=2"},
		{"MY-APP", "PORT=2"},
		{"MY", "APP_PORT=2"},
		{"my", "APP_PORT=2 app_host=4"},
		{"2fa", "A=9"},
		{"äpp", "A=10"},
	} {
		s := env.New(c.prefix, all)
		d, vs := read(t, s)
		if got := text(vs); got != c.want {
			t.Errorf("with the prefix %q, read %s, want %s", c.prefix, got, c.want)
		}
		if d.AllowUnknown {
			t.Errorf("with the prefix %q, unknown keys are allowed", c.prefix)
		}
		for _, v := range vs {
			if !strings.HasSuffix(v.Name, "_"+v.Key) {
				t.Errorf("with the prefix %q, %s is shown as %s", c.prefix, v.Key, v.Name)
			}
		}
	}
	// Of Windows: a name is the same in either case.
	if _, vs := read(t, env.New("my-app", env.CaseInsensitive(), all)); text(vs) != "NAME=5 HOST=4 PORT=2" {
		t.Errorf("where case never counts, read %s, want NAME=5 HOST=4 PORT=2", text(vs))
	}
	if d, _ := read(t, env.New("my-app", all)); d.Location != "MY_APP_*" {
		t.Errorf("the location is %s, want MY_APP_*", d.Location)
	}
}

// A prefix that no variable can match is refused: it would be an environment without variables.
func TestAPrefixThatNoVariableCanMatchIsRefused(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{" APP", "APP ", "APP\n", "MY APP", "$APP", "${APP}", "APP_*", "APP*", "APP=", "A<B", "A\x00B", "APP/x", "APP,", "\"APP\"", "A\xff", "_", "__", "-", "."} {
		_, err := env.New(prefix, list("APP_A=1", "MY APP_A=1")).Next(t.Context(), "")
		var se *source.Error
		if !errors.As(err, &se) || se.Kind != source.InvalidArgument || se.Fix == "" {
			t.Errorf("the prefix %q: error is %v, want an invalid argument with a fix", prefix, err)
		}
	}
}
