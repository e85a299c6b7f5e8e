package nacre_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

type onlyConfig struct {
	Port int `config:"port" default:"80"`
	DB   struct {
		Pool int          `config:"pool" default:"1"`
		DSN  nacre.Secret `config:"dsn"`
	} `config:"db"`
	Server struct {
		ReadTimeout string `config:"read-timeout"`
	} `config:"server"`
	Hosts  []string          `config:"hosts"`
	Labels map[string]string `config:"labels"`
	Extra  any               `config:"extra"`
	Items  []struct {
		Addr string `config:"addr"`
	} `config:"items"`
}

// A name in env.Only that no key fits is an error of Open: the variable would never be read, and a
// default hold in its place.
func TestANameInOnlyThatMatchesNoKeyIsAnErrorOfOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, prefix string
		only, vars   []string
		options      []env.Option
		want         string // in the error; empty: Open succeeds
	}{
		{name: "a key", prefix: "APP", only: []string{"APP_PORT"}},
		{name: "a key, misspelt", prefix: "APP", only: []string{"APP_PROT"}, want: "$APP_PROT: unknown key, although the source is configured to read it, did you mean APP_PORT?"},
		{name: "a key, misspelt and set", prefix: "APP", only: []string{"APP_PROT"}, vars: []string{"APP_PROT=5"}, want: "$APP_PROT: unknown key, did you mean APP_PORT?"},
		{name: "a nested key", prefix: "APP", only: []string{"APP_DB_POOL", "APP_SERVER_READ_TIMEOUT"}},
		{name: "a nested key, misspelt", prefix: "APP", only: []string{"APP_DB_POOL", "APP_DB_POL"}, want: "$APP_DB_POL: unknown key, although the source is configured to read it, did you mean APP_DB_POOL?"},
		{name: "levels apart", prefix: "APP", only: []string{"APP_DB__POOL", "APP__PORT"}},
		{name: "nothing near", prefix: "APP", only: []string{"APP_QQQQQQ"}, want: "$APP_QQQQQQ: unknown key"},
		{name: "case does not matter", prefix: "my-app", only: []string{"my-app-port", "MY_APP_DB_POOL"}},
		{name: "in another case, misspelt", prefix: "app", only: []string{"app_prot"}, want: "$app_prot: unknown key, although the source is configured to read it, did you mean app_PORT?"},
		{name: "a section", prefix: "APP", only: []string{"APP_DB"}, want: "$APP_DB db: has keys below it; APP_DB_* is all of them, and APP_DB* the name itself too"},
		{name: "a list, an item, a key of an item", prefix: "APP", only: []string{"APP_HOSTS", "APP_HOSTS_0", "APP_ITEMS_3_ADDR"}},
		{name: "in a map and in anything", prefix: "APP", only: []string{"APP_LABELS_X", "APP_EXTRA", "APP_EXTRA_Y"}},
		{name: "a file", prefix: "APP", only: []string{"APP_DB_DSN_FILE"}},
		{name: "a file, misspelt", prefix: "APP", only: []string{"APP_DB_DSM_FILE"}, want: "$APP_DB_DSM_FILE: unknown key, although the source is configured to read it, did you mean APP_DB_DSN_FILE?"},
		{name: "a file, without files", prefix: "APP", only: []string{"APP_DB_DSN_FILE"}, options: []env.Option{env.WithoutFiles()}, want: "$APP_DB_DSN_FILE: unknown key"},
		{name: "whole environment", only: []string{"PORT", "DB_POOL"}, vars: []string{"PROT=1", "HOME=/"}},
		{name: "whole environment, misspelt", only: []string{"PROT"}, want: "$PROT: unknown key, although the source is configured to read it, did you mean PORT?"},
		{name: "whole environment, misspelt and set", only: []string{"PROT"}, vars: []string{"PROT=1"}, want: "$PROT: unknown key, did you mean PORT?"},
		{name: "whole environment, a section that is set", only: []string{"DB"}, vars: []string{"DB=1"}, want: "$DB db: has keys below it and cannot be set to a text, except to JSON in braces"},
		{name: "unknown keys are allowed", prefix: "APP", only: []string{"APP_PROT"}, vars: []string{"APP_PROT=1"}, options: []env.Option{env.AllowUnknown()}},
		{name: "ignored as well", prefix: "APP", only: []string{"APP_PROT"}, options: []env.Option{env.Ignore("APP_P*")}},

		{name: "a pattern", prefix: "APP", only: []string{"APP_DB_*", "APP_*_POOL", "APP_*", "*", "APP_DB*", "*_POOL", "A*L", "app-db-*"}},
		{name: "a pattern, misspelt", prefix: "APP", only: []string{"APP_DP_*"}, want: "$APP_DP_*: no key matches this pattern, which the source is configured to read, did you mean APP_DB_*?"},
		{name: "a pattern of nothing near", prefix: "APP", only: []string{"APP_SERVER_*_QQQ"}, want: "$APP_SERVER_*_QQQ: no key matches this pattern"},
		{name: "a pattern that a variable matches", prefix: "APP", only: []string{"APP_DP_*"}, vars: []string{"APP_DP_X=1"}, want: "$APP_DP_X: unknown key"},
		{name: "patterns of files, lists, maps and anything", prefix: "APP", only: []string{"APP_DB_*_FILE", "APP_HOSTS_*", "APP_ITEMS_*_ADDR", "APP_LABELS_*_X", "APP_EX*_Y_*"}},
		{name: "a pattern of the whole environment", only: []string{"DB_*", "D*", "*"}, vars: []string{"HOME=/"}},
		{name: "a pattern of the whole environment, misspelt", only: []string{"DP_*"}, want: "$DP_*: no key matches this pattern, which the source is configured to read, did you mean DB_*?"},

		{name: "without the prefix", prefix: "APP", only: []string{"DB_POOL"}, want: "read $DB_POOL: invalid argument: env.Only names a variable without the prefix (the name is APP_DB_POOL)"},
		{name: "a pattern without the prefix", prefix: "my-app", only: []string{"DB_*"}, want: "(the name is MY_APP_DB_*)"},
		{name: "the prefix alone", prefix: "APP", only: []string{"APP_"}, want: "invalid argument"},
		{name: "an empty name", only: []string{"PORT", ""}, want: "invalid argument"},
		{name: "a name that no variable can have", only: []string{"PORT=1"}, want: "invalid argument"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := append([]env.Option{env.Only(c.only...), env.Environ(func() []string { return c.vars })}, c.options...)
			cfg, err := nacre.OpenWith[onlyConfig](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)},
				env.New(c.prefix, options...))
			if err == nil {
				defer cfg.Close()
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Open: %v, though each name may be a key's", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Open: %v\nwant %s", err, c.want)
			case c.want != "" && !errors.Is(err, source.UnknownKey) && !errors.Is(err, source.WrongType) && !errors.Is(err, source.InvalidArgument):
				t.Errorf("the error is of kind %v", source.KindOf(err))
			}
		})
	}
}

// A prefix finds its variables however it is written.
func TestThePrefixOfAnEnvironmentMayBeWrittenInAnyCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ prefix, variable string }{
		{"app", "APP_PORT=5"}, {"my-app", "MY_APP_PORT=5"}, {"my.app", "my_app_port=5"}, {"App_", "APP_PORT=5"},
	} {
		cfg, err := nacre.OpenWith[onlyConfig](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)},
			env.New(c.prefix, env.Environ(func() []string { return []string{c.variable} })))
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Get().Port; got != 5 {
			t.Errorf("with the prefix %q, %s leaves the port at %d", c.prefix, c.variable, got)
		}
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := nacre.OpenWith[onlyConfig](t.Context(), nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)},
		env.New("app", env.Environ(func() []string { return []string{"APP_PORT=5", "app_port=6"} })))
	if !errors.Is(err, source.DuplicateKey) {
		t.Errorf("of two variables of one key, neither may win in silence: %v", err)
	}
}
