// Package nacre keeps a service on the newest good configuration.
//
// A config is a struct, a list of layers and a handle. Layers are places that hold configuration:
// files, Nacos, the environment. nacre merges them in order into the struct. Whenever a layer
// changes, it merges all of them again, binds the result strictly, validates it, and then swaps it
// in atomically. A change that is rejected changes nothing. Subscribers are called when the fields
// that they select change.
//
//	type Config struct {
//		Addr string `config:"addr" default:":8080"`
//		DB   struct {
//			DSN  nacre.Secret `config:"dsn" validate:"required"`
//			Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
//		} `config:"db"`
//	}
//
//	cfg, err := nacre.Open[Config](ctx, // layers, from low to high precedence
//		file.New("config.yaml"),
//		client.Source("orders.yaml"), // client, err := nacos.NewClient(nacos.FromEnv())
//		env.New("ORDERS"),
//	)
//	if err != nil { … }
//	defer cfg.Close()
//
//	c := cfg.Get() // *Config: one version, immutable, one atomic load
//	_, err = nacre.Subscribe(cfg, func(c *Config) int { return c.DB.Pool },
//		func(ctx context.Context, ch nacre.Change[int]) error { return pool.Resize(ch.New) })
//
// [Derive] builds resources from the config, such as a database or a client: before a change
// becomes live, and it closes the old one after its last user. [AutoRollback] reverts a change that
// makes the service unhealthy. [Section] binds the settings of a package to a type of its own.
// Package confighttp serves a page for operators and the readiness probe; package describe writes a
// table and a JSON Schema of the struct.
//
// # Defaults
//
// These hold without any option. Each key knows its layer, document and line, and a change that is
// rejected reports all of its problems with them. Unknown keys are problems. Documents that change
// within 100 ms of each other become one version. A subscriber that blocks, fails or panics does
// not affect others. The last good contents of the remote layers are kept on disk, and the service
// starts from them while a layer is down. A deleted document keeps its last content. Secrets cannot
// be printed. Rejections and outages are logged with log/slog, without values.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use. The value that Get returns is shared by
// all readers and must not be modified.
package nacre
