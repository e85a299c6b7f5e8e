package nacre_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
)

type variableConfig struct {
	DB struct {
		DSN  nacre.Secret `config:"dsn" alias:"url" validate:"required"`
		Pool int          `config:"pool"`
	} `config:"db"`
	Hosts []string `config:"hosts"`
}

func openVariable(t *testing.T, variables []string, opts ...env.Option) (*nacre.Config[variableConfig], error) {
	t.Helper()
	cfg, err := nacre.OpenWith[variableConfig](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)},
		env.New("ORDERS", append(opts, env.Environ(func() []string { return variables }))...))
	if err == nil {
		t.Cleanup(func() { _ = cfg.Close() })
	}
	return cfg, err
}

// TestAForeignVariable holds that a variable with a name of its own sets its key, and that errors
// and Explain name it.
func TestAForeignVariable(t *testing.T) {
	t.Parallel()
	const planted = "planted-5f1c"
	dsn := env.Variable("DATABASE_URL", "db.dsn")
	cfg, err := openVariable(t, []string{"DATABASE_URL=" + planted, "ORDERS_DB_POOL=2", "HOSTS=a,b"}, dsn, env.Variable("HOSTS", "hosts"))
	if err != nil {
		t.Fatal(err)
	}
	if c := cfg.Get(); c.DB.DSN.Reveal() != planted || c.DB.Pool != 2 || strings.Join(c.Hosts, "+") != "a+b" {
		t.Errorf("the config is %+v", c)
	}
	if e, err := cfg.Explain("db.dsn"); err != nil || len(e.LayerValues) != 1 || e.LayerValues[0].Position.String() != "$DATABASE_URL" || strings.Contains(e.String(), planted) {
		t.Errorf("the key is explained as %v, %v", e, err)
	}
	for name, c := range map[string]struct {
		variables []string
		opts      []env.Option
		want      string
	}{
		"a wrong value":    {[]string{"DATABASE_URL=x", "POOL=" + planted}, []env.Option{dsn, env.Variable("POOL", "db.pool")}, "$POOL db.pool: must be a whole number"},
		"both":             {[]string{"DATABASE_URL=" + planted, "ORDERS_DB_DSN=" + planted}, []env.Option{dsn}, "$DATABASE_URL db.dsn: is defined twice; the first is $ORDERS_DB_DSN"},
		"by an old name":   {[]string{"DATABASE_URL=" + planted, "ORDERS_DB_URL=x"}, []env.Option{dsn}, "db.url: is an old name of db.dsn, and db.dsn is set to another value by $DATABASE_URL"},
		"unknown":          {[]string{"DATABASE_URL=" + planted}, []env.Option{env.Variable("DATABASE_URL", "db.dns")}, "$DATABASE_URL db.dns: unknown key, did you mean db.dsn?"},
		"unknown, not set": {nil, []env.Option{env.Variable("DATABASE_URL", "db.dns")}, "$DATABASE_URL db.dns: unknown key, although the source is configured to set it, did you mean db.dsn?"},
		"unknown, lenient": {[]string{"DATABASE_URL=" + planted}, []env.Option{env.Variable("DATABASE_URL", "db.dns"), env.AllowUnknown()}, "$DATABASE_URL db.dns: unknown key"},
	} {
		_, err := openVariable(t, c.variables, c.opts...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v\nwant %s", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), planted) {
			t.Errorf("%s: the error shows the value: %v", name, err)
		}
	}
}
