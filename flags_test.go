package nacre_test

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/flags"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type flagged struct {
	DB struct {
		Pool struct {
			Max int `config:"max" default:"10"`
		} `config:"pool"`
		DSN nacre.Secret `config:"dsn"`
	} `config:"db"`
	Timeout time.Duration     `config:"timeout" default:"3s"`
	Hosts   []string          `config:"hosts"`
	Labels  map[string]string `config:"labels"`
	Servers []struct {
		Addr string `config:"addr"`
	} `config:"servers"`
	Debug *bool `config:"debug"`
}

// parsed returns a layer of flags with these arguments.
func parsed(t *testing.T, args []string, opts ...flags.Option) source.Source {
	t.Helper()
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	layer := flags.New[flagged](set, opts...)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return layer
}

// TestFlagsPrecede holds that the flags that are set override the environment and files.
func TestFlagsPrecede(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("db: {pool: {max: 1}}\ntimeout: 1s\nhosts: [file]\nlabels: {a: file, b: file}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := nacre.OpenWith[flagged](t.Context(), nacre.Options{Logger: slog.New(slog.DiscardHandler)},
		file.New(path),
		env.New("APP", env.Environ(func() []string { return []string{"APP_DB_POOL_MAX=2", "APP_TIMEOUT=2s"} })),
		parsed(t, []string{"--db.pool.max=3", "-debug", "-hosts", "x", "-hosts", "y,z", "-labels", "a=flag", "-servers", `[{"addr":"s"}]`}))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	c := cfg.Get()
	if c.DB.Pool.Max != 3 || c.Timeout != 2*time.Second || c.Debug == nil || !*c.Debug || !slices.Equal(c.Hosts, []string{"x", "y", "z"}) ||
		c.Labels["a"] != "flag" || c.Labels["b"] != "file" || len(c.Servers) != 1 || c.Servers[0].Addr != "s" {
		t.Errorf("flags above the environment above a file give %+v", c)
	}
	e, err := cfg.Explain("db.pool.max")
	if err != nil || len(e.LayerValues) != 3 || e.LayerValues[0].Position.String() != "--db.pool.max (flags)" || !e.LayerValues[0].Effective {
		t.Errorf("the key is explained as %v, %v; its place is the flag", e, err)
	}
}

func TestFlagsThatAreWrong(t *testing.T) {
	t.Parallel()
	const planted = "planted-5f1c"
	_, err := nacre.Open[flagged](t.Context(), memory.New("a.yaml", nil), parsed(t,
		[]string{"-db.pool.max=" + planted, "-timeout", planted, "-labels", planted, "-debug=" + planted, "-p", planted, "-dsn", planted},
		flags.Flag("p", "db.pol.max"), flags.Flag("q", "timout"), flags.Flag("dsn", "db.dsn")))
	if err == nil {
		t.Fatal("flags with wrong texts are accepted")
	}
	if strings.Contains(err.Error(), planted) {
		t.Errorf("the error shows the text of a flag: %v", err)
	}
	for _, want := range []string{
		"--db.pool.max (flags) db.pool.max: must be a whole number",
		"--timeout (flags) timeout: ",
		"--labels (flags) labels: must be a map",
		"--debug (flags) debug: ",
		"--p (flags) db.pol.max: unknown key, did you mean db.pool.max?",
		"--q (flags) timout: unknown key, although the source is configured to set it, did you mean timeout?",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

// TestFlagOfASection holds that a flag can set a key that only a section has.
func TestFlagOfASection(t *testing.T) {
	t.Parallel()
	type redis struct {
		Addr string `config:"addr"`
	}
	o := nacre.Options{Logger: slog.New(slog.DiscardHandler), Sections: []nacre.SectionDeclaration{nacre.DeclareSection[redis]("redis")}}
	cfg, err := nacre.OpenWith[flagged](t.Context(), o, parsed(t, []string{"-redis", "r:6379"}, flags.Flag("redis", "redis.addr")))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if s, err := nacre.Section[redis](t.Context(), cfg, "redis"); err != nil || s.Get().Addr != "r:6379" {
		t.Errorf("the flag of a section's key sets %v, %v", s, err)
	}
}
