// Package nacostest is a Nacos server inside the test process, in the manner of net/http/httptest: gRPC (push stream,
// query, listen, publish, remove) and HTTP (config, history, listener, login, readiness), on 127.0.0.1 with free ports.
// It keeps to what a real Nacos 2.3.2 answers, byte for byte where that is of use; the same table of tests runs
// against both. The SDK's client for Go (sdktest) and the official one for Java (ci/javaclient) work with it as they do
// with a real server.
//
//	srv, err := nacostest.Start(nacostest.Options{})
//	if err != nil {
//		t.Fatal(err)
//	}
//	defer srv.Close()
//	srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}") // readable at once
//	// point the client under test at srv.Addr()
//	srv.Publish("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 20}") // pushed and readable after the dump delay
//	srv.Faults().DropPushes(1)
//	err = srv.Wait(ctx, func(s nacostest.Stats) bool { return s.Requests["ConfigQueryRequest"] > 1 })
//
// A config that is opened on it keeps a last known good copy, by default in the cache folder of the user; each server has a port of
// its own, and so each run leaves another one. Give a test's config a folder of the test's, or no copy:
//
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{LastKnownGoodDir: t.TempDir()}, client.Source("orders.yaml"))
//
// # What to know about Nacos
//
// A publish is answered before it can be read: reads and pushes see it after [Options.DumpDelay], and a read right
// after a publish misses it. Publishes of one key within that time come out as one. A push names a key and carries no
// content. It is sent to every connection that listens to the key, the publisher's own too, and even if the connection
// has told the md5 that the key has now; publishing the same content again pushes nothing. A push that is not
// acknowledged is sent again. Deleting a missing key succeeds, and so does publishing into an unknown namespace. A
// compare-and-set on a missing key succeeds whatever md5 it names. In gRPC the public namespace is "", and "public" is
// another one; in HTTP the v2 API and the plain v1 read take both for the public one, a v1 publish and delete do not.
//
// # Flow
//
// A publish changes the stored state and the history and starts the dump timer; the dump makes the stored state the
// served one and puts a push into the queue of each listening connection; a connection's own goroutine sends it and a
// timer sends it again until the client acknowledges. Faults stand at the seams: the TCP connection, the request, the
// answer, the push.
//
// # Concurrency
//
// Everything here is safe for concurrent use. Servers share nothing; there may be many in a process. Close waits until
// all goroutines of the server have ended.
//
// # Errors
//
// Methods that can fail return an error which names the address or the key; contents are never part of an error.
//
// # Limits
//
// One node, no cluster. State is in memory. No service discovery (naming), no capacity quotas, no encryption plugin.
// Permissions are per namespace. A connection that the server gives up is ended with its stream, the TCP connection
// under it stays. A real 2.3.2 sometimes drops a connection that was silent for 20 s although the client has told that
// it is alive (a race in the server); this one does not, and a client does well to be heard of more often. Field names
// in JSON are taken in any letter case, which a real server does not do.
package nacostest
