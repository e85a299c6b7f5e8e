// Package nacos reads configuration from a Nacos server. A [Client] connects to one cluster, as one
// user and in one namespace. Each source of a client is one config, which you can use as a layer.
//
//	client, err := nacos.NewClient(nacos.FromEnv())
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	cfg, err := nacre.Open[Config](ctx, client.Source("orders.yaml"))
//
// The package has its own implementation of the protocol and does not import nacos-sdk-go. Package
// sdkconfig converts the settings that a service has for that SDK, and package nacossdk makes
// sources of a client of the SDK. Package nacostest is a Nacos server for tests.
//
// # How updates arrive
//
// A session keeps one gRPC connection to one server. It registers all keys with a batch listen and
// then receives pushes. It acknowledges a push at once and marks the key stale; one of four workers
// reads the key, compares the content with the md5 that the server declares, and wakes the sources.
// Two reads of the same key never overlap. A key is registered from [Client.Source] on, not from
// the first read.
//
// Every 30 s, give or take a tenth, the session compares all keys with the server's by batch
// listen. A lost push therefore delays an update by half a minute at most.
//
// The session reports to the server the md5 of the content that is live, not of the one that it has
// read. The list of listeners in the console thus shows who has applied a change. After a rejected
// content it still shows the previous md5; the session does not read the rejected content again
// until the config changes.
//
// # Patterns
//
// [Client.Matching] is a source of all configs that match a pattern. Which ones match comes from
// the fuzzy watch of a Nacos 3, which the server offers when the connection is set up, or from
// lists over HTTP. It is a hint only: each config is registered and read as above, and its read
// alone says whether it exists.
//
// # Concurrency
//
// A [Client] and its methods are safe for concurrent use. Clients with equal settings share one
// connection, and sources of the same key share one registration and one read. Call Next of a
// source from one goroutine at a time; the other methods are safe for concurrent use. A goroutine
// of its own delivers events. Close ends every goroutine, even while a server does not answer.
//
// # Errors
//
// Every error is a [source.Error] with its kind, the server or document, and one sentence that says
// how to fix it. It also has a [Code]: errors.Is(err, nacos.GRPCPortClosed). No error contains a
// content, a password, a token or text of the server.
//
// # Servers
//
// A session knows its servers from [Config].Servers, or from an address server, [Config].Endpoint,
// which it asks every 30 s. It starts with a random server, follows redirects to listed servers,
// and leaves a server that drops out of the list of the address server. It follows a redirect to an
// unlisted host only if [Config].AllowRedirects has that host, and returns to the list after 10
// minutes.
//
// # Encryption
//
// With [Config].TLS all traffic uses TLS: gRPC, and HTTP for the login, the console's interface and
// the address server. Neither an address server nor a redirect can change that. [Config].Plaintext
// allows HTTP without TLS. Without TLS a client that has credentials warns once, with
// [EventUnencryptedCredentials] or through slog.Default.
//
// # Bounds
//
// These bounds hold with the default settings; see [Option] for how to change them.
//
//   - An update whose push was lost arrives after 33 s, plus the time of the read.
//   - A connection whose other end is silent ends after at most 41 s on a good network, 29 s on a
//     fair one and 25 s on a bad one.
//   - The session reconnects without end. It tries every server of the list, then waits for a
//     random time below a limit that doubles from 100 ms to 30 s. About once a second it probes the
//     ports of servers that refused a connection; when one opens, the wait ends and starts again
//     from 100 ms.
//   - A request takes at most 5 s, and so does Close.
//   - A push, and an answer other than a content, has at most 1 MiB, a content at most 64 MiB on
//     the wire. The session decodes one answer of more than 1 MiB at a time, so that a server
//     cannot make it allocate more than about 320 MiB besides the contents themselves.
//
// # Servers that differ
//
// A server of a cluster can fail to copy a config from the database. It then keeps the old content,
// and answers "not changed" to every comparison. A session that knows several servers therefore
// compares its keys with another one every 5 minutes, give or take a quarter, over a brief
// connection. What still differs 30 s later is reported once, with [EventServersDiffer], in the
// metrics, and in Health. If the other content is newer by the servers' times, the session takes
// it, and does not return to the older one while any server confirms the newer. A deletion has no
// time: where only one of two servers has a config, the session reports it and changes nothing.
// [CompareServersEvery] sets the interval. Servers behind one address count as one.
//
// # Administration
//
// [Client.Publish], [Client.Delete], [Client.List], [Client.Metadata], [Client.History] and
// [Client.Listeners] are for command-line tools. A server offers some of them over HTTP alone, and
// a Nacos 3 for administrators only: each method says so, and an error with [PermissionDenied]
// names the permission. Before you rely on [IfMD5], call [Client.ProbeIfMD5].
//
// # Limits
//
// A server answers a publish before the content can be read, so a read right after it misses it.
// Reading a key in a tight loop delays the server's own update; wait for the source instead.
// "public" names the public namespace here, although its id is empty in gRPC. The package does not
// use the proxies of the environment.
package nacos
