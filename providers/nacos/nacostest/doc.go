// Package nacostest runs a Nacos server inside the test process, as net/http/httptest does for
// HTTP. The server speaks gRPC and HTTP on 127.0.0.1 and answers as a real Nacos 2.3.2 does, or,
// with [Options.Version] "3.0", as a real 3.0.3.
//
//	srv, err := nacostest.Start(nacostest.Options{})
//	if err != nil {
//		t.Fatal(err)
//	}
//	defer srv.Close()
//	srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}") // readable at once
//
//	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
//	...
//	srv.Publish("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 20}") // pushed and readable 100 ms later
//
// A config that you open on it stores a last known good copy, by default in the cache folder of the
// user. Each server has its own port, so each run would leave another copy. Give the config of a
// test a temporary folder:
//
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{LastKnownGoodDir: t.TempDir()}, client.Source("orders.yaml"))
//
// # What to know about Nacos
//
// A server answers a publish before the content can be read: reads and pushes see it after
// [Options.DumpDelay], and a read right after a publish misses it. Several publishes of one key
// within that time appear as one. Publishing the same content again pushes nothing. Deleting a
// missing key succeeds, and so does publishing into an unknown namespace.
//
// # Nacos 2 and Nacos 3
//
// A service that works with both should be tested with both, in a loop over the two versions. What
// differs most for clients:
//
//   - For configs, "" and "public" are one namespace in a 3.0.
//   - The tag of a gray release is a label of the connection, "app_Vipserver-Tag", in a 3.0, and a
//     header of each request, "Vipserver-Tag", in a 2.3. A 3.0 deletes the content for a tag by the
//     name "tag_canary", and one that does not exist is an error.
//   - Over HTTP, a 3.0 has /v3/admin, /v3/client and /v3/auth. Of /v1 it has reading, publishing
//     and deleting a config, instances, and login; it answers the other paths of /v1 and /v2 with
//     410.
//   - A config that does not exist is HTTP status 404 in /v1 and /v3/admin, and 200 with the code
//     20004 in /v3/client.
//   - A publish with too long a description, or too many tags, is code 400 in the gRPC of a 2.3,
//     and 500 in that of a 3.0.
//   - Without users, a 2.3 lets the user nacos log in with any password, and a 3.0 lets no user.
//
// # Services
//
// The server also answers the naming client of an SDK, so that a test sees a service register
// itself: see [Server.Instances]. With [Server.Register] and [Server.Deregister] the test plays
// another service that the one under test calls.
//
//	srv.Register("", "DEFAULT_GROUP", "stock", nacostest.Instance{IP: "10.0.0.7", Port: 8080})
//
// As on a real server, an ephemeral instance ends with the connection of its client, a client has
// one instance or batch of a service, and subscribers are pushed 500 ms after a change.
//
// # Faults
//
// The server can misbehave: see [Server.Stop], [Server.Stall], [Server.Disconnect],
// [Server.FailRequests], [Server.DropPushes], [Server.CorruptReads], [Server.IgnoreIfMD5],
// [Server.ServeRefused] and [Server.ExpireTokens]. A fault with a count n affects the next n
// requests or pushes, [Always] all of them, and 0 ends it. [Server.ClearFaults] ends all faults.
//
// # Concurrency
//
// Everything here is safe for concurrent use. Servers share nothing; a process may have many. Close
// waits until all goroutines of the server have ended.
//
// # Limits
//
// The server is one node without a cluster, and keeps its state in memory. It has no capacity
// quotas and no encryption plugin. It probes no instance: each has the health that was registered.
// Over HTTP it registers and deregisters persistent instances, as nacos-sdk-go does; all else of
// naming is in gRPC only. Heartbeats, selectors, protection thresholds, the settings of services
// and clusters are missing. So are, of Nacos 3, the fuzzy watch of services, locks, MCP, the
// console on a port of its own, and export, import and clone of configs.
package nacostest
