// Package nacre keeps a service on the newest good configuration.
//
// A config is a struct, a list of layers and a handle. The layers (files, Nacos, the environment) are merged in order into the
// struct. Whenever one changes, all of them are merged again; the result is bound strictly, validated, and only then swapped in,
// atomically. A change that is refused changes nothing. Typed hooks tell the service of the fields it cares about.
//
//	type Config struct {
//		Addr string `config:"addr" default:":8080"`
//		DB   struct {
//			DSN  nacre.Secret `config:"dsn" validate:"required"`
//			Pool int          `config:"pool" default:"10" validate:"gte=1,lte=500"`
//		} `config:"db"`
//	}
//
//	cfg, err := nacre.Open[Config](ctx, // layers, low to high
//		file.New("config.yaml"),
//		client.Source("orders.yaml"), // client, err := nacos.NewClient(nacos.FromEnv())
//		env.New("ORDERS"),
//	)
//	if err != nil { … }
//	defer cfg.Close()
//
//	c := cfg.Get() // *Config: one version, immutable, one atomic load
//	nacre.Subscribe(cfg, func(c *Config) int { return c.DB.Pool },
//		func(ctx context.Context, ch nacre.Change[int]) error { return pool.Resize(ch.New) })
//
// What a service builds from its config (a database, a client) it gets from [Derive]: built before a change is live, closed after its last
// user. [AutoRollback] takes a change back that the service does not stand. A package with settings of its own binds a [Section]. Package confighttp has a page for whoever is on call, package
// describe tables and schemas of the struct.
//
// # What holds without any option
//
// Every key knows its layer, document and line, and every problem of a change is reported at once with them. Unknown keys are
// errors. Contents that change within 100 ms of each other become one version. What a subscriber does harms nobody else. The
// last good content of the remote layers is kept on disk, and a service starts from it when they are down. A deleted document
// keeps its last content. Secrets don't print. Rejections and outages are logged with slog, without values.
//
// # Concurrency
//
// Everything is safe for concurrent use. What Get returns must not be modified: all readers share it.
package nacre
