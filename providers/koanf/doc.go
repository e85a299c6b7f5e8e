// Package koanf makes a layer of any koanf provider, with any koanf parser.
//
//	koanf.New(consul.Provider(cfg), nil, koanf.Name("consul/orders"), koanf.Delimiter("/"), koanf.Text())
//	koanf.New(s3.Provider(cfg), toml.Parser(), koanf.Name("orders.toml"))
//	koanf.New(file.Provider("app.hjson"), hjson.Parser(), koanf.Name("app.hjson"))
//
// For files on this machine, package providers/file is the better layer: koanf's file provider
// reads files while they are written, and stops watching a file that is removed.
//
// # Flow
//
// Without a parser, the source calls the provider's Read, and the layer is the tree that Read
// returns. With a parser, it calls ReadBytes. nacre decodes the bytes for koanf's own yaml, json
// and toml parsers, and for those of [Format] itself, so that errors have lines and columns, and
// duplicate keys are found. Any other parser decodes the bytes to a tree.
//
// The source reads the provider at an interval ([PollInterval]). If the provider has koanf's method
// Watch, the source uses it as well: an event only wakes the source, which then reads the provider,
// so that events that are late, doubled or about something else do no harm. The source calls Watch
// after the first successful read, because koanf's file provider keeps its lock forever if it must
// watch a file that does not exist. If a watch ends with an error, the source starts another one
// after the interval. If Watch itself fails, the source only polls.
//
// An error of the provider for which errors.Is(err, fs.ErrNotExist) holds, or that [Absent]
// recognizes, means that the document is absent.
//
// # Concurrency
//
// The source calls a provider from one goroutine at a time, except for Watch and Unwatch, as users
// of koanf do. Do not use a provider with a watch in two layers: most providers have room for one
// watcher.
//
// # Errors
//
// Errors of providers and parsers may contain values of the configuration. The source therefore
// does not pass on their texts, except for those of errors of the standard library's os, net and
// syscall, and the line number of a parser's error. [ErrorText] passes on a provider's texts. The
// errors are in reach of errors.As. A panic of a provider or parser is an error.
//
// # Limits
//
// koanf's methods take no context. A read that does not return is an error after [Timeout]; the
// next read starts when it has returned. Close calls Unwatch, if there is one, and waits for two
// seconds at most. A provider without Unwatch (etcd, consul) keeps watching, and its events are
// ignored.
package koanf
