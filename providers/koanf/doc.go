// Package koanf makes a layer of any koanf provider, with any koanf parser.
//
//	koanf.New(consul.Provider(cfg), nil, koanf.Name("consul/orders"), koanf.Delimiter("/"), koanf.Text())
//	koanf.New(s3.Provider(cfg), toml.Parser(), koanf.Name("orders.toml"))
//	koanf.New(file.Provider("app.hjson"), hjson.Parser(), koanf.Name("app.hjson"))
//
// For files on this machine, package providers/file is the better layer: koanf's file provider reads a file that is just
// being written, and stops watching when it is removed.
//
// # Flow
//
// Without a parser the provider's Read is called, and the layer is the tree that it returns. With a parser ReadBytes is
// called. The bytes of koanf's own yaml, json and toml parsers, and those of [Format], go to nacre's decoders, so that
// errors have lines and columns and a key that stands twice is found; any other parser is called and gives a tree.
//
// The provider is read at every interval ([PollInterval]), 30 s unless said otherwise. Where it has koanf's method Watch,
// that is used as well: what its callback brings only wakes, and the provider is read afterwards, so that events that are
// late, doubled or for something else do no harm. Watch is called once the provider could be read, because koanf's file
// provider keeps its lock for ever when it is asked to watch a file that is not there. A watch that ends with an error is
// begun again at the interval; where Watch itself fails, it is not called again, and the provider is polled.
//
// A provider's error for which errors.Is(err, fs.ErrNotExist) holds, or that [Absent] knows, is the document's absence.
//
// # Concurrency
//
// A provider is called by one goroutine at a time, but for Watch and Unwatch, as koanf's users do. Two layers on one
// provider that can be watched are a mistake: most providers have room for one watcher.
//
// # Errors
//
// Providers' and parsers' errors may hold values of the configuration, so that their texts are not passed on, but for
// errors of the standard library's os, net and syscall, and a parser's line number; [ErrorText] passes a provider's on.
// They stay reachable with errors.As. A panic of a provider or parser is an error.
//
// # Limits
//
// koanf's methods take no context. A read that does not come back is an error after [Timeout]; the next one begins when
// it has come back. Close calls Unwatch, where there is one, and waits for two seconds at most; a provider without Unwatch
// (etcd, consul) goes on watching, and is not listened to.
package koanf
