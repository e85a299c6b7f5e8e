package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type Service struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms"`
	} `config:"server"`
	DB struct {
		DSN  nacre.Secret `config:"dsn" validate:"required"`
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
	} `config:"db"`
}

// A file, and an environment that has the last word.
func Example() {
	dir, _ := os.MkdirTemp("", "nacre")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config.yaml")
	_ = os.WriteFile(path, []byte("db:\n  dsn: postgres://db/orders\n  pool: 20\n"), 0o600)

	cfg, err := nacre.Open[Service](context.Background(),
		file.New(path),
		env.New("ORDERS", env.Environ(func() []string { return []string{"ORDERS_DB_POOL=40"} })),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()

	c := cfg.Get()
	fmt.Println(c.DB.Pool, c.Server.Timeout, c.DB.DSN)
	// Output: 40 3s ******
}

// A subscriber hears of the field that it selects, and of nothing else.
func ExampleSubscribe() {
	layer := memory.New("config.yaml", []byte("db: {dsn: x, pool: 20}"))
	cfg, err := nacre.Open[Service](context.Background(), layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()

	done := make(chan struct{})
	nacre.Subscribe(cfg, func(c *Service) int { return c.DB.Pool },
		func(_ context.Context, ch nacre.Change[int]) error {
			fmt.Println("pool", ch.Old, "→", ch.New, "because of", ch.Causes[0])
			close(done)
			return nil
		})
	layer.Set([]byte("db: {dsn: x, pool: 50}"))
	<-done
	// Output: pool 20 → 50 because of config.yaml (memory)
}

// All that is wrong is told at once: layer, document, line, column, key, and what was meant.
func ExampleProblems() {
	_, err := nacre.Open[Service](context.Background(), memory.New("config.yaml", []byte(`
server:
  timeot: 30s
db:
  dsn: postgres://db
  pol: 5
  pool: 9999
`)))
	fmt.Println(err)
	fmt.Println(errors.Is(err, source.UnknownKey), errors.Is(err, source.Invalid))
	// Output:
	// config.yaml:3:3 (memory) server.timeot: unknown key, did you mean server.timeout?
	// config.yaml:6:3 (memory) db.pol: unknown key, did you mean db.pool?
	// config.yaml:7:9 (memory) db.pool: must be at most 500
	// true true
}

func ExampleConfig_Explain() {
	cfg, err := nacre.Open[Service](context.Background(),
		memory.New("defaults.yaml", []byte("db:\n  dsn: a\n  pool: 20\n")),
		env.New("ORDERS", env.Environ(func() []string { return []string{"ORDERS_DB_POOL=40", "ORDERS_DB_DSN=b"} })),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	for _, key := range []string{"db.pool", "db.dsn", "server.addr"} {
		x, _ := cfg.Explain(key)
		fmt.Print(x)
	}
	// Output:
	// db.pool = 40   $ORDERS_DB_POOL (env)
	//   over 20   defaults.yaml:3:9 (memory)
	//   over 10   default
	// db.dsn = ******   $ORDERS_DB_DSN (env)
	//   over ******   defaults.yaml:2:8 (memory)
	// server.addr = :8080   default
}

// A bad change in production: go back, and hold what comes until it is mended.
func ExampleConfig_Rollback() {
	layer := memory.New("config.yaml", []byte("db: {dsn: x, pool: 20}"))
	cfg, err := nacre.OpenWith[Service](context.Background(), nacre.Options{Window: -1, Logger: slog.New(slog.DiscardHandler)}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	applied := make(chan int)
	nacre.Subscribe(cfg, func(c *Service) int { return c.DB.Pool },
		func(_ context.Context, ch nacre.Change[int]) error { applied <- ch.New; return nil })

	layer.Set([]byte("db: {dsn: x, pool: 500}"))
	fmt.Println("pool", <-applied)
	version, err := cfg.Rollback(context.Background())
	fmt.Println("pool", <-applied, "in version", version, err)
	fmt.Println("pinned:", cfg.Health().Pinned)
	// Output:
	// pool 500
	// pool 20 in version 3 <nil>
	// pinned: true
}

// The merged tree as a koanf instance, for keys that are known only when the program runs.
func ExampleConfig_Koanf() {
	type Plugins struct {
		Plugins map[string]any `config:"plugins"`
	}
	cfg, err := nacre.Open[Plugins](context.Background(), memory.New("config.yaml", []byte("plugins: {audit: {level: 3}}")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	fmt.Println(cfg.Koanf().Int("plugins.audit.level"))
	// Output: 3
}

// A resource is built from a part of the config before a change is live. A change that it cannot be built from is refused.
func ExampleDerive() {
	type Config struct {
		Greeting string `config:"greeting"`
	}
	ctx := context.Background()
	decided := make(chan struct{})
	layer := memory.New("service.yaml", []byte("greeting: hello NAME"))
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Window: -1, Logger: slog.New(slog.DiscardHandler), Observer: &observe.Observer{
		Rejected: func(observe.Rejected) { close(decided) },
	}}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()

	// In a service: openDB, and (*sql.DB).Close in place of nil.
	template := func(_ context.Context, text string) (*strings.Replacer, error) {
		if !strings.Contains(text, "NAME") {
			return nil, errors.New("it greets nobody")
		}
		return strings.NewReplacer("GREETING", strings.ReplaceAll(text, "NAME", "you")), nil
	}
	greeting, err := nacre.Derive(ctx, cfg, func(c *Config) string { return c.Greeting }, template, nil, nacre.Name("greeting"))
	if err != nil {
		fmt.Println(err)
		return
	}

	layer.Set([]byte("greeting: welcome"))
	<-decided
	r, release := greeting.Acquire() // for as long as it is used
	defer release()
	fmt.Println(r.Replace("GREETING!"))
	fmt.Println(cfg.Health().Layers[0].Rejected[0])
	// Output:
	// hello you!
	// greeting cannot be built: it greets nobody
}
