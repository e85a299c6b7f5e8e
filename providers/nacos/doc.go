// Package nacos reads configuration from a Nacos server over a session of its own. A [Client]
// stands for one server set, namespace and login; each [Source] of it is one config, ready to be a
// layer.
//
//	client, err := nacos.NewClient(nacos.FromEnv())
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	cfg, err := nacre.Open[Config](ctx, client.Source("orders.yaml"))
//
// # Flow
//
// A session keeps one gRPC connection to one server of the list. On it goes: a check of the server,
// the set-up, a batch listen of all keys, then pushes. A push is acknowledged at once and only
// marks its key; one of four workers reads the key, checks the content against the md5 that the
// server declares, and wakes the sources. A key is never read twice at the same time. Every 30 s,
// give or take a tenth, all keys are compared with the server's by batch listen, so that a push
// that was lost costs half a minute at most and not the day. A declared key is listened to from
// [Client.Source] on, not from the first read.
//
// What is reported to the server in a listen is the md5 that was applied, not the one that was
// read: a console that shows the listeners of a config shows who has made it live. A content that
// was rejected keeps the old md5 there and is not read again until it changes.
//
// # Concurrency
//
// A Client and its methods are safe for concurrent use. Clients with the same servers, namespace,
// login and settings share one connection in the process, and sources of the same key share one
// registration and one read. A Source's Next is for one caller, its other methods for any number.
// Events are told from a goroutine of their own. Close ends every goroutine, also while a server
// does not answer.
//
// # Errors
//
// Every error is a [source.Error] with its kind, the server or document it is about and one
// sentence with the fix, and has a [Code], which names the trouble more exactly: errors.Is(err,
// nacos.GRPCPortClosed). None has a content, a password or a token in it, and no text of the server
// is passed on.
//
// # Servers
//
// A session knows its servers from [Config].Servers, or from an address server, [Config].Endpoint,
// which it asks every 30 s. It starts with a random one, follows a server's redirects to listed
// servers, and leaves one that the address server no longer names. It goes to no other host unless
// [Config].AllowRedirects names it, and after 10 minutes there it returns to the list. The server
// is told which instance connects: see [Instance].
//
// # Encryption
//
// With [Config].TLS everything goes by TLS: gRPC, and HTTP for the login, the console's interface
// and the address server. Neither an address server nor a redirect can change that.
// [Config].Plaintext allows HTTP without TLS. Without TLS a session that has credentials warns
// once, by the event [EventUnencryptedCredentials] or through slog.Default.
//
// # Bounds
//
// How long things take at worst with the default settings, see [Option] for changing them: a change
// whose push was lost is seen after 33 s plus the read. A connection whose other end has gone
// silent is given up after at most 41 s on a good network, 29 s on a fair one and 25 s on a bad
// one, see [Option]. A lost connection is made again after a random time between nothing and a
// limit that doubles from 100 ms to 30 s, without end, and each time every server of the list is
// tried; the port of a server that refuses connections is looked at about once a second, and the
// wait ends, and starts from 100 ms again, when it opens. A request is given up after 5 s, Close
// takes at most 5 s.
//
// A push, and an answer that is no content, may have 1 MiB, and a content 64 MiB as it travels. One
// answer of more than 1 MiB is read and decoded at a time, so that a server cannot make a session
// hold more than about 320 MiB beside the contents themselves.
//
// # Administration
//
// [Client.Publish], [Client.Delete] and their options, [Client.History] and [Client.Listeners] are
// what a tool for the command line needs. Some of it a server offers over HTTP alone, and a Nacos 3
// under other paths, for administrators: each method says so.
//
// # Limits
//
// Publishing is answered before it can be read: a read right after it misses it, on every Nacos.
// Reading a key in a tight loop slows the server's own update down; wait for the source instead. In
// gRPC the public namespace has an empty id; here "public" means it too. Proxies of the environment
// are not used.
package nacos
