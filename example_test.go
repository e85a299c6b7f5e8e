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
	_, err = nacre.Subscribe(cfg, func(c *Service) int { return c.DB.Pool },
		func(_ context.Context, ch nacre.Change[int]) error {
			fmt.Println("pool", ch.Old, "→", ch.New, "because of", ch.Causes[0])
			close(done)
			return nil
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	layer.Set([]byte("db: {dsn: x, pool: 50}"))
	<-done
	// Output: pool 20 → 50 because of config.yaml
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
	// config.yaml:3:3 server.timeot: unknown key, did you mean server.timeout?
	// config.yaml:6:3 db.pol: unknown key, did you mean db.pool?
	// config.yaml:7:9 db.pool: must be at most 500
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
	// db.pool = 40   $ORDERS_DB_POOL
	//   over 20   defaults.yaml:3:9
	//   over 10   default
	// db.dsn = ******   $ORDERS_DB_DSN
	//   over ******   defaults.yaml:2:8
	// server.addr = :8080   default
}

// A bad change in production: go back, and hold what comes until it is mended.
func ExampleConfig_Rollback() {
	layer := memory.New("config.yaml", []byte("db: {dsn: x, pool: 20}"))
	cfg, err := nacre.OpenWith[Service](context.Background(), nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler)}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	applied := make(chan int)
	_, err = nacre.Subscribe(cfg, func(c *Service) int { return c.DB.Pool },
		func(_ context.Context, ch nacre.Change[int]) error { applied <- ch.New; return nil })
	if err != nil {
		fmt.Println(err)
		return
	}

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

// The merged tree, for keys that are known only when the program runs.
func ExampleConfig_Tree() {
	type Plugins struct {
		Plugins map[string]any `config:"plugins"`
	}
	cfg, err := nacre.Open[Plugins](context.Background(), memory.New("config.yaml", []byte("plugins: {audit: {level: 3}}")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	fmt.Println(cfg.Tree()["plugins"])
	// Output: map[audit:map[level:3]]
}

// A resource is built from a part of the config before a change is live. A change that it cannot be
// built from is refused.
func ExampleDerive() {
	type Config struct {
		Greeting string `config:"greeting"`
	}
	ctx := context.Background()
	decided := make(chan struct{})
	layer := memory.New("service.yaml", []byte("greeting: hello NAME"))
	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler), Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.Rejected {
			close(decided)
		}
	}}}, layer)
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
	greeting, err := nacre.Derive(ctx, cfg, func(c *Config) string { return c.Greeting }, template, nil, nacre.WithName("greeting"))
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
	// resource greeting cannot be built: it greets nobody
}

// A change that is valid and does harm is taken back, and does not come again.
func ExampleAutoRollback() {
	rolledBack := make(chan observe.Event)
	layer := memory.New("service.yaml", []byte("db: {dsn: x, pool: 10}"))
	cfg, err := nacre.OpenWith[Service](context.Background(), nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler), Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.RolledBack {
			rolledBack <- e
		}
	}}}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	nacre.AutoRollback(cfg, func(ctx context.Context, c *Service) error {
		if c.DB.Pool < 5 { // in a service: a request to itself
			return errors.New("requests wait for connections")
		}
		return nil
	}, nacre.WithName("self test"), nacre.RollbackCheckInterval(time.Millisecond))

	layer.Set([]byte("db: {dsn: x, pool: 2}"))
	e := <-rolledBack
	fmt.Printf("version %d was rolled back: %v\n", e.From, e.Err)
	fmt.Println("pool", cfg.Get().DB.Pool, "in version", e.Version)
	// Output:
	// version 2 was rolled back: check self test: requests wait for connections
	// pool 10 in version 3
}

// A document that was emptied by accident is held, and somebody who means it releases it.
func ExampleConfig_Approve() {
	held := make(chan observe.Event)
	layer := memory.New("service.yaml", []byte("server: {addr: ':9090'}\ndb: {dsn: x}"))
	cfg, err := nacre.OpenWith[struct {
		Server struct {
			Addr string `config:"addr" default:":8080"`
		} `config:"server"`
		DB map[string]string `config:"db"`
	}](context.Background(), nacre.Options{Window: nacre.Off, Logger: slog.New(slog.DiscardHandler), Observers: []observe.Observer{func(e observe.Event) {
		if e.Kind == observe.Held {
			held <- e
		}
	}}}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()

	layer.Set([]byte("# TODO"))
	fmt.Println("held:", (<-held).Reasons[0])
	fmt.Println(cfg.Get().Server.Addr)
	seen := cfg.Health().Layers[0] // what an operator looks at
	if _, err := cfg.Approve(context.Background(), seen.Name, seen.Latest, observe.By{Who: "ann", Why: "the service needs no settings"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(cfg.Get().Server.Addr)
	// Output:
	// held: service.yaml: is empty and had 2 keys
	// :9090
	// :8080
}

// A secret is kept elsewhere, and the document refers to it.
func ExampleResolveFiles() {
	dir, _ := os.MkdirTemp("", "nacre")
	defer os.RemoveAll(dir)
	_ = os.WriteFile(filepath.Join(dir, "db-password"), []byte("hunter2\n"), 0o600)

	layer := memory.New("service.yaml", []byte("db: {dsn: 'postgres://orders:${file:db-password}@db/orders'}"))
	cfg, err := nacre.OpenWith[Service](context.Background(), nacre.Options{Logger: slog.New(slog.DiscardHandler)},
		nacre.Layer(layer, nacre.ResolveFiles(dir)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	fmt.Println(cfg.Get().DB.DSN.Reveal())
	// Output: postgres://orders:hunter2@db/orders
}

// RedisConfig is what a package of the service, here this one, wants to know.
type RedisConfig struct {
	Addr string `config:"addr" validate:"hostname_port"`
	Pool int    `config:"pool" default:"10" validate:"lte=100"`
}

// A package binds its own section of the service's config. What is bad for one of them changes
// neither.
func ExampleSection() {
	type App struct {
		Name string `config:"name"`
	}
	layer := memory.New("service.yaml", []byte("name: orders\nredis: {addr: 'r1:6379'}"))
	rejected := make(chan error)
	cfg, err := nacre.OpenWith[App](context.Background(), nacre.Options{
		Sections: []nacre.SectionDeclaration{nacre.ReserveSection("redis")}, // App has no field for it
		Window:   -1, Logger: slog.New(slog.DiscardHandler),
		Observers: []observe.Observer{func(e observe.Event) {
			if e.Kind == observe.Rejected {
				rejected <- e.Problems
			}
		}},
	}, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()

	redis, err := nacre.Section[RedisConfig](context.Background(), cfg, "redis")
	if err != nil {
		fmt.Println(err)
		return
	}
	layer.Set([]byte("name: invoices\nredis: {addr: 'r2:6379', pool: 500}"))
	fmt.Println(<-rejected)
	fmt.Println(cfg.Get().Name, redis.Get().Addr)
	// Output:
	// service.yaml:2:32 redis.pool: must be at most 100
	// orders r1:6379
}

// Files are looked at before they are published.
func ExampleCheck() {
	_, err := nacre.Check[Service](context.Background(), memory.New("prod.yaml", []byte("db:\n  dsn: x\n  pol: 20\n")))
	fmt.Println(err)
	// Output: prod.yaml:3:3 db.pol: unknown key, did you mean db.pool?
}
